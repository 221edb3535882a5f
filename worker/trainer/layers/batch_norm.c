/* batch_norm.c - y = weight (x - mean) / sqrt(variance + eps) + bias for each channel, over the
 * batch and the places of an image (Ioffe and Szegedy 2015; torch.nn.BatchNorm1d and 2d).
 *
 * Training uses the batch's mean and variance, and moves the running ones by `momentum` towards
 * them (the variance: in its unbiased form, as PyTorch does); an evaluation uses the running ones.
 *
 * Channels stand last, so that a batch is a matrix [rows][channels], and all sums go down its
 * columns: in `real` over BLOCK_ROWS rows, which is exact enough, and in double over the blocks. */
#include "common/portability.h"
#include "worker/trainer/layer.h"
#include "worker/trainer/vector.h"

#include <math.h>
#include <string.h>

enum { WEIGHT, BIAS, RUNNING_MEAN, RUNNING_VAR, TENSORS };
enum { EPS, MOMENTUM };
enum { MEAN, SCALE, KEPT };
enum { BLOCK_ROWS = 64 };

static bool configure(struct layer *layer, const struct settings *settings,
                      const struct shape *input, struct refusal *refusal)
{
    static const char *const names[] = {"weight", "bias", "running_mean", "running_var"};
    if (!settings_number(settings, "eps", &layer->number[EPS], refusal) ||
        !settings_number(settings, "momentum", &layer->number[MOMENTUM], refusal))
        return false;
    layer_alike(layer, input);
    layer->units = input->size[0];
    for (int i = 0; i < TENSORS; i++)
        layer->tensor[i] = (struct tensor){.name = names[i],
                                           .shape = {.rank = 1, .size = {layer->units}},
                                           .normalises = true,
                                           .running = i >= RUNNING_MEAN,
                                           .count = layer->units};
    layer->tensor_count = TENSORS;
    layer->batch_least = layer->inputs == layer->units ? 2 : 1; /* one number has no variance */
    layer->kept_fixed = KEPT * layer->units;
    /* Two rows of doubles, three of `real`. */
    layer->scratch_fixed = (2 * sizeof(double) / sizeof(real) + 3) * layer->units;
    return true;
}

static void initialise(const struct layer *layer, real *parameters, struct random_stream *random)
{
    (void)random;
    for (size_t i = 0; i < layer->units; i++)
        parameters[layer->tensor[WEIGHT].offset + i] =
            parameters[layer->tensor[RUNNING_VAR].offset + i] = 1;
}

/* sum[j] += the sum over the rows of x[j] - about[j], or of its square */
MULTIVERSION static void add_block(const real *restrict x, real *restrict sum, size_t rows,
                                   size_t columns, const real *restrict about)
{
    for (size_t i = 0; i < rows; i++, x += columns)
        for (size_t j = 0; j < columns; j++)
            sum[j] += (x[j] - about[j]) * (x[j] - about[j]);
}

/* mean[j]: the mean over the rows of x[j], or of (x[j] - about[j])^2 */
static void column_means(const real *x, size_t rows, size_t columns, const real *about, real *block,
                         double *mean)
{
    memset(mean, 0, columns * sizeof *mean);
    for (size_t first = 0; first < rows; first += BLOCK_ROWS) {
        size_t taken = rows - first < BLOCK_ROWS ? rows - first : BLOCK_ROWS;
        memset(block, 0, columns * sizeof *block);
        if (about)
            add_block(x + first * columns, block, taken, columns, about);
        else
            vector_add_rows(x + first * columns, block, taken, columns);
        for (size_t j = 0; j < columns; j++)
            mean[j] += (double)block[j];
    }
    for (size_t j = 0; j < columns; j++)
        mean[j] /= (double)rows;
}

/* y = (x - mean) factor + bias */
MULTIVERSION static void apply(const real *restrict x, real *restrict y, size_t rows,
                               size_t columns, const real *restrict mean,
                               const real *restrict factor, const real *restrict bias)
{
    for (size_t i = 0; i < rows; i++, x += columns, y += columns)
        for (size_t j = 0; j < columns; j++)
            y[j] = (x[j] - mean[j]) * factor[j] + bias[j];
}

/* Fills mean and scale from the batch and moves the running statistics. */
static void learn(const struct layer *layer, const struct pass *pass, const real *input,
                  size_t rows, real *kept)
{
    size_t columns = layer->units;
    real *mean = kept + MEAN * columns, *scale = kept + SCALE * columns;
    real *running_mean = pass->running + layer->tensor[RUNNING_MEAN].offset;
    real *running_var = pass->running + layer->tensor[RUNNING_VAR].offset;
    double *sum = (double *)(void *)pass->scratch;
    double momentum = layer->number[MOMENTUM];
    double unbiased = (double)rows / (double)(rows - 1);
    column_means(input, rows, columns, NULL, scale, sum);
    for (size_t j = 0; j < columns; j++) {
        mean[j] = (real)sum[j];
        running_mean[j] = (real)((1 - momentum) * (double)running_mean[j] + momentum * sum[j]);
    }
    column_means(input, rows, columns, mean, scale, sum);
    for (size_t j = 0; j < columns; j++) {
        scale[j] = (real)(1 / sqrt(sum[j] + layer->number[EPS]));
        running_var[j] =
            (real)((1 - momentum) * (double)running_var[j] + momentum * unbiased * sum[j]);
    }
}

static void forward(const struct layer *layer, const struct pass *pass, const real *input,
                    real *output, real *kept)
{
    size_t columns = layer->units, rows = pass->count * (layer->inputs / columns);
    const real *weight = pass->parameters + layer->tensor[WEIGHT].offset;
    const real *mean = pass->parameters + layer->tensor[RUNNING_MEAN].offset;
    const real *variance = pass->parameters + layer->tensor[RUNNING_VAR].offset;
    real *factor = pass->scratch;
    if (pass->training) {
        learn(layer, pass, input, rows, kept);
        mean = kept + MEAN * columns;
    }
    for (size_t j = 0; j < columns; j++)
        factor[j] = weight[j] * (pass->training
                                     ? kept[SCALE * columns + j]
                                     : (real)(1 / sqrt((double)variance[j] + layer->number[EPS])));
    apply(input, output, rows, columns, mean, factor,
          pass->parameters + layer->tensor[BIAS].offset);
}

/* product[j] += the sum over the rows of dy (x - mean) */
MULTIVERSION static void add_products(const real *restrict gradient, const real *restrict x,
                                      const real *restrict mean, real *restrict product,
                                      size_t rows, size_t columns)
{
    for (size_t i = 0; i < rows; i++, x += columns, gradient += columns)
        for (size_t j = 0; j < columns; j++)
            product[j] += gradient[j] * (x[j] - mean[j]);
}

/* dx = factor (dy - offset - (x - mean) slope) */
MULTIVERSION static void combine(const real *restrict gradient, const real *restrict x,
                                 const real *restrict mean, const real *restrict factor,
                                 const real *restrict offset, const real *restrict slope,
                                 real *restrict result, size_t rows, size_t columns)
{
    for (size_t i = 0; i < rows; i++, x += columns, gradient += columns, result += columns)
        for (size_t j = 0; j < columns; j++)
            result[j] = factor[j] * (gradient[j] - offset[j] - (x[j] - mean[j]) * slope[j]);
}

static void backward(const struct layer *layer, const struct pass *pass, const real *input,
                     const real *output, const real *kept, real *output_gradient,
                     real *input_gradient, const struct gradient_sink *sink)
{
    (void)output;
    size_t columns = layer->units, rows = pass->count * (layer->inputs / columns);
    const struct tensor *weight = &layer->tensor[WEIGHT], *bias = &layer->tensor[BIAS];
    const real *mean = kept + MEAN * columns, *scale = kept + SCALE * columns;
    double *sum = (double *)(void *)pass->scratch, *product = sum + columns;
    real *block = (real *)(void *)(product + columns);
    real *of_weight = sink->gradient + weight->offset, *of_bias = sink->gradient + bias->offset;

    column_means(output_gradient, rows, columns, NULL, block, sum);
    memset(product, 0, columns * sizeof *product);
    for (size_t first = 0; first < rows; first += BLOCK_ROWS) {
        size_t taken = rows - first < BLOCK_ROWS ? rows - first : BLOCK_ROWS;
        memset(block, 0, columns * sizeof *block);
        add_products(output_gradient + first * columns, input + first * columns, mean, block, taken,
                     columns);
        for (size_t j = 0; j < columns; j++)
            product[j] += (double)block[j];
    }
    for (size_t j = 0; j < columns; j++) {
        of_weight[j] =
            (real)(product[j] * (double)scale[j]) + (sink->accumulate ? of_weight[j] : 0);
        of_bias[j] = (real)(sum[j] * (double)rows) + (sink->accumulate ? of_bias[j] : 0);
    }
    if (input_gradient) {
        real *factor = block, *offset = factor + columns, *slope = offset + columns;
        for (size_t j = 0; j < columns; j++) {
            factor[j] = pass->parameters[weight->offset + j] * scale[j];
            offset[j] = (real)sum[j];
            slope[j] = (real)(product[j] / (double)rows * (double)scale[j] * (double)scale[j]);
        }
        combine(output_gradient, input, mean, factor, offset, slope, input_gradient, rows, columns);
    }
    gradient_ready(sink, weight->offset, columns);
    gradient_ready(sink, bias->offset, columns);
}

static void flops(const struct layer *layer, double flops[3])
{
    flops[0] = 7 * (double)layer->outputs;
    flops[1] = 4 * (double)layer->outputs;
    flops[2] = 5 * (double)layer->outputs;
}

const struct layer_class layer_batch_norm = {.name = "batch_norm",
                                             .order = IMAGE_ORDER_LAST,
                                             .configure = configure,
                                             .initialise = initialise,
                                             .forward = forward,
                                             .backward = backward,
                                             .flops = flops};
