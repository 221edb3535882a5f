/* batch.h - which samples a step sees, and gathering them.
 *
 * An epoch is floor(samples / batch_size) steps; the samples of an incomplete last batch are left
 * out of that epoch. The order of an epoch is a function of (seed, epoch) alone. */
#ifndef LRSWEEP_WORKER_TRAINER_BATCH_H
#define LRSWEEP_WORKER_TRAINER_BATCH_H

#include "common/error.h"
#include "worker/data/dataset.h"
#include "worker/trainer/augment.h"
#include "worker/trainer/real.h"

#include <stdint.h>

struct batches {
    const struct dataset *dataset;
    size_t batch_size;
    uint64_t steps_per_epoch;
    uint64_t seed;
    struct augmentation augmentation;
    void *augmented; /* a sample in the data set's storage; NULL where none is changed */
    uint32_t *order; /* [training samples] of `epoch` */
    uint64_t epoch;
    bool ordered; /* `order` is that of `epoch` */
    /* Of the batch gathered last; the data have one of the two, the other is NULL. */
    int32_t *labels; /* [batch_size] */
    float *targets;  /* [batch_size][target_count] */
};

/* batch_size 0: all training samples; must not exceed them. augmentation: of the samples, copied;
 * all 0 leaves them as they are. */
bool batches_create(struct batches *batches, const struct dataset *dataset, size_t batch_size,
                    const struct augmentation *augmentation, uint64_t seed, struct error *error);
void batches_destroy(struct batches *batches);

/* Fills input[batch_size][features], augmented and scaled, and batches->labels or targets for step
 * `step`. */
void batches_gather(struct batches *batches, uint64_t step, real *input);

/* Fills input[count][features] with samples first .. first + count - 1 of a split, scaled. */
void split_gather(const struct dataset *dataset, enum split split, size_t first, size_t count,
                  real *input);

#endif
