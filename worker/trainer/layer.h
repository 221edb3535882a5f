/* layer.h - a layer of the network: its shapes, its parameters, and its three passes.
 *
 * One row of the table in layers.c a kind of layer, one file in layers/ a row. A layer is immutable
 * once it is configured; parameters, activations and gradients are its callers'. */
#ifndef LRSWEEP_WORKER_TRAINER_LAYER_H
#define LRSWEEP_WORKER_TRAINER_LAYER_H

#include "common/random.h"
#include "worker/trainer/activation.h"
#include "worker/trainer/real.h"
#include "worker/trainer/settings.h"

#include <jansson.h>
#include <stddef.h>

#define LAYER_TENSORS_MAX 4
#define SHAPE_MAX         4

/* A sample's shape as PyTorch has it: {numbers}, or {channels, height, width}. */
struct shape {
    size_t rank;
    size_t size[SHAPE_MAX];
    bool channels_last; /* an image that is kept as [height][width][channels] */
};

size_t shape_count(const struct shape *shape);

/* Whether numbers of the two stand for the same places. Images of one channel are kept alike. */
bool shape_equal(const struct shape *one, const struct shape *other);

/* "16 x 14 x 14" */
void shape_text(const struct shape *shape, char *text, size_t text_bytes);

/* A parameter tensor of a layer, or a statistic that it keeps. */
struct tensor {
    const char *name;   /* PyTorch's: "weight", "bias" */
    struct shape shape; /* PyTorch's; channels_last: of its last three dimensions */
    bool transposed;    /* kept as [shape[1] ...][shape[0]], which multiplies faster */
    bool normalises;    /* scales or shifts normalised numbers: not decayed unless asked */
    bool running;       /* not trained: moved by the forward passes of training */
    size_t offset;      /* into the network's arena of parameters; a multiple of 64 bytes */
    size_t count;
};

struct layer {
    const struct layer_class *class;
    size_t index;           /* its place in the network's row of layers */
    char at[SETTING_BYTES]; /* its place in the study: "model.layers[3].shortcut[0]" */
    size_t source;        /* 1 + index of the layer whose output it takes; 0: the network's input */
    size_t first, branch; /* of a layer that joins two lists (layer_list.h): the list's first layer,
                             and the shortcut's; its own index where the shortcut has none */
    size_t shortcut;      /* of the same: the shortcut's output, counted as source is */
    struct shape input, output;
    size_t inputs, outputs; /* their counts */
    size_t units;           /* the outputs of a sample are [outputs / units][units] */
    enum activation activation;
    unsigned init; /* the class's own, as the next two */
    size_t geometry[4];
    double number[2];
    struct tensor tensor[LAYER_TENSORS_MAX];
    size_t tensor_count;
    double lr_multiplier;                     /* of the rate of its parameters */
    size_t batch_least;                       /* samples that a step of training needs */
    size_t kept_fixed, kept_per_sample;       /* numbers that forward leaves for backward */
    size_t scratch_fixed, scratch_per_sample; /* numbers that a pass of training needs meanwhile;
                                                 an evaluation: scratch_fixed */
};

/* What a pass through the layers is about. */
struct pass {
    const real *parameters; /* the network's arena */
    real *running;          /* the same arena, where training moves running statistics */
    size_t count;           /* samples */
    bool training;          /* false: an evaluation, which depends on the parameters alone */
    uint64_t seed, step;    /* what training draws is keyed by them */
    real *scratch;          /* the layer's; the network sets it */
    const real *shortcut;   /* what a joining layer adds to its input; the network sets it */
};

/* Where a backward pass leaves the gradient of the parameters. */
struct gradient_sink {
    real *gradient;  /* an arena like that of the parameters */
    bool accumulate; /* add to what is there instead of replacing it */
    /* NULL, or called once for each part of the gradient, a tensor or a piece of one, as soon as it
     * is complete; the layer does not read these parameters afterwards, so they may be updated
     * while they are in the cache. */
    void (*ready)(void *context, size_t offset, size_t count);
    void *context;
};

/* What a layer asks of images whose channels PyTorch has first. */
enum image_order {
    IMAGE_ORDER_ANY,  /* a number is a number */
    IMAGE_ORDER_FLAT, /* takes the numbers in PyTorch's order */
    IMAGE_ORDER_LAST  /* wants channels last */
};

struct layer_class {
    const char *name; /* the catalogue's */
    enum image_order order;

    /* NULL but for a layer that joins two lists of layers: it takes the output of its own list of
     * `layers`, and pass->shortcut beside it, whose gradient is the same as its input's. The spec
     * of the layer that brings the shortcut's shape to that of the list, where the study has no
     * `shortcut`; a new reference, NULL: there is no such layer. */
    json_t *(*project)(const struct shape *from, const struct shape *to);

    /* Reads the layer's group (settings->group); sets everything but class and tensor offsets. */
    bool (*configure)(struct layer *layer, const struct settings *settings,
                      const struct shape *input, struct refusal *refusal);

    /* Draws the initial parameters into the network's arena. */
    void (*initialise)(const struct layer *layer, real *parameters, struct random_stream *random);

    /* output[count][outputs] from input[count][inputs]. kept[kept_fixed + count *
     * kept_per_sample]: for backward; NULL in an evaluation. */
    void (*forward)(const struct layer *layer, const struct pass *pass, const real *input,
                    real *output, real *kept);

    /* After a forward pass in training. Takes output_gradient[count][outputs] (and may overwrite
     * it); leaves the parameters' gradient in the sink and, unless it is NULL,
     * input_gradient[count][inputs]. */
    void (*backward)(const struct layer *layer, const struct pass *pass, const real *input,
                     const real *output, const real *kept, real *output_gradient,
                     real *input_gradient, const struct gradient_sink *sink);

    /* Floating-point operations for one sample: forward, parameters' gradient, input's gradient. */
    void (*flops)(const struct layer *layer, double flops[3]);
};

/* NULL if there is none of that name. */
const struct layer_class *layer_class_find(const char *name);

/* What most layers' configure starts with: the output is like the input, there are no tensors. */
void layer_alike(struct layer *layer, const struct shape *input);

/* Refuses at the layer's place in the study; always returns false. */
bool layer_refuse(const struct settings *settings, struct refusal *refusal, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* For layers without parameters: draws nothing; costs nothing, or an operation for each output. */
void layer_initialise_nothing(const struct layer *layer, real *parameters,
                              struct random_stream *random);
void layer_flops_none(const struct layer *layer, double flops[3]);
void layer_flops_each(const struct layer *layer, double flops[3]);

void gradient_ready(const struct gradient_sink *sink, size_t offset, size_t count);

extern const struct layer_class layer_dense;
extern const struct layer_class layer_relu, layer_leaky_relu, layer_tanh, layer_sigmoid, layer_gelu,
    layer_silu;
extern const struct layer_class layer_conv2d, layer_max_pool, layer_avg_pool, layer_global_avg_pool;
extern const struct layer_class layer_flatten, layer_dropout, layer_layer_norm, layer_batch_norm;
extern const struct layer_class layer_residual;

#endif
