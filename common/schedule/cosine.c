/* cosine.c - half a cosine wave from the rate down to a floor. */
#include "common/schedule/schedules.h"

#include <math.h>

enum { PERIOD, ETA_MIN, KEYS };

static const struct catalogue_key keys[KEYS] = {
    [PERIOD] = {.name = "period",
                .type = KEY_REAL,
                .fallback = "0.0",
                .low = 0,
                .high = CATALOGUE_ANY_REAL,
                .searchable = true,
                .text = "time to the lowest rate, in search.unit; 0: the full budget less the "
                        "warm-up"},
    [ETA_MIN] = {.name = "eta_min",
                 .type = KEY_REAL,
                 .fallback = "0.0",
                 .low = 0,
                 .high = CATALOGUE_ANY_REAL,
                 .searchable = true,
                 .text = "the lowest rate, absolute"},
};

static double factor(const struct schedule *schedule, double step)
{
    const double pi = 3.14159265358979323846;
    double lowest = schedule->base_lr > 0 ? schedule->parameter[ETA_MIN] / schedule->base_lr : 0.0;
    return lowest + (1.0 - lowest) * 0.5 * (1.0 + cos(pi * step / schedule->parameter[PERIOD]));
}

const struct schedule_class schedule_cosine = {
    .entry = {.name = "cosine",
              .text = "eta_min + (lr - eta_min) (1 + cos(pi t / period)) / 2; after its period it "
                      "rises again, to lr at twice the period, as PyTorch's closed form does",
              .source = "Loshchilov and Hutter 2017, equation 5; "
                        "torch.optim.lr_scheduler.CosineAnnealingLR",
              .keys = keys,
              .key_count = KEYS},
    .factor = factor,
    .horizon_parameters = 1U << PERIOD,
};
