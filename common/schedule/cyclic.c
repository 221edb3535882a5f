/* cyclic.c - the rate rises and falls in triangles. */
#include "common/schedule/schedules.h"

#include <math.h>

enum { STEP_UP, STEP_DOWN, DIV_FACTOR, MODE, GAMMA, KEYS };

enum { TRIANGULAR, TRIANGULAR2, EXP_RANGE }; /* in the order of the choices */

static const struct catalogue_key keys[KEYS] = {
    [STEP_UP] = {.name = "step_up",
                 .type = KEY_REAL,
                 .low = 0,
                 .low_open = true,
                 .high = CATALOGUE_ANY_REAL,
                 .searchable = true,
                 .text = "time from the lowest rate to the highest, in search.unit"},
    [STEP_DOWN] = {.name = "step_down",
                   .type = KEY_REAL,
                   .fallback = "0.0",
                   .low = 0,
                   .high = CATALOGUE_ANY_REAL,
                   .searchable = true,
                   .text = "time from the highest back; 0: as long as step_up"},
    [DIV_FACTOR] = {.name = "div_factor",
                    .type = KEY_REAL,
                    .fallback = "4.0",
                    .low = 1,
                    .high = CATALOGUE_ANY_REAL,
                    .searchable = true,
                    .text = "the lowest rate is lr / div_factor"},
    [MODE] = {.name = "mode",
              .type = KEY_TEXT,
              .fallback = "triangular",
              .choices = "triangular triangular2 exp_range",
              .searchable = true,
              .text =
                  "height of the triangles: all alike; halved from one to the next; times gamma^t"},
    [GAMMA] = {.name = "gamma",
               .type = KEY_REAL,
               .fallback = "1.0",
               .low = 0,
               .low_open = true,
               .high = 1,
               .searchable = true,
               .text = "of exp_range: what the height is multiplied by in one search.unit"},
};

static double factor(const struct schedule *schedule, double step)
{
    const double *parameter = schedule->parameter;
    double up = parameter[STEP_UP], down = parameter[STEP_DOWN] > 0 ? parameter[STEP_DOWN] : up;
    double cycles = step / (up + down), ratio = up / (up + down);
    double cycle = floor(cycles), x = cycles - cycle;
    double height = x <= ratio ? x / ratio : (x - 1.0) / (ratio - 1.0);
    if (parameter[MODE] == TRIANGULAR2)
        height *= pow(0.5, cycle);
    else if (parameter[MODE] == EXP_RANGE)
        height *= pow(parameter[GAMMA], step / schedule->steps_per_unit);
    double lowest = 1.0 / parameter[DIV_FACTOR];
    return lowest + (1.0 - lowest) * height;
}

const struct schedule_class schedule_cyclic = {
    .entry = {.name = "cyclic",
              .text = "between lr / div_factor and lr: lr (1 / div_factor + (1 - 1 / div_factor) "
                      "h(t)), h triangles from 0 to 1",
              .source = "Smith 2017; torch.optim.lr_scheduler.CyclicLR with max_lr = lr, gamma per "
                        "search.unit instead of per step",
              .keys = keys,
              .key_count = KEYS},
    .factor = factor,
    .time_parameters = 1U << STEP_UP | 1U << STEP_DOWN,
};
