/* rates.c - a copy of the optimizer for each layer, begun at the layer's rate. */
#include "worker/trainer/rates.h"

#include <stdlib.h>

/* The parameters of a layer end where those of the next layer that has some begin. */
static size_t layer_end(const struct network *network, size_t index)
{
    for (size_t i = index + 1; i < network->layer_count; i++)
        if (network->layer[i].tensor_count > 0)
            return network->layer[i].tensor[0].offset;
    return network->arena_count;
}

bool rates_create(struct rates *rates, const struct network *network, double layer_decay,
                  struct error *error)
{
    bool same = true;
    double decay = 1;
    size_t trained = 0;
    *rates = (struct rates){0};
    for (size_t i = 0; i < network->layer_count; i++)
        trained += network->layer[i].tensor_count > 0;
    rates->layer = calloc(trained + 1, sizeof *rates->layer);
    if (!rates->layer)
        return error_set(error, "out of memory for the rates of %zu layers", trained);
    rates->count = trained;
    for (size_t i = network->layer_count; i-- > 0;) {
        const struct layer *layer = &network->layer[i];
        if (layer->tensor_count == 0)
            continue;
        trained--;
        rates->layer[trained].multiplier = layer->lr_multiplier * decay;
        rates->layer[trained].end = layer_end(network, i);
        same = same && rates->layer[trained].multiplier == 1;
        decay *= layer_decay;
    }
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
                                 size_t offset, size_t *end)
{
    for (size_t i = 0; i < rates->count; i++)
        if (offset < rates->layer[i].end) {
            *end = rates->layer[i].end;
            return &rates->layer[i].optimizer;
        }
    return optimizer;
}
