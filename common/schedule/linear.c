/* linear.c - the rate goes in a straight line from one share of it to another and stays there. */
#include "common/schedule/schedules.h"

#include <math.h>

enum { START, END, TOTAL, KEYS };

static const struct catalogue_key keys[KEYS] = {
    [START] = {.name = "start_factor",
               .type = KEY_REAL,
               .fallback = "0.3333333333333333",
               .low = 0,
               .high = CATALOGUE_ANY_REAL,
               .searchable = true,
               .text = "share of the rate at time 0"},
    [END] = {.name = "end_factor",
             .type = KEY_REAL,
             .fallback = "1.0",
             .low = 0,
             .high = CATALOGUE_ANY_REAL,
             .searchable = true,
             .text = "share of the rate from `total` on"},
    [TOTAL] =
        {.name = "total",
         .type = KEY_REAL,
         .fallback = "0.0",
         .low = 0,
         .high = CATALOGUE_ANY_REAL,
         .searchable = true,
         .text =
             "time from the one to the other, in search.unit; 0: the full budget less the warm-up"},
};

static double factor(const struct schedule *schedule, double step)
{
    double start = schedule->parameter[START], end = schedule->parameter[END];
    double total = schedule->parameter[TOTAL];
    return start + (end - start) * fmin(step, total) / total;
}

const struct schedule_class schedule_linear = {
    .entry = {.name = "linear",
              .text = "lr (start_factor + (end_factor - start_factor) min(t, total) / total)",
              .source = "torch.optim.lr_scheduler.LinearLR",
              .keys = keys,
              .key_count = KEYS},
    .factor = factor,
    .horizon_parameters = 1U << TOTAL,
};
