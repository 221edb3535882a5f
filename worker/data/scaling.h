/* scaling.h - what happens to a stored number before the network sees it.
 *
 * none: nothing; unit: bytes divided by 255; standard: (x - mean) / deviation over the training
 * samples, of each feature, or of each channel of an image (a deviation of 0 counts as 1). Numbers
 * stored as float are standardised in the copy, once; bytes stay bytes, and means and factors stand
 * beside them. */
#ifndef LRSWEEP_WORKER_DATA_SCALING_H
#define LRSWEEP_WORKER_DATA_SCALING_H

#include "common/error.h"
#include "worker/data/format.h"

#include <jansson.h>

enum scaling { SCALING_NONE, SCALING_UNIT, SCALING_STANDARD };

/* Reads data.scale; absent: unit for bytes, none for other numbers. */
bool scaling_read(const json_t *data, enum storage storage, enum scaling *scaling,
                  struct error *error);

/* center[feature_count] and factor[feature_count] of the first `train` samples: a feature's scaled
 * value is (x - center) * factor. False: out of memory. */
bool scaling_measure(const struct data_layout *layout, const void *features, size_t train,
                     float *center, float *factor);

/* Scales samples stored as float, in place. */
void scaling_apply(const struct data_layout *layout, float *features, size_t samples,
                   const float *center, const float *factor);

#endif
