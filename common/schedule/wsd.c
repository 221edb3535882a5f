/* wsd.c - warm-up, stable, decay: the full rate, and a fall at the end. The warm-up is
 * the one that any schedule can have. */
#include "common/schedule/schedules.h"

#include <math.h>

enum { TOTAL, SHARE, ETA_MIN, SHAPE, KEYS };

enum { SHAPE_SQRT, SHAPE_LINEAR }; /* the first of the choices; the last is cosine */

static const struct catalogue_key keys[KEYS] = {
    [TOTAL] = SCHEDULE_HORIZON_KEY("total", "time to the end of the fall"),
    [SHARE] = {.name = "pct_decay",
               .type = KEY_REAL,
               .fallback = "0.2",
               .low = 0,
               .low_open = true,
               .high = 1,
               .searchable = true,
               .text = "share of `total` that the fall takes"},
    [ETA_MIN] = SCHEDULE_ETA_MIN_KEY("the rate at the end"),
    [SHAPE] = {.name = "shape",
               .type = KEY_TEXT,
               .fallback = "sqrt",
               .choices = "sqrt linear cosine",
               .searchable = true,
               .text = "f(x): 1 - sqrt(x); 1 - x; (1 + cos(pi x)) / 2"},
};

static double factor(const struct schedule *schedule, double step)
{
    double total = schedule->parameter[TOTAL], decay = total * schedule->parameter[SHARE];
    double x = fmin(fmax(step - (total - decay), 0.0) / decay, 1.0);
    double left;
    if (schedule->parameter[SHAPE] == SHAPE_SQRT)
        left = 1.0 - sqrt(x);
    else if (schedule->parameter[SHAPE] == SHAPE_LINEAR)
        left = 1.0 - x;
    else
        left = 0.5 * (1.0 + cos(SCHEDULE_PI * x));
    return schedule_above(schedule, ETA_MIN, left);
}

const struct schedule_class schedule_wsd = {
    .entry = {.name = "wsd",
              .text = "warm-up, stable, decay: lr, then in the last pct_decay of total eta_min + "
                      "(lr - eta_min) f(x), x from 0 to 1",
              .source = "Hu et al. 2024 (MiniCPM); Haegele et al. 2024 for 1 - sqrt",
              .keys = keys,
              .key_count = KEYS},
    .factor = factor,
    .horizon_parameters = 1U << TOTAL,
};
