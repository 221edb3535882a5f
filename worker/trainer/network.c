/* network.c - builds the list of layers and runs it forwards and backwards. */
#include "worker/trainer/network.h"

#include "common/portability.h"
#include "worker/trainer/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct catalogue_key type_key[] = {
    {.name = "type", .type = KEY_TEXT, .names = &catalogue_layers, .text = "what the layer does"},
};

static const struct catalogue_entry layer_group = {
    .name = "layer", .keys = type_key, .key_count = 1};

static bool layer_configure(struct layer *layer, const json_t *spec, size_t index,
                            const struct shape *input, struct refusal *refusal)
{
    char at[SETTING_BYTES];
    const char *type;
    (void)snprintf(at, sizeof at, "model.layers[%zu]", index);
    if (!json_is_object(spec))
        return refusal_set(refusal, at, "%s is not a group", at);
    struct settings settings = {.group = spec, .entry = &layer_group, .at = at};
    if (!settings_text(&settings, "type", &type, refusal))
        return false;
    layer->class = layer_class_find(type);
    if (!layer->class)
        return refusal_set(refusal, at, "%s: this trainer has no layer \"%s\"", at, type);
    settings.entry = catalogue_find(&catalogue_layers, type);
    return settings_known(&settings, &layer_group, refusal) &&
           layer->class->configure(layer, &settings, input, refusal);
}

static size_t aligned(size_t count)
{
    const size_t line = MEMORY_ALIGNMENT_BYTES / sizeof(real);
    return (count + line - 1) / line * line;
}

bool network_create(struct network *network, const json_t *model, const struct shape *input,
                    struct refusal *refusal)
{
    /* BLAS counts in int; what is larger is a mistake anyway. */
    const size_t tensor_count_max = (size_t)1 << 30;
    memset(network, 0, sizeof *network);
    const json_t *layers = json_object_get(model, "layers");
    if (!json_is_array(layers) || json_array_size(layers) == 0)
        return refusal_set(refusal, "model.layers",
                           "model.layers is not a list of at least one layer");
    network->input = *input;
    network->inputs = shape_count(input);
    network->layer_count = json_array_size(layers);
    network->layer = calloc(network->layer_count, sizeof *network->layer);
    if (!network->layer)
        return refusal_set(refusal, "model.layers", "out of memory");
    const struct shape *shape = &network->input;
    for (size_t i = 0; i < network->layer_count; i++) {
        struct layer *layer = &network->layer[i];
        bool good = layer_configure(layer, json_array_get(layers, i), i, shape, refusal);
        for (size_t t = 0; good && t < layer->tensor_count; t++) {
            struct tensor *tensor = &layer->tensor[t];
            if (tensor->count > tensor_count_max - network->arena_count) {
                char at[SETTING_BYTES];
                (void)snprintf(at, sizeof at, "model.layers[%zu]", i);
                good =
                    refusal_set(refusal, at, "%s: %zu parameters are too many", at, tensor->count);
                break;
            }
            tensor->offset = network->arena_count;
            network->arena_count += aligned(tensor->count);
            network->parameter_count += tensor->count;
        }
        if (!good) {
            network_destroy(network);
            return false;
        }
        shape = &layer->output;
    }
    network->outputs = shape_count(shape);
    return true;
}

void network_destroy(struct network *network)
{
    free(network->layer);
    network->layer = NULL;
    network->layer_count = 0;
}

void network_initialise(const struct network *network, uint64_t seed, real *parameters)
{
    memset(parameters, 0, network->arena_count * sizeof *parameters);
    for (size_t i = 0; i < network->layer_count; i++) {
        struct random_stream random;
        random_open(&random, seed, RANDOM_INITIAL, i);
        network->layer[i].class->initialise(&network->layer[i], parameters, &random);
    }
}

double network_flops(const struct network *network)
{
    double sum = 0, flops[3];
    for (size_t i = 0; i < network->layer_count; i++) {
        network->layer[i].class->flops(&network->layer[i], flops);
        sum += flops[0] + flops[1] + (i > 0 ? flops[2] : 0);
    }
    return sum;
}

bool activations_create(struct activations *activations, const struct network *network,
                        size_t forward_rows, size_t backward_rows, struct error *error)
{
    memset(activations, 0, sizeof *activations);
    size_t widest = 0, numbers = network->inputs * forward_rows;
    activations->input = memory_create(network->inputs * forward_rows, sizeof(real));
    activations->output = calloc(network->layer_count + 1, sizeof *activations->output);
    bool good = activations->input && activations->output;
    for (size_t i = 0; good && i < network->layer_count; i++) {
        size_t outputs = network->layer[i].outputs;
        widest = outputs > widest ? outputs : widest;
        activations->output[i] = memory_create(outputs * forward_rows, sizeof(real));
        numbers += outputs * forward_rows;
        good = activations->output[i] != NULL;
    }
    for (int i = 0; good && i < 2; i++) {
        activations->gradient[i] = memory_create(widest * backward_rows, sizeof(real));
        numbers += widest * backward_rows;
        good = activations->gradient[i] != NULL;
    }
    activations->bytes = numbers * sizeof(real);
    if (good)
        return true;
    activations_destroy(activations);
    return error_set(error, "out of memory for the activations of %zu samples", forward_rows);
}

void activations_destroy(struct activations *activations)
{
    for (size_t i = 0; activations->output && activations->output[i]; i++)
        free(activations->output[i]);
    free(activations->output);
    free(activations->input);
    free(activations->gradient[0]);
    free(activations->gradient[1]);
    memset(activations, 0, sizeof *activations);
}

real *network_forward(const struct network *network, const real *parameters,
                      const struct activations *activations, size_t count)
{
    const real *input = activations->input;
    for (size_t i = 0; i < network->layer_count; i++) {
        const struct layer *layer = &network->layer[i];
        layer->class->forward(layer, parameters, input, activations->output[i], count);
        input = activations->output[i];
    }
    return activations->output[network->layer_count - 1];
}

void network_backward(const struct network *network, const real *parameters,
                      const struct activations *activations, size_t count,
                      const struct gradient_sink *sink)
{
    real *of_output = activations->gradient[0], *of_input = activations->gradient[1];
    for (size_t i = network->layer_count; i-- > 0;) {
        const struct layer *layer = &network->layer[i];
        const real *input = i > 0 ? activations->output[i - 1] : activations->input;
        layer->class->backward(layer, parameters, input, activations->output[i], of_output,
                               i > 0 ? of_input : NULL, count, sink);
        real *swapped = of_output;
        of_output = of_input;
        of_input = swapped;
    }
}

static bool relu_hidden(const struct network *network, size_t layer)
{
    return layer + 1 < network->layer_count && network->layer[layer].activation == ACTIVATION_RELU;
}

size_t network_relu_layers(const struct network *network)
{
    size_t count = 0;
    for (size_t i = 0; i < network->layer_count; i++)
        count += relu_hidden(network, i);
    return count;
}

/* Sets alive[j] where column j of the matrix, whose rows are `stride` apart, is not 0 throughout. A
 * value that is not a number counts as alive: the loss says what is wrong there. */
MULTIVERSION static void columns_alive(const real *restrict matrix, size_t rows, size_t stride,
                                       size_t columns, real *restrict alive)
{
    for (size_t i = 0; i < rows; i++, matrix += stride)
        for (size_t j = 0; j < columns; j++)
            alive[j] = matrix[j] == 0 ? alive[j] : 1;
}

double network_dead_units(const struct network *network, const struct activations *activations,
                          size_t count, double *share)
{
    enum { BLOCK = 256 };
    size_t dead_units = 0, units = 0;
    for (size_t i = 0; i < network->layer_count; i++) {
        if (!relu_hidden(network, i))
            continue;
        size_t columns = network->layer[i].outputs, dead = 0;
        const real *output = activations->output[i];
        for (size_t first = 0; first < columns; first += BLOCK) {
            real alive[BLOCK] = {0};
            size_t width = columns - first < BLOCK ? columns - first : BLOCK;
            columns_alive(output + first, count, columns, width, alive);
            for (size_t j = 0; j < width; j++)
                dead += alive[j] == 0;
        }
        *share++ = (double)dead / (double)columns;
        dead_units += dead;
        units += columns;
    }
    return units ? (double)dead_units / (double)units : NAN;
}
