/* one_cycle.c - up to the full rate, down to where it began, and further down to almost nothing. */
#include "common/schedule/schedules.h"

#include <math.h>

enum { TOTAL, PCT_START, DIV_FACTOR, FINAL_DIV_FACTOR, ANNEAL, THREE_PHASE, KEYS };

static const struct catalogue_key keys[KEYS] = {
    [TOTAL] = SCHEDULE_HORIZON_KEY("total", "time of the whole cycle"),
    [PCT_START] = {.name = "pct_start",
                   .type = KEY_REAL,
                   .fallback = "0.3",
                   .low = 0,
                   .high = 1,
                   .searchable = true,
                   .text = "share of the cycle in which the rate rises"},
    [DIV_FACTOR] = {.name = "div_factor",
                    .type = KEY_REAL,
                    .fallback = "25.0",
                    .low = 0,
                    .low_open = true,
                    .high = CATALOGUE_ANY_REAL,
                    .searchable = true,
                    .text = "the cycle starts at lr / div_factor"},
    [FINAL_DIV_FACTOR] = {.name = "final_div_factor",
                          .type = KEY_REAL,
                          .fallback = "1.0e4",
                          .low = 0,
                          .low_open = true,
                          .high = CATALOGUE_ANY_REAL,
                          .searchable = true,
                          .text = "it ends at lr / (div_factor final_div_factor)"},
    [ANNEAL] = {.name = "anneal",
                .type = KEY_TEXT,
                .fallback = "cos",
                .choices = "cos linear",
                .searchable = true,
                .text = "how the rate goes from one to the next"},
    [THREE_PHASE] = {.name = "three_phase",
                     .type = KEY_BOOL,
                     .fallback = "false",
                     .searchable = true,
                     .text =
                         "fall as long as it rose, to where it began, and to the end from there"},
};

/* From `start` at share 0 to `end` at share 1. */
static double between(const struct schedule *schedule, double start, double end, double share)
{
    if (schedule->parameter[ANNEAL] == 1)
        return start + (end - start) * share;
    return end + (start - end) / 2.0 * (1.0 + cos(SCHEDULE_PI * share));
}

/* The last step of the cycle is number total - 1, and so phases end one step early, as PyTorch's
 * do. After the cycle, where PyTorch refuses to go on, the rate stays what it was at its end. */
static double factor(const struct schedule *schedule, double step)
{
    const double *parameter = schedule->parameter;
    bool three = parameter[THREE_PHASE] != 0;
    double total = parameter[TOTAL], rise = parameter[PCT_START] * total;
    double first = 1.0 / parameter[DIV_FACTOR], last = first / parameter[FINAL_DIV_FACTOR];
    const struct {
        double start, end; /* factors */
        double end_step;
    } phases[] = {{first, 1.0, rise - 1},
                  {1.0, three ? first : last, three ? 2 * rise - 2 : total - 1},
                  {first, last, total - 1}};
    double start_step = 0;
    for (int i = 0; i < (three ? 3 : 2); i++) {
        double end_step = phases[i].end_step;
        if (step <= end_step && end_step > start_step)
            return between(schedule, phases[i].start, phases[i].end,
                           (step - start_step) / (end_step - start_step));
        start_step = end_step;
    }
    return last;
}

const struct schedule_class schedule_one_cycle = {
    .entry = {.name = "one_cycle",
              .text = "lr / div_factor, up to lr, and down to lr / (div_factor final_div_factor)",
              .source = "Smith and Topin 2018; torch.optim.lr_scheduler.OneCycleLR with max_lr = "
                        "lr and no change of the momentum",
              .keys = keys,
              .key_count = KEYS},
    .factor = factor,
    .horizon_parameters = 1U << TOTAL,
};
