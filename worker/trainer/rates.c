/* rates.c - a copy of the optimizer for each layer, begun at the layer's rate. */
#include "worker/trainer/rates.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The parameters of a layer end where those of the next layer that has some begin. */
static size_t layer_end(const struct network *network, size_t index)
{
    for (size_t i = index + 1; i < network->layer_count; i++)
        if (network->layer[i].tensor_count > 0)
            return network->layer[i].tensor[0].offset;
    return network->arena_count;
}

/* Multiplies the rates of layer `index` of model.layers, and of all layers inside it. False: it has
 * no parameters. */
static bool layer_multiply(double *multiplier, const struct network *network, size_t index,
                           double value)
{
    char at[SETTING_BYTES];
    bool found = false;
    size_t length = (size_t)snprintf(at, sizeof at, "model.layers[%zu]", index);
    for (size_t i = 0; i < network->layer_count; i++) {
        const struct layer *layer = &network->layer[i];
        if (strncmp(layer->at, at, length) != 0 || layer->tensor_count == 0)
            continue;
        multiplier[i] *= value;
        found = true;
    }
    return found;
}

/* The model's multipliers with the candidate's: [layer_count]. What the study searches stands at 1
 * in the model. */
static bool multipliers_read(double *multiplier, const struct network *network,
                             const json_t *multipliers, struct error *error)
{
    const struct catalogue_entry *space = catalogue_find(&catalogue_groups, "space");
    for (size_t i = 0; i < network->layer_count; i++)
        multiplier[i] = network->layer[i].lr_multiplier;
    for (size_t i = 0; i < json_array_size(multipliers); i++) {
        char at[SETTING_BYTES];
        size_t layer;
        double value;
        struct refusal refusal;
        (void)snprintf(at, sizeof at, "space.lr_multiplier[%zu]", i);
        struct settings settings = {.group = json_array_get(multipliers, i),
                                    .entry = catalogue_key_find(space, "lr_multiplier")->group,
                                    .at = at};
        if (!settings_count(&settings, "layer", &layer, &refusal) ||
            !settings_number(&settings, "value", &value, &refusal))
            return error_set(error, "%s", refusal.error.text);
        if (!layer_multiply(multiplier, network, layer, value))
            return error_set(error, "%s.layer is %zu: the model has no such layer with parameters",
                             at, layer);
    }
    return true;
}

bool rates_create(struct rates *rates, const struct network *network, double layer_decay,
                  const json_t *multipliers, struct error *error)
{
    bool same = true;
    double decay = 1;
    size_t trained = 0;
    *rates = (struct rates){0};
    for (size_t i = 0; i < network->layer_count; i++)
        trained += network->layer[i].tensor_count > 0;
    rates->layer = calloc(trained + 1, sizeof *rates->layer);
    double *multiplier = calloc(network->layer_count + 1, sizeof *multiplier);
    bool good = rates->layer && multiplier;
    if (!good)
        (void)error_set(error, "out of memory for the rates of %zu layers", trained);
    good = good && multipliers_read(multiplier, network, multipliers, error);
    if (!good) {
        free(multiplier);
        rates_destroy(rates);
        return false;
    }
    rates->count = trained;
    for (size_t i = network->layer_count; i-- > 0;) {
        const struct layer *layer = &network->layer[i];
        if (layer->tensor_count == 0)
            continue;
        trained--;
        rates->layer[trained].multiplier = multiplier[i] * decay;
        rates->layer[trained].end = layer_end(network, i);
        same = same && rates->layer[trained].multiplier == 1;
        decay *= layer_decay;
    }
    free(multiplier);
    if (same)
        rates_destroy(rates);
    return true;
}

void rates_destroy(struct rates *rates)
{
    free(rates->layer);
    *rates = (struct rates){0};
}

void rates_begin(struct rates *rates, const struct optimizer *optimizer, double lr)
{
    for (size_t i = 0; i < rates->count; i++) {
        rates->layer[i].optimizer = *optimizer;
        optimizer->class->begin(&rates->layer[i].optimizer, lr * rates->layer[i].multiplier);
    }
}

const struct optimizer *rates_at(const struct rates *rates, const struct optimizer *optimizer,
                                 size_t offset)
{
    for (size_t i = 0; i < rates->count; i++)
        if (offset < rates->layer[i].end)
            return &rates->layer[i].optimizer;
    return optimizer;
}
