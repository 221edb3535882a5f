/* moments.h - what the optimizers of Adam's family share: their keys, their state, and the decay of
 * the moments. For the files of this folder. */
#ifndef LRSWEEP_WORKER_TRAINER_OPTIMIZERS_MOMENTS_H
#define LRSWEEP_WORKER_TRAINER_OPTIMIZERS_MOMENTS_H

#include "worker/trainer/optimizer.h"

/* The first parameters, scalars and states of each; its own follow. */
enum { MOMENTS_BETA1, MOMENTS_BETA2, MOMENTS_EPS, MOMENTS_WEIGHT_DECAY, MOMENTS_PARAMETERS };
enum {
    SCALAR_BETA1,
    SCALAR_REST1, /* 1 - beta1 */
    SCALAR_BETA2,
    SCALAR_REST2,
    SCALAR_EPS,
    MOMENTS_SCALARS
};
enum { MOMENTS_MEAN, MOMENTS_SQUARE, MOMENTS_STATES };

/* Reads beta1, beta2, eps and weight_decay, and names the two states as PyTorch does. Steps are as
 * long as the rate: who takes them otherwise sets step_length afterwards. */
bool moments_configure(struct optimizer *optimizer, const struct settings *train,
                       struct refusal *refusal);

/* Counts the step and sets the scalars above. Returns its number, from 1. */
double moments_begin(struct optimizer *optimizer);

#endif
