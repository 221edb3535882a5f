/* step.c - the rate falls by a factor at regular intervals. */
#include "common/schedule/schedules.h"

#include <math.h>

enum { EVERY, GAMMA, KEYS };

static const struct catalogue_key keys[KEYS] = {
    [EVERY] = {.name = "every",
               .type = KEY_REAL,
               .low = 0,
               .low_open = true,
               .high = CATALOGUE_ANY_REAL,
               .searchable = true,
               .text = "time between two falls, in search.unit"},
    [GAMMA] = SCHEDULE_FALL_KEY,
};

static double factor(const struct schedule *schedule, double step)
{
    /* `every` in steps is a rounded product (0.1 epochs of 781 steps is 78.10000000000001): without
     * some room the tenth fall would come a step late. The quotient's own error is below 1e-15 of
     * it. */
    double periods = step / schedule->parameter[EVERY];
    return pow(schedule->parameter[GAMMA], floor(periods * (1.0 + 1e-14)));
}

const struct schedule_class schedule_step = {
    .entry = {.name = "step",
              .text = "falls at regular times: lr gamma^floor(t / every)",
              .source = "torch.optim.lr_scheduler.StepLR",
              .keys = keys,
              .key_count = KEYS},
    .factor = factor,
    .time_parameters = 1U << EVERY,
};
