/* dataset.h - training, validation and test samples, read-only and shared by all trainers of a
 * node.
 *
 * The files are unpacked, split and standardised once a node (shared_copy.h). Splits are views of
 * that copy (split.h). A sample's truth is its class, or the numbers to predict. */
#ifndef LRSWEEP_WORKER_DATA_DATASET_H
#define LRSWEEP_WORKER_DATA_DATASET_H

#include "common/error.h"
#include "worker/data/format.h"
#include "worker/data/split.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct dataset_split {
    const void *features;  /* [count][feature_count] in the data set's storage */
    const int32_t *labels; /* [count], 0 .. class_count - 1; NULL where there are targets */
    const float *targets;  /* [count][target_count]; NULL where there are classes */
    size_t count;
    double variance; /* of the targets, mean over them; NAN where there are none */
};

struct dataset {
    struct dataset_split split[SPLIT_COUNT];
    enum storage storage;
    double scale; /* what a stored number is multiplied by */
    /* Where bytes are standardised, [feature_count] each: (x - center) * factor in place of scale;
     * otherwise NULL. */
    const float *center, *factor;
    size_t feature_count;
    size_t shape[SHAPE_RANK_MAX];
    size_t shape_rank;
    size_t class_count;  /* 0 where there are targets */
    size_t target_count; /* 0 where there are classes */
    /* Mean loss of the best constant predictor on the training split: the entropy of its class
     * frequencies, in nats, or the targets' variance. */
    double constant_loss;
    struct shared_copy *copy;
};

/* Opens what `data` (the study's group) names; `seed` is the study's. `at` (128 bytes) gets the
 * setting that is at fault. */
#define DATASET_AT_BYTES SETTING_AT_BYTES
bool dataset_open(struct dataset *dataset, const json_t *data, uint64_t seed,
                  char at[DATASET_AT_BYTES], struct error *error);
void dataset_close(struct dataset *dataset);

#endif
