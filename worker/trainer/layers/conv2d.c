/* conv2d.c - y = activation(filters * x + bias), a window of the image for each place of the output
 * (torch.nn.Conv2d; cross-correlation, as there).
 *
 * The windows of a block of samples are unrolled into the rows of a matrix,
 * [places][kernel][kernel] [channels], which is multiplied with the weights, kept as
 * [kernel][kernel][channels][filters]: the product is the output, channels last. The matrix is made
 * again for the weights' gradient: to keep it would cost kernel^2 times the memory of the input,
 * and reading it back more than making it. */
#include "worker/trainer/image.h"
#include "worker/trainer/initial.h"

#include <cblas.h>

enum { WEIGHT, BIAS };

/* Numbers of an unrolled block: it stays in the second-level cache between unrolling and product.
 */
static const size_t block_count = 65536;

/* Rows and columns of one sample's unrolled matrix, and the samples of a block. */
static size_t places(const struct layer *layer)
{
    return layer->outputs / layer->units;
}

static size_t depth(const struct layer *layer)
{
    return layer->tensor[WEIGHT].count / layer->units;
}

static size_t block_samples(const struct layer *layer)
{
    size_t samples = block_count / (places(layer) * depth(layer));
    return samples ? samples : 1;
}

static bool configure(struct layer *layer, const struct settings *settings,
                      const struct shape *input, struct refusal *refusal)
{
    const char *activation, *init;
    bool bias;
    size_t filters;
    struct window window;
    if (!settings_count(settings, "filters", &filters, refusal) ||
        !settings_count(settings, "kernel_size", &window.kernel, refusal) ||
        !settings_count(settings, "stride", &window.stride, refusal) ||
        !settings_count(settings, "padding", &window.padding, refusal) ||
        !settings_count(settings, "dilation", &window.dilation, refusal) ||
        !settings_text(settings, "activation", &activation, refusal) ||
        !settings_bool(settings, "bias", &bias, refusal) ||
        !settings_text(settings, "init", &init, refusal))
        return false;
    if (!window_place(&window, input, settings, refusal))
        return false;
    size_t kernel = window.kernel, channels = window.channels;
    window_keep(&window, layer, input, filters);
    layer->activation = activation_from_name(activation);
    layer->init = initial_from_name(init);
    layer->kept_per_sample = activation_by_argument(layer->activation) ? layer->outputs : 0;
    layer->tensor[WEIGHT] = (struct tensor){
        .name = "weight",
        .shape = {.rank = 4, .size = {filters, channels, kernel, kernel}, .channels_last = true},
        .transposed = true,
        .count = filters * channels * kernel * kernel};
    layer->tensor[BIAS] =
        (struct tensor){.name = "bias", .shape = {.rank = 1, .size = {filters}}, .count = filters};
    layer->tensor_count = bias ? 2 : 1;
    layer->scratch_fixed = block_samples(layer) * places(layer) * depth(layer);
    return true;
}

static void initialise(const struct layer *layer, real *parameters, struct random_stream *random)
{
    enum initial init = (enum initial)layer->init;
    const struct tensor *weight = &layer->tensor[WEIGHT], *bias = &layer->tensor[BIAS];
    size_t area = depth(layer) / layer->input.size[0];
    initial_weights(init, depth(layer), layer->units * area, parameters + weight->offset,
                    weight->count, random);
    if (layer->tensor_count > 1)
        initial_bias(init, depth(layer), parameters + bias->offset, bias->count, random);
}

static void unroll(const struct layer *layer, const real *input, size_t samples, real *columns)
{
    const struct window window = window_of(layer);
    for (size_t i = 0; i < samples; i++)
        image_to_columns(&window, input + i * layer->inputs,
                         columns + i * places(layer) * depth(layer));
}

static void forward(const struct layer *layer, const struct pass *pass, const real *input,
                    real *output, real *kept)
{
    const real *weight = pass->parameters + layer->tensor[WEIGHT].offset;
    const real *bias =
        layer->tensor_count > 1 ? pass->parameters + layer->tensor[BIAS].offset : NULL;
    int in = (int)depth(layer), out = (int)layer->units;
    size_t block = block_samples(layer);
    for (size_t first = 0; first < pass->count; first += block) {
        size_t taken = pass->count - first < block ? pass->count - first : block;
        size_t rows = taken * places(layer), offset = first * layer->outputs;
        real *sums = (kept && layer->kept_per_sample ? kept : output) + offset;
        unroll(layer, input + first * layer->inputs, taken, pass->scratch);
        REAL_GEMM(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)rows, out, in, 1, pass->scratch,
                  in, weight, out, 0, sums, out);
        bias_activate(layer->activation, bias, sums, output + offset, rows, layer->units);
    }
}

static void backward(const struct layer *layer, const struct pass *pass, const real *input,
                     const real *output, const real *kept, real *output_gradient,
                     real *input_gradient, const struct gradient_sink *sink)
{
    const struct tensor *weight = &layer->tensor[WEIGHT], *bias = &layer->tensor[BIAS];
    const struct window window = window_of(layer);
    const real *from = layer->kept_per_sample ? kept : output;
    int in = (int)depth(layer), out = (int)layer->units;
    size_t block = block_samples(layer);
    for (size_t first = 0; first < pass->count; first += block) {
        size_t taken = pass->count - first < block ? pass->count - first : block;
        size_t rows = taken * places(layer), offset = first * layer->outputs;
        real *gradient = output_gradient + offset;
        bool accumulate = sink->accumulate || first > 0;
        activation_backward(layer->activation, from + offset, gradient, taken * layer->outputs);
        unroll(layer, input + first * layer->inputs, taken, pass->scratch);
        REAL_GEMM(CblasRowMajor, CblasTrans, CblasNoTrans, in, out, (int)rows, 1, pass->scratch, in,
                  gradient, out, accumulate ? 1 : 0, sink->gradient + weight->offset, out);
        if (layer->tensor_count > 1)
            bias_gradient(gradient, sink->gradient + bias->offset, accumulate, rows, layer->units);
        if (!input_gradient)
            continue;
        REAL_GEMM(CblasRowMajor, CblasNoTrans, CblasTrans, (int)rows, in, out, 1, gradient, out,
                  pass->parameters + weight->offset, out, 0, pass->scratch, in);
        for (size_t i = 0; i < taken; i++)
            columns_to_image(&window, pass->scratch + i * places(layer) * depth(layer),
                             input_gradient + (first + i) * layer->inputs);
    }
    for (size_t t = 0; t < layer->tensor_count; t++)
        gradient_ready(sink, layer->tensor[t].offset, layer->tensor[t].count);
}

static void flops(const struct layer *layer, double flops[3])
{
    flops[0] = flops[1] = flops[2] = 2.0 * (double)layer->outputs * (double)depth(layer);
}

const struct layer_class layer_conv2d = {.name = "conv2d",
                                         .order = IMAGE_ORDER_LAST,
                                         .configure = configure,
                                         .initialise = initialise,
                                         .forward = forward,
                                         .backward = backward,
                                         .flops = flops};
