/* flatten.c - an image as one row of numbers, in PyTorch's order: channels first. */
#include "common/portability.h"
#include "worker/trainer/layer.h"

#include <string.h>

static bool configure(struct layer *layer, const struct settings *settings,
                      const struct shape *input, struct refusal *refusal)
{
    (void)settings;
    (void)refusal;
    layer_alike(layer, input);
    layer->output = (struct shape){.rank = 1, .size = {layer->inputs}};
    layer->units = layer->outputs;
    return true;
}

/* [rows][columns] to [columns][rows], for each of `count` matrices. */
MULTIVERSION static void transpose(const real *restrict from, real *restrict to, size_t count,
                                   size_t rows, size_t columns)
{
    for (size_t i = 0; i < count; i++, from += rows * columns, to += rows * columns)
        for (size_t c = 0; c < columns; c++)
            for (size_t r = 0; r < rows; r++)
                to[c * rows + r] = from[r * columns + c];
}

static void forward(const struct layer *layer, const struct pass *pass, const real *input,
                    real *output, real *kept)
{
    (void)kept;
    size_t channels = layer->input.size[0];
    if (layer->input.channels_last)
        transpose(input, output, pass->count, layer->inputs / channels, channels);
    else
        memcpy(output, input, pass->count * layer->inputs * sizeof *output);
}

static void backward(const struct layer *layer, const struct pass *pass, const real *input,
                     const real *output, const real *kept, real *output_gradient,
                     real *input_gradient, const struct gradient_sink *sink)
{
    (void)input;
    (void)output;
    (void)kept;
    (void)sink;
    size_t channels = layer->input.size[0];
    if (!input_gradient)
        return;
    if (layer->input.channels_last)
        transpose(output_gradient, input_gradient, pass->count, channels, layer->inputs / channels);
    else
        memcpy(input_gradient, output_gradient, pass->count * layer->inputs * sizeof(real));
}

const struct layer_class layer_flatten = {.name = "flatten",
                                          .order = IMAGE_ORDER_FLAT,
                                          .configure = configure,
                                          .initialise = layer_initialise_nothing,
                                          .forward = forward,
                                          .backward = backward,
                                          .flops = layer_flops_none};
