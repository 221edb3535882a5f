/* dense.c - y = activation(x W + b), every output from every input.
 *
 * W is kept as [inputs][outputs]: the forward product is then plain row-major times row-major,
 * which BLAS packs fastest. Bias and activation are one pass over the outputs. */
#include "worker/trainer/initial.h"
#include "worker/trainer/layer.h"

#include <cblas.h>

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
    if (input->channels_last)
        return layer_refuse(settings, refusal,
                            "a dense layer takes no image of %zu channels: put a flatten layer "
                            "before it",
                            input->size[0]);
    layer_alike(layer, input);
    layer->output = (struct shape){.rank = 1, .size = {units}};
    layer->outputs = layer->units = units;
    layer->activation = activation_from_name(activation);
    layer->kept_per_sample = activation_by_argument(layer->activation) ? units : 0;
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

static void forward(const struct layer *layer, const struct pass *pass, const real *input,
                    real *output, real *kept)
{
    const real *weight = pass->parameters + layer->tensor[WEIGHT].offset;
    const real *bias = pass->parameters + layer->tensor[BIAS].offset;
    int rows = (int)pass->count, in = (int)layer->inputs, out = (int)layer->outputs;
    real *sums = kept && layer->kept_per_sample ? kept : output;
    REAL_GEMM(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, out, in, 1, input, in, weight, out,
              0, sums, out);
    bias_activate(layer->activation, layer->tensor_count > 1 ? bias : NULL, sums, output,
                  pass->count, layer->outputs);
}

static void backward(const struct layer *layer, const struct pass *pass, const real *input,
                     const real *output, const real *kept, real *output_gradient,
                     real *input_gradient, const struct gradient_sink *sink)
{
    const struct tensor *weight = &layer->tensor[WEIGHT], *bias = &layer->tensor[BIAS];
    size_t inputs = layer->inputs, outputs = layer->outputs;
    int rows = (int)pass->count, in = (int)inputs, out = (int)outputs;
    activation_backward(layer->activation, layer->kept_per_sample ? kept : output, output_gradient,
                        pass->count * outputs);

    /* Before any weight is updated. */
    if (input_gradient)
        REAL_GEMM(CblasRowMajor, CblasNoTrans, CblasTrans, rows, in, out, 1, output_gradient, out,
                  pass->parameters + weight->offset, out, 0, input_gradient, in);

    size_t slice = slice_count / outputs ? slice_count / outputs : 1;
    for (size_t first = 0; first < inputs; first += slice) {
        size_t taken = inputs - first < slice ? inputs - first : slice;
        size_t offset = weight->offset + first * outputs;
        REAL_GEMM(CblasRowMajor, CblasTrans, CblasNoTrans, (int)taken, out, rows, 1, input + first,
                  in, output_gradient, out, sink->accumulate ? 1 : 0, sink->gradient + offset, out);
        gradient_ready(sink, offset, taken * outputs);
    }
    if (layer->tensor_count > 1) {
        bias_gradient(output_gradient, sink->gradient + bias->offset, sink->accumulate, pass->count,
                      outputs);
        gradient_ready(sink, bias->offset, bias->count);
    }
}

static void flops(const struct layer *layer, double flops[3])
{
    flops[0] = flops[1] = flops[2] = 2.0 * (double)layer->inputs * (double)layer->outputs;
}

const struct layer_class layer_dense = {.name = "dense",
                                        .order = IMAGE_ORDER_FLAT,
                                        .configure = configure,
                                        .initialise = initialise,
                                        .forward = forward,
                                        .backward = backward,
                                        .flops = flops};
