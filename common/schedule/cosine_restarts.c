/* cosine_restarts.c - half a cosine wave down, again and again, each longer than the last. */
#include "common/schedule/schedules.h"

#include <math.h>

enum { PERIOD, T_MULT, ETA_MIN, KEYS };

static const struct catalogue_key keys[KEYS] = {
    [PERIOD] = SCHEDULE_HORIZON_KEY("period", "time to the first restart"),
    [T_MULT] = {.name = "t_mult",
                .type = KEY_REAL,
                .fallback = "1.0",
                .low = 1,
                .high = 1e6,
                .searchable = true,
                .text = "how many times longer each wave is than the one before"},
    [ETA_MIN] = SCHEDULE_ETA_MIN_KEY("the lowest rate"),
};

/* How far `step` is into its wave, as a share of that wave. Wave n starts at
 * period (t_mult^n - 1) / (t_mult - 1). */
static double progress(const struct schedule *schedule, double step)
{
    double period = schedule->parameter[PERIOD], mult = schedule->parameter[T_MULT];
    double waves = step / period * (1.0 + 1e-14); /* room for rounding, as in step.c */
    if (mult == 1.0)
        return fmax(step / period - floor(waves), 0.0);
    double growth = mult - 1.0;
    double n = floor(log1p(waves * growth) / log1p(growth) * (1.0 + 1e-14));
    double grown = pow(mult, n);
    return fmax((step / period - (grown - 1.0) / growth) / grown, 0.0);
}

static double factor(const struct schedule *schedule, double step)
{
    double angle = SCHEDULE_PI * progress(schedule, step);
    return schedule_above(schedule, ETA_MIN, 0.5 * (1.0 + cos(angle)));
}

const struct schedule_class schedule_cosine_restarts = {
    .entry = {.name = "cosine_restarts",
              .text = "eta_min + (lr - eta_min) (1 + cos(pi u / T)) / 2, u the time since the last "
                      "restart, T = period t_mult^(restarts so far)",
              .source = "Loshchilov and Hutter 2017, equation 5; "
                        "torch.optim.lr_scheduler.CosineAnnealingWarmRestarts",
              .keys = keys,
              .key_count = KEYS},
    .factor = factor,
    .horizon_parameters = 1U << PERIOD,
};
