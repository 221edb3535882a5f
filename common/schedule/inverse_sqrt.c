/* inverse_sqrt.c - the rate falls with the root of the time. */
#include "common/schedule/schedules.h"

#include <math.h>

enum { TIMESCALE, KEYS };

static const struct catalogue_key keys[KEYS] = {
    [TIMESCALE] = {.name = "timescale",
                   .type = KEY_REAL,
                   .fallback = "0.0",
                   .low = 0,
                   .high = CATALOGUE_ANY_REAL,
                   .searchable = true,
                   .text = "time after which it has fallen by sqrt(2), in search.unit; 0: the "
                           "length of the warm-up, or 1 if there is none"},
};

/* Counted from the warm-up's end: with T the warm-up's length this is lr sqrt(T / n) at step n of
 * the run, the paper's rule scaled to reach lr where the warm-up ends. */
static double factor(const struct schedule *schedule, double step)
{
    double timescale = schedule->parameter[TIMESCALE];
    if (timescale == 0)
        timescale = schedule->warmup_steps > 0 ? schedule->warmup_steps : schedule->steps_per_unit;
    return sqrt(timescale / (timescale + step));
}

const struct schedule_class schedule_inverse_sqrt = {
    .entry = {.name = "inverse_sqrt",
              .text = "lr sqrt(T / (T + t)), T the timescale",
              .source = "Vaswani et al. 2017, equation 3, scaled to lr at the warm-up's end",
              .keys = keys,
              .key_count = KEYS},
    .factor = factor,
    .time_parameters = 1U << TIMESCALE,
};
