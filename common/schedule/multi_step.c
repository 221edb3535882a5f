/* multi_step.c - the rate falls by a factor at the times of a list. */
#include "common/schedule/schedules.h"

#include <math.h>

enum { MILESTONES, GAMMA, KEYS };

static const struct catalogue_key keys[KEYS] = {
    [MILESTONES] = {.name = "milestones",
                    .type = KEY_NUMBERS,
                    .low = 0,
                    .low_open = true,
                    .high = CATALOGUE_ANY_REAL,
                    .text = "the times of the falls, in search.unit"},
    [GAMMA] = SCHEDULE_FALL_KEY,
};

static double factor(const struct schedule *schedule, double step)
{
    size_t count = (size_t)schedule->parameter[MILESTONES], falls = 0;
    /* Room for the rounding of a time in steps, as in step.c. */
    for (size_t i = 0; i < count; i++)
        falls += step * (1.0 + 1e-14) >= schedule->list[i];
    return pow(schedule->parameter[GAMMA], (double)falls);
}

const struct schedule_class schedule_multi_step = {
    .entry = {.name = "multi_step",
              .text = "falls at given times: lr gamma^(number of milestones up to t)",
              .source = "torch.optim.lr_scheduler.MultiStepLR",
              .keys = keys,
              .key_count = KEYS},
    .factor = factor,
    .time_parameters = 1U << MILESTONES,
};
