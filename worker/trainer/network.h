/* network.h - layers in a row (layer_list.h), and the buffers that a pass through them needs.
 *
 * The parameters of all layers stand in one arena of `arena_count` numbers, each tensor at a
 * multiple of 64 bytes (the gaps stay 0), so that gradients and optimizer state are arenas of the
 * same shape. The arena of the parameters alone goes on to `weights_count` with the statistics that
 * layers keep: what moves parameters never comes near them. */
#ifndef LRSWEEP_WORKER_TRAINER_NETWORK_H
#define LRSWEEP_WORKER_TRAINER_NETWORK_H

#include "worker/trainer/layer_list.h"

#include <stdint.h>

struct network {
    struct layer *layer;
    size_t layer_count;
    size_t depth; /* lists of layers inside layers, the one in the other: at most so many */
    struct shape input;
    size_t inputs, outputs;
    size_t parameter_count; /* trainable numbers */
    size_t arena_count;     /* the same with the gaps */
    size_t weights_count;   /* the same with running statistics behind it */
    bool reorders;          /* the input's channels are put last before the first layer */
};

/* Builds the network of `model` (the study's group) on samples of shape `input`. */
bool network_create(struct network *network, const json_t *model, const struct shape *input,
                    struct refusal *refusal);
void network_destroy(struct network *network);

/* Draws all initial parameters: a function of the seed and the layers alone, so that the candidates
 * of a study start alike. */
void network_initialise(const struct network *network, uint64_t seed, real *parameters);

/* Floating-point operations of one sample's forward and backward pass. The first layer needs no
 * gradient of its input. */
double network_flops(const struct network *network);

/* Buffers for passes of at most `forward_rows` samples, and `backward_rows` in training. */
struct activations {
    real *input;       /* [forward_rows][inputs]: the batch, filled by the caller */
    real *reordered;   /* the same with its channels last; NULL where nothing asks for that */
    real **output;     /* [layer_count], each [forward_rows][layer's outputs] */
    real **kept;       /* [layer_count], what forward leaves for backward, or NULL */
    real *gradient[2]; /* [backward_rows][widest layer]: of the layer's output, of its input */
    real *held[LAYER_DEPTH_MAX]; /* the same, [depth]: where one branch waits for the other */
    real *scratch;               /* that all layers share */
    size_t layer_count;
};

bool activations_create(struct activations *activations, const struct network *network,
                        size_t forward_rows, size_t backward_rows, struct error *error);
void activations_destroy(struct activations *activations);

/* Runs activations->input through the network; returns the last layer's output
 * [pass->count][outputs]. */
real *network_forward(const struct network *network, const struct pass *pass,
                      const struct activations *activations);

/* After network_forward in training, with the loss's gradient by the last layer's output in
 * activations->gradient[0] [pass->count][outputs]. */
void network_backward(const struct network *network, const struct pass *pass,
                      const struct activations *activations, const struct gradient_sink *sink);

/* What the units of one hidden layer said to the samples of a batch. A number that is not finite is
 * not the same as anything. */
struct unit_shares {
    double same; /* share of its units whose outputs are equal for all samples */
    double near; /* share of those whose outputs differ by at most UNIT_NEAR */
};

/* Hidden units of networks that learn differ by far more from sample to sample; at a thousandth a
 * tanh stands at its limit, a GELU or SiLU at 0. */
#define UNIT_NEAR 1e-3

/* Of a convolution, each place of a sample counts as a sample; more of them than this are not
 * looked at, which would cost more than half a percent of the time. */
#define NETWORK_WATCHED_ROWS 16384

/* Hidden layers that are watched: all with an activation but the last layer. */
size_t network_watched_layers(const struct network *network);

/* For each of them its shares over the `count` samples that went forward last; *same: the share of
 * all their units together whose outputs are equal (NAN where there are none). Returns by how much
 * an output of the network differs from sample to sample at most. */
double network_watch(const struct network *network, const struct activations *activations,
                     size_t count, struct unit_shares *shares, double *same);

#endif
