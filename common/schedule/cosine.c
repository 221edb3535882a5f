/* cosine.c - half a cosine wave from the rate down to a floor. */
#include "common/schedule/schedules.h"

#include <math.h>

enum { PERIOD, ETA_MIN, KEYS };

static const struct catalogue_key keys[KEYS] = {
    [PERIOD] = SCHEDULE_HORIZON_KEY("period", "time to the lowest rate"),
    [ETA_MIN] = SCHEDULE_ETA_MIN_KEY("the lowest rate"),
};

static double factor(const struct schedule *schedule, double step)
{
    double angle = SCHEDULE_PI * step / schedule->parameter[PERIOD];
    return schedule_above(schedule, ETA_MIN, 0.5 * (1.0 + cos(angle)));
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
