/* activations.c - y = f(x), number by number: the activations as layers of their own. */
#include "worker/trainer/layer.h"

static bool configure(struct layer *layer, const struct settings *settings,
                      const struct shape *input, struct refusal *refusal)
{
    (void)settings;
    (void)refusal;
    layer_alike(layer, input);
    layer->activation = activation_from_name(layer->class->name);
    return true;
}

static void forward(const struct layer *layer, const struct pass *pass, const real *input,
                    real *output, real *kept)
{
    (void)kept;
    activation_forward(layer->activation, input, output, pass->count * layer->outputs);
}

static void backward(const struct layer *layer, const struct pass *pass, const real *input,
                     const real *output, const real *kept, real *output_gradient,
                     real *input_gradient, const struct gradient_sink *sink)
{
    (void)kept;
    (void)sink;
    if (!input_gradient)
        return;
    size_t count = pass->count * layer->outputs;
    activation_forward(ACTIVATION_NONE, output_gradient, input_gradient, count);
    activation_backward(layer->activation,
                        activation_by_argument(layer->activation) ? input : output, input_gradient,
                        count);
}

#define ACTIVATION_LAYER(id)                                                                       \
    const struct layer_class layer_##id = {.name = #id,                                            \
                                           .order = IMAGE_ORDER_ANY,                               \
                                           .configure = configure,                                 \
                                           .initialise = layer_initialise_nothing,                 \
                                           .forward = forward,                                     \
                                           .backward = backward,                                   \
                                           .flops = layer_flops_each}

ACTIVATION_LAYER(relu);
ACTIVATION_LAYER(leaky_relu);
ACTIVATION_LAYER(tanh);
ACTIVATION_LAYER(sigmoid);
ACTIVATION_LAYER(gelu);
ACTIVATION_LAYER(silu);
