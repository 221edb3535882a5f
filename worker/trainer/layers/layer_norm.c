/* layer_norm.c - y = weight (x - mean) / sqrt(variance + eps) + bias, mean and variance over the
 * numbers of a sample (Ba, Kiros and Hinton 2016; torch.nn.LayerNorm over the whole sample). */
#include "common/portability.h"
#include "worker/trainer/layer.h"

#include <math.h>
#include <string.h>

enum { WEIGHT, BIAS };
enum { EPS };

static bool configure(struct layer *layer, const struct settings *settings,
                      const struct shape *input, struct refusal *refusal)
{
    if (!settings_number(settings, "eps", &layer->number[EPS], refusal))
        return false;
    layer_alike(layer, input);
    layer->tensor[WEIGHT] = (struct tensor){
        .name = "weight", .shape = *input, .normalises = true, .count = layer->inputs};
    layer->tensor[BIAS] = (struct tensor){
        .name = "bias", .shape = *input, .normalises = true, .count = layer->inputs};
    layer->tensor_count = 2;
    layer->kept_per_sample = layer->inputs + 1; /* normalised numbers; behind all, 1 / deviation */
    return true;
}

static void initialise(const struct layer *layer, real *parameters, struct random_stream *random)
{
    (void)random;
    for (size_t i = 0; i < layer->inputs; i++)
        parameters[layer->tensor[WEIGHT].offset + i] = 1;
}

/* The sums are made in double: they are as long as a sample is. */
MULTIVERSION static double sum(const real *x, size_t count)
{
    double total = 0;
#pragma omp simd reduction(+ : total)
    for (size_t i = 0; i < count; i++)
        total += (double)x[i];
    return total;
}

MULTIVERSION static double squares_about(const real *x, size_t count, double mean)
{
    double total = 0;
#pragma omp simd reduction(+ : total)
    for (size_t i = 0; i < count; i++)
        total += ((double)x[i] - mean) * ((double)x[i] - mean);
    return total;
}

MULTIVERSION static void normalise(const real *x, real *y, size_t count, real mean, real scale)
{
    for (size_t i = 0; i < count; i++)
        y[i] = (x[i] - mean) * scale;
}

MULTIVERSION static void scale_and_shift(const real *x, real *y, size_t count,
                                         const real *restrict weight, const real *restrict bias)
{
    for (size_t i = 0; i < count; i++)
        y[i] = x[i] * weight[i] + bias[i];
}

static void forward(const struct layer *layer, const struct pass *pass, const real *input,
                    real *output, real *kept)
{
    const real *weight = pass->parameters + layer->tensor[WEIGHT].offset;
    const real *bias = pass->parameters + layer->tensor[BIAS].offset;
    size_t count = layer->inputs;
    for (size_t i = 0; i < pass->count; i++) {
        const real *x = input + i * count;
        real *normalised = (kept ? kept : output) + i * count;
        double mean = sum(x, count) / (double)count;
        double variance = squares_about(x, count, mean) / (double)count;
        double scale = 1 / sqrt(variance + layer->number[EPS]);
        normalise(x, normalised, count, (real)mean, (real)scale);
        if (kept)
            kept[pass->count * count + i] = (real)scale;
        scale_and_shift(normalised, output + i * count, count, weight, bias);
    }
}

/* bias += gradient; weight += gradient normalised; gradient *= weights; sums[0] += gradient,
 * sums[1] += gradient normalised */
MULTIVERSION static void reduce(real *restrict gradient, const real *restrict normalised,
                                const real *restrict weights, real *restrict weight,
                                real *restrict bias, size_t count, double sums[2])
{
    double first = 0, second = 0;
#pragma omp simd reduction(+ : first, second)
    for (size_t i = 0; i < count; i++) {
        bias[i] += gradient[i];
        weight[i] += gradient[i] * normalised[i];
        gradient[i] *= weights[i];
        first += (double)gradient[i];
        second += (double)gradient[i] * (double)normalised[i];
    }
    sums[0] = first;
    sums[1] = second;
}

/* dx = scale (g - mean(g) - normalised mean(g normalised)), g = weight dy */
MULTIVERSION static void combine(const real *restrict gradient, const real *restrict normalised,
                                 real *restrict result, size_t count, real scale, real mean,
                                 real slope)
{
    for (size_t i = 0; i < count; i++)
        result[i] = scale * (gradient[i] - mean - normalised[i] * slope);
}

static void backward(const struct layer *layer, const struct pass *pass, const real *input,
                     const real *output, const real *kept, real *output_gradient,
                     real *input_gradient, const struct gradient_sink *sink)
{
    (void)input;
    (void)output;
    size_t count = layer->inputs;
    const struct tensor *weight = &layer->tensor[WEIGHT], *bias = &layer->tensor[BIAS];
    if (!sink->accumulate) {
        memset(sink->gradient + weight->offset, 0, count * sizeof(real));
        memset(sink->gradient + bias->offset, 0, count * sizeof(real));
    }
    for (size_t i = 0; i < pass->count; i++) {
        double sums[2];
        const real *normalised = kept + i * count;
        real *gradient = output_gradient + i * count;
        reduce(gradient, normalised, pass->parameters + weight->offset,
               sink->gradient + weight->offset, sink->gradient + bias->offset, count, sums);
        if (input_gradient)
            combine(gradient, normalised, input_gradient + i * count, count,
                    kept[pass->count * count + i], (real)(sums[0] / (double)count),
                    (real)(sums[1] / (double)count));
    }
    gradient_ready(sink, weight->offset, count);
    gradient_ready(sink, bias->offset, count);
}

static void flops(const struct layer *layer, double flops[3])
{
    flops[0] = 8 * (double)layer->outputs;
    flops[1] = 3 * (double)layer->outputs;
    flops[2] = 8 * (double)layer->outputs;
}

const struct layer_class layer_layer_norm = {.name = "layer_norm",
                                             .order = IMAGE_ORDER_ANY,
                                             .configure = configure,
                                             .initialise = initialise,
                                             .forward = forward,
                                             .backward = backward,
                                             .flops = flops};
