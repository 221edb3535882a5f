/* layer_list.h - the study's list of layers, with the lists inside its layers, as one row.
 *
 * A layer that joins two lists stands behind the layers of its own list and those of its shortcut,
 * in this order; both lists begin at what the layer before it gives. All that a row is walked for
 * (parameters, their places, rates, names, keys of random numbers) needs no recursion then, and a
 * study without such layers is the row that its list is. */
#ifndef LRSWEEP_WORKER_TRAINER_LAYER_LIST_H
#define LRSWEEP_WORKER_TRAINER_LAYER_LIST_H

#include "worker/trainer/layer.h"

#define LAYER_DEPTH_MAX 8     /* lists inside lists */
#define LAYER_COUNT_MAX 65535 /* in the row: what a key of dropout has room for */

struct layer_list {
    struct layer *layer; /* [count], each with its at, index and source; the caller frees it */
    size_t count;
    size_t depth; /* lists inside lists: how deep they are */
};

/* Reads and configures `layers` (the study's list) on samples of shape `input`. */
bool layer_list_read(struct layer_list *list, const json_t *layers, const struct shape *input,
                     struct refusal *refusal);

/* The first layer to which the order of an image's numbers matters says whether its channels are
 * put last. Where there is one channel, they are. */
bool layer_list_wants_channels_last(const json_t *layers, const struct shape *input);

#endif
