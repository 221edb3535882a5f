/* residual.c - y = activation(f(x) + x): f is a list of layers of its own, and x goes through the
 * layers of the shortcut first, if it has any (He et al. 2016, equations 1 and 2).
 *
 * The network runs both lists (layer_list.h); what is left here is the sum. */
#include "common/portability.h"
#include "worker/trainer/layer.h"

#include <string.h>

/* He et al.'s option B, whose sizes are the list's: a convolution of one place with its stride; a
 * matrix where there is no image. Without a bias: the list has its own. */
static json_t *project(const struct shape *from, const struct shape *to)
{
    if (to->rank == 1 && !from->channels_last)
        return json_pack("{s:s, s:I, s:b}", "type", "dense", "units", (json_int_t)to->size[0],
                         "bias", 0);
    if (from->rank != 3 || to->rank != 3)
        return NULL;
    for (size_t stride = 1; stride <= from->size[1] || stride <= from->size[2]; stride++)
        if ((from->size[1] - 1) / stride + 1 == to->size[1] &&
            (from->size[2] - 1) / stride + 1 == to->size[2])
            return json_pack("{s:s, s:I, s:i, s:I, s:b}", "type", "conv2d", "filters",
                             (json_int_t)to->size[0], "kernel_size", 1, "stride",
                             (json_int_t)stride, "bias", 0);
    return NULL;
}

static bool configure(struct layer *layer, const struct settings *settings,
                      const struct shape *input, struct refusal *refusal)
{
    const char *activation;
    if (!settings_text(settings, "activation", &activation, refusal))
        return false;
    layer_alike(layer, input);
    layer->activation = activation_from_name(activation);
    layer->kept_per_sample = activation_by_argument(layer->activation) ? layer->outputs : 0;
    return true;
}

MULTIVERSION static void add(const real *restrict one, const real *restrict other,
                             real *restrict sum, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sum[i] = one[i] + other[i];
}

static void forward(const struct layer *layer, const struct pass *pass, const real *input,
                    real *output, real *kept)
{
    size_t count = pass->count * layer->outputs;
    real *sums = kept && layer->kept_per_sample ? kept : output;
    add(input, pass->shortcut, sums, count);
    if (layer->activation != ACTIVATION_NONE)
        activation_forward(layer->activation, sums, output, count);
}

/* The shortcut's gradient is left in output_gradient. */
static void backward(const struct layer *layer, const struct pass *pass, const real *input,
                     const real *output, const real *kept, real *output_gradient,
                     real *input_gradient, const struct gradient_sink *sink)
{
    (void)input;
    (void)sink;
    size_t count = pass->count * layer->outputs;
    activation_backward(layer->activation, layer->kept_per_sample ? kept : output, output_gradient,
                        count);
    memcpy(input_gradient, output_gradient, count * sizeof *input_gradient);
}

const struct layer_class layer_residual = {.name = "residual",
                                           .order = IMAGE_ORDER_ANY,
                                           .project = project,
                                           .configure = configure,
                                           .initialise = layer_initialise_nothing,
                                           .forward = forward,
                                           .backward = backward,
                                           .flops = layer_flops_each};
