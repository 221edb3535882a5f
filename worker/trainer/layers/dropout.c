/* dropout.c - in training each number is 0 with probability p, and is divided by 1 - p else
 * (Srivastava et al., JMLR 2014; torch.nn.Dropout).
 *
 * What is dropped is a function of seed, step and layer alone, so that a run that is taken up again
 * drops what it would have dropped. */
#include "common/portability.h"
#include "worker/trainer/layer.h"

#include <string.h>

enum { P };
enum { LAYERS_LOG2 = 16 };

static bool configure(struct layer *layer, const struct settings *settings,
                      const struct shape *input, struct refusal *refusal)
{
    if (!settings_number(settings, "p", &layer->number[P], refusal))
        return false;
    layer_alike(layer, input);
    layer->kept_per_sample = layer->outputs;    /* the factors */
    layer->scratch_per_sample = layer->outputs; /* random bits */
    return true;
}

MULTIVERSION static void choose(const uint32_t *restrict bits, real *restrict factor, size_t count,
                                uint32_t dropped, real keep)
{
    for (size_t i = 0; i < count; i++)
        factor[i] = bits[i] < dropped ? 0 : keep;
}

static void draw(const struct layer *layer, const struct pass *pass, real *factor, size_t count)
{
    const double numbers = 4294967296.0; /* 2^32 */
    uint32_t *bits = (uint32_t *)(void *)pass->scratch;
    random_fill(pass->seed, RANDOM_DROPOUT, pass->step << LAYERS_LOG2 | layer->index, bits, count);
    choose(bits, factor, count, (uint32_t)(layer->number[P] * numbers),
           (real)(1 / (1 - layer->number[P])));
}

MULTIVERSION static void multiply(const real *restrict from, const real *restrict factor,
                                  real *restrict to, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] = from[i] * factor[i];
}

static void forward(const struct layer *layer, const struct pass *pass, const real *input,
                    real *output, real *kept)
{
    size_t count = pass->count * layer->outputs;
    if (!pass->training) {
        memcpy(output, input, count * sizeof *output);
        return;
    }
    draw(layer, pass, kept, count);
    multiply(input, kept, output, count);
}

static void backward(const struct layer *layer, const struct pass *pass, const real *input,
                     const real *output, const real *kept, real *output_gradient,
                     real *input_gradient, const struct gradient_sink *sink)
{
    (void)input;
    (void)output;
    (void)sink;
    if (input_gradient)
        multiply(output_gradient, kept, input_gradient, pass->count * layer->outputs);
}

const struct layer_class layer_dropout = {.name = "dropout",
                                          .order = IMAGE_ORDER_ANY,
                                          .configure = configure,
                                          .initialise = layer_initialise_nothing,
                                          .forward = forward,
                                          .backward = backward,
                                          .flops = layer_flops_each};
