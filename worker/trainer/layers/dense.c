/* dense.c - y = activation(x W + b), every output from every input.
 *
 * W is kept as [inputs][outputs]: the forward product is then plain row-major times row-major,
 * which BLAS packs fastest. Bias and activation are one pass over the outputs. */
#include "common/portability.h"
#include "worker/trainer/initial.h"
#include "worker/trainer/layer.h"

#include <cblas.h>
#include <string.h>

enum { WEIGHT, BIAS };

/* The weight's gradient is made in slices of about this many numbers (256 kB of floats), so that a
 * slice and its weights are still in the second-level cache when the optimizer gets them. */
static const size_t slice_count = 65536;

static bool configure(struct layer *layer, const struct settings *settings,
                      const struct shape *input, struct refusal *refusal)
{
    const char *activation, *init;
    bool bias;
    size_t units;
    if (!settings_count(settings, "units", &units, refusal) ||
        !settings_text(settings, "activation", &activation, refusal) ||
        !settings_bool(settings, "bias", &bias, refusal) ||
        !settings_text(settings, "init", &init, refusal))
        return false;
    layer->input = *input;
    layer->inputs = shape_count(input);
    layer->output = (struct shape){.rank = 1, .size = {units}};
    layer->outputs = units;
    layer->activation = strcmp(activation, "relu") == 0 ? ACTIVATION_RELU : ACTIVATION_NONE;
    layer->init = initial_from_name(init);
    layer->tensor[WEIGHT] = (struct tensor){.name = "weight",
                                            .shape = {.rank = 2, .size = {units, layer->inputs}},
                                            .transposed = true,
                                            .count = units * layer->inputs};
    layer->tensor[BIAS] =
        (struct tensor){.name = "bias", .shape = {.rank = 1, .size = {units}}, .count = units};
    layer->tensor_count = bias ? 2 : 1;
    return true;
}

static void initialise(const struct layer *layer, real *parameters, struct random_stream *random)
{
    enum initial init = (enum initial)layer->init;
    const struct tensor *weight = &layer->tensor[WEIGHT], *bias = &layer->tensor[BIAS];
    initial_weights(init, layer->inputs, layer->outputs, parameters + weight->offset, weight->count,
                    random);
    if (layer->tensor_count > 1)
        initial_bias(init, layer->inputs, parameters + bias->offset, bias->count, random);
}

MULTIVERSION static void add_bias(real *restrict output, const real *restrict bias, size_t rows,
                                  size_t columns)
{
    for (size_t i = 0; i < rows; i++, output += columns)
        for (size_t j = 0; j < columns; j++)
            output[j] += bias[j];
}

/* `x < 0 ? 0 : x` and not `x > 0 ? x : 0`: a value that is not a number must stay one, or a run
 * that broke would look like a run with dead units. */
MULTIVERSION static void add_bias_relu(real *restrict output, const real *restrict bias,
                                       size_t rows, size_t columns)
{
    for (size_t i = 0; i < rows; i++, output += columns)
        for (size_t j = 0; j < columns; j++) {
            real sum = output[j] + bias[j];
            output[j] = sum < 0 ? 0 : sum;
        }
}

MULTIVERSION static void relu(real *output, size_t count)
{
    for (size_t i = 0; i < count; i++)
        output[i] = output[i] < 0 ? 0 : output[i];
}

MULTIVERSION static void relu_gradient(const real *restrict output, real *restrict gradient,
                                       size_t count)
{
    for (size_t i = 0; i < count; i++)
        gradient[i] = output[i] > 0 ? gradient[i] : 0;
}

MULTIVERSION static void add_rows(const real *restrict matrix, real *restrict sum, size_t rows,
                                  size_t columns)
{
    for (size_t i = 0; i < rows; i++, matrix += columns)
        for (size_t j = 0; j < columns; j++)
            sum[j] += matrix[j];
}

static void forward(const struct layer *layer, const real *parameters, const real *input,
                    real *output, size_t count)
{
    const real *bias = parameters + layer->tensor[BIAS].offset;
    int rows = (int)count, in = (int)layer->inputs, out = (int)layer->outputs;
    REAL_GEMM(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, out, in, 1, input, in,
              parameters + layer->tensor[WEIGHT].offset, out, 0, output, out);
    bool has_bias = layer->tensor_count > 1;
    if (layer->activation == ACTIVATION_RELU && has_bias)
        add_bias_relu(output, bias, count, layer->outputs);
    else if (layer->activation == ACTIVATION_RELU)
        relu(output, count * layer->outputs);
    else if (has_bias)
        add_bias(output, bias, count, layer->outputs);
}

static void ready(const struct gradient_sink *sink, size_t offset, size_t count)
{
    if (sink->ready)
        sink->ready(sink->context, offset, count);
}

static void backward(const struct layer *layer, const real *parameters, const real *input,
                     const real *output, real *output_gradient, real *input_gradient, size_t count,
                     const struct gradient_sink *sink)
{
    const struct tensor *weight = &layer->tensor[WEIGHT], *bias = &layer->tensor[BIAS];
    size_t inputs = layer->inputs, outputs = layer->outputs;
    int rows = (int)count, in = (int)inputs, out = (int)outputs;
    if (layer->activation == ACTIVATION_RELU)
        relu_gradient(output, output_gradient, count * outputs);

    /* Before any weight is updated. */
    if (input_gradient)
        REAL_GEMM(CblasRowMajor, CblasNoTrans, CblasTrans, rows, in, out, 1, output_gradient, out,
                  parameters + weight->offset, out, 0, input_gradient, in);

    size_t slice = slice_count / outputs ? slice_count / outputs : 1;
    for (size_t first = 0; first < inputs; first += slice) {
        size_t taken = inputs - first < slice ? inputs - first : slice;
        size_t offset = weight->offset + first * outputs;
        REAL_GEMM(CblasRowMajor, CblasTrans, CblasNoTrans, (int)taken, out, rows, 1, input + first,
                  in, output_gradient, out, sink->accumulate ? 1 : 0, sink->gradient + offset, out);
        ready(sink, offset, taken * outputs);
    }
    if (layer->tensor_count > 1) {
        real *sum = sink->gradient + bias->offset;
        if (!sink->accumulate)
            memset(sum, 0, outputs * sizeof *sum);
        add_rows(output_gradient, sum, count, outputs);
        ready(sink, bias->offset, bias->count);
    }
}

static void flops(const struct layer *layer, double flops[3])
{
    flops[0] = flops[1] = flops[2] = 2.0 * (double)layer->inputs * (double)layer->outputs;
}

const struct layer_class layer_dense = {.name = "dense",
                                        .configure = configure,
                                        .initialise = initialise,
                                        .forward = forward,
                                        .backward = backward,
                                        .flops = flops};
