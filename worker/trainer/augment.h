/* augment.h - training images, moved and mirrored anew in each epoch.
 *
 * Both work on the stored numbers, before they are scaled, as torchvision's RandomCrop and
 * RandomHorizontalFlip work on an image before Normalize: what is put around it is a stored 0, that
 * is 0 where numbers are divided, and (0 - mean) / deviation where they are standardised.
 *
 * What happens to a sample is a function of (seed, epoch, sample) alone: not of its place in the
 * batch, nor of where a run was taken up again. All is drawn in any case, so that mirroring or not
 * changes no crop. */
#ifndef LRSWEEP_WORKER_TRAINER_AUGMENT_H
#define LRSWEEP_WORKER_TRAINER_AUGMENT_H

#include "worker/data/dataset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct augmentation {
    size_t crop; /* zeros put around an image, of which a part of the image's size is cut out */
    bool flip;   /* left and right are exchanged with probability 1/2 */
};

static inline bool augmentation_any(const struct augmentation *augmentation)
{
    return augmentation->crop > 0 || augmentation->flip;
}

/* Fills to[feature_count] with a training sample, augmented, in the data set's storage. The data
 * are images, larger than `crop` both ways. */
void augment(const struct augmentation *augmentation, const struct dataset *dataset, uint64_t seed,
             uint64_t epoch, uint32_t sample, void *to);

#endif
