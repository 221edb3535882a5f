/* constant.c - the rate stays what it is. */
#include "common/schedule/schedules.h"

static double factor(const struct schedule *schedule, double step)
{
    (void)schedule;
    (void)step;
    return 1.0;
}

const struct schedule_class schedule_constant = {
    .entry = {.name = "constant",
              .text = "the same rate at every step: lr",
              .source = "torch.optim.lr_scheduler.ConstantLR with factor 1"},
    .factor = factor,
};
