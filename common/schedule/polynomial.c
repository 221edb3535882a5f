/* polynomial.c - the rate falls to 0 along a power of the time that is left. */
#include "common/schedule/schedules.h"

#include <math.h>

enum { TOTAL, POWER, KEYS };

static const struct catalogue_key keys[KEYS] = {
    [TOTAL] = {.name = "total",
               .type = KEY_REAL,
               .fallback = "0.0",
               .low = 0,
               .high = CATALOGUE_ANY_REAL,
               .searchable = true,
               .text = "time to 0, in search.unit; 0: the full budget less the warm-up"},
    [POWER] = {.name = "power",
               .type = KEY_REAL,
               .fallback = "1.0",
               .low = 0,
               .low_open = true,
               .high = CATALOGUE_ANY_REAL,
               .searchable = true,
               .text = "1: a straight line; above 1: faster at first"},
};

static double factor(const struct schedule *schedule, double step)
{
    double total = schedule->parameter[TOTAL];
    return pow(1.0 - fmin(step, total) / total, schedule->parameter[POWER]);
}

const struct schedule_class schedule_polynomial = {
    .entry = {.name = "polynomial",
              .text = "lr (1 - min(t, total) / total)^power",
              .source = "torch.optim.lr_scheduler.PolynomialLR",
              .keys = keys,
              .key_count = KEYS},
    .factor = factor,
    .horizon_parameters = 1U << TOTAL,
};
