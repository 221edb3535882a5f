/* layer.h - a layer of the network: its shapes, its parameters, and its three passes.
 *
 * One row of the table in layers.c a kind of layer, one file in layers/ a row. A layer is immutable
 * once it is configured; parameters, activations and gradients are its callers'. */
#ifndef LRSWEEP_WORKER_TRAINER_LAYER_H
#define LRSWEEP_WORKER_TRAINER_LAYER_H

#include "common/random.h"
#include "worker/trainer/real.h"
#include "worker/trainer/settings.h"

#include <jansson.h>
#include <stddef.h>

#define LAYER_TENSORS_MAX 4
#define SHAPE_MAX         4

struct shape {
    size_t rank;
    size_t size[SHAPE_MAX];
};

size_t shape_count(const struct shape *shape);

/* A parameter tensor of a layer. */
struct tensor {
    const char *name;   /* PyTorch's: "weight", "bias" */
    struct shape shape; /* PyTorch's */
    bool transposed;    /* kept as [shape[1] ...][shape[0]], which multiplies faster */
    size_t offset;      /* into the network's arena of parameters; a multiple of 64 bytes */
    size_t count;
};

enum activation { ACTIVATION_NONE, ACTIVATION_RELU };

struct layer {
    const struct layer_class *class;
    struct shape input, output;
    size_t inputs, outputs; /* their counts */
    enum activation activation;
    unsigned init; /* the class's own */
    struct tensor tensor[LAYER_TENSORS_MAX];
    size_t tensor_count;
};

/* Where a backward pass leaves the gradient of the parameters. */
struct gradient_sink {
    real *gradient;  /* an arena like that of the parameters */
    bool accumulate; /* add to what is there instead of replacing it */
    /* NULL, or called once for each part of the gradient as soon as it is complete; the layer does
     * not read these parameters afterwards, so they may be updated while they are in the cache. */
    void (*ready)(void *context, size_t offset, size_t count);
    void *context;
};

struct layer_class {
    const char *name; /* the catalogue's */

    /* Reads the layer's group (settings->group); sets everything but class and tensor offsets. */
    bool (*configure)(struct layer *layer, const struct settings *settings,
                      const struct shape *input, struct refusal *refusal);

    /* Draws the initial parameters. `parameters` is the network's arena, here and below. */
    void (*initialise)(const struct layer *layer, real *parameters, struct random_stream *random);

    /* output[count][outputs] from input[count][inputs] */
    void (*forward)(const struct layer *layer, const real *parameters, const real *input,
                    real *output, size_t count);

    /* Takes output_gradient[count][outputs] (and may overwrite it); leaves the parameters' gradient
     * in the sink and, unless it is NULL, input_gradient[count][inputs]. */
    void (*backward)(const struct layer *layer, const real *parameters, const real *input,
                     const real *output, real *output_gradient, real *input_gradient, size_t count,
                     const struct gradient_sink *sink);

    /* Floating-point operations for one sample: forward, parameters' gradient, input's gradient. */
    void (*flops)(const struct layer *layer, double flops[3]);
};

/* NULL if there is none of that name. */
const struct layer_class *layer_class_find(const char *name);

extern const struct layer_class layer_dense;

#endif
