/* exponential.c - the rate falls by the same factor in every unit of time, continuously. */
#include "common/schedule/schedules.h"

#include <math.h>

enum { GAMMA, KEYS };

static const struct catalogue_key keys[KEYS] = {
    [GAMMA] = {.name = "gamma",
               .type = KEY_REAL,
               .low = 0,
               .low_open = true,
               .high = 1,
               .searchable = true,
               .text = "what the rate is multiplied by in one search.unit"},
};

static double factor(const struct schedule *schedule, double step)
{
    return pow(schedule->parameter[GAMMA], step / schedule->steps_per_unit);
}

const struct schedule_class schedule_exponential = {
    .entry = {.name = "exponential",
              .text = "falls continuously: lr gamma^t, t in search.unit",
              .source = "torch.optim.lr_scheduler.ExponentialLR, at every step",
              .keys = keys,
              .key_count = KEYS},
    .factor = factor,
};
