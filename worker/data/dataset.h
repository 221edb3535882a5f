/* dataset.h - training, validation and test samples, read-only and shared by all trainers of a
 * node.
 *
 * The files are unpacked once a node (shared_copy.h). Splits are views: the validation samples are
 * the last of the training files, the test samples the first of the test files. */
#ifndef LRSWEEP_WORKER_DATA_DATASET_H
#define LRSWEEP_WORKER_DATA_DATASET_H

#include "common/error.h"
#include "worker/data/format.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

enum split { SPLIT_TRAIN, SPLIT_VALIDATION, SPLIT_TEST, SPLIT_COUNT };

struct dataset_split {
    const void *features;  /* [count][feature_count] in the data set's storage */
    const int32_t *labels; /* [count], 0 .. class_count - 1 */
    size_t count;
};

struct dataset {
    struct dataset_split split[SPLIT_COUNT];
    enum storage storage;
    double scale; /* what a stored number is multiplied by */
    size_t feature_count;
    size_t shape[SHAPE_RANK_MAX];
    size_t shape_rank;
    size_t class_count;
    double constant_loss; /* mean cross-entropy of the best constant predictor on the training
                             split: the entropy of its class frequencies, in nats */
    struct shared_copy *copy;
};

/* Opens what `data` (the study's group) names. `at` (128 bytes) gets the setting that is at fault.
 */
#define DATASET_AT_BYTES 128
bool dataset_open(struct dataset *dataset, const json_t *data, char at[DATASET_AT_BYTES],
                  struct error *error);
void dataset_close(struct dataset *dataset);

#endif
