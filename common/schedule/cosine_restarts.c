/* cosine_restarts.c - half a cosine wave down, again and again, each longer than the last. */
#include "common/schedule/schedules.h"

#include <math.h>

enum { PERIOD, T_MULT, ETA_MIN, KEYS };

static const struct catalogue_key keys[KEYS] = {
    [PERIOD] =
        {.name = "period",
         .type = KEY_REAL,
         .fallback = "0.0",
         .low = 0,
         .high = CATALOGUE_ANY_REAL,
         .searchable = true,
         .text = "time to the first restart, in search.unit; 0: the full budget less the warm-up"},
    [T_MULT] = {.name = "t_mult",
                .type = KEY_REAL,
                .fallback = "1.0",
                .low = 1,
                .high = 1e6,
                .searchable = true,
                .text = "how many times longer each wave is than the one before"},
    [ETA_MIN] = {.name = "eta_min",
                 .type = KEY_REAL,
                 .fallback = "0.0",
                 .low = 0,
                 .high = CATALOGUE_ANY_REAL,
                 .searchable = true,
                 .text = "the lowest rate, absolute"},
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
    const double pi = 3.14159265358979323846;
    double lowest = schedule->base_lr > 0 ? schedule->parameter[ETA_MIN] / schedule->base_lr : 0.0;
    return lowest + (1.0 - lowest) * 0.5 * (1.0 + cos(pi * progress(schedule, step)));
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
