/* rates.h - learning rates that differ from layer to layer.
 *
 * A layer's rate is the schedule's times its multiplier, times layer_decay once for each layer with
 * parameters behind it in the row (layer_list.h; Howard and Ruder 2018, section 3.2). A rate of 0
 * freezes the layer. The multiplier is the model's times the candidate's, where the study searches
 * it; that of a layer with lists inside is for all layers in them. */
#ifndef LRSWEEP_WORKER_TRAINER_RATES_H
#define LRSWEEP_WORKER_TRAINER_RATES_H

#include "common/error.h"
#include "worker/trainer/network.h"
#include "worker/trainer/optimizer.h"

struct layer_rate {
    double multiplier;
    size_t end;                 /* of the layer's parameters in the arena */
    struct optimizer optimizer; /* as the step was begun at the layer's rate; shares its state */
};

/* Zero-initialised where all layers have the same rate. */
struct rates {
    struct layer_rate *layer; /* those with parameters, in the order of the arena */
    size_t count;
};

/* multipliers: the candidate's "lr_multiplier", [{"layer": 0, "value": 0.37}, ...]; NULL: none. */
bool rates_create(struct rates *rates, const struct network *network, double layer_decay,
                  const json_t *multipliers, struct error *error);
void rates_destroy(struct rates *rates);

/* Begins a step at all rates; before the same step of `optimizer` itself is begun. */
void rates_begin(struct rates *rates, const struct optimizer *optimizer, double lr);

/* The optimizer for the parameter at `offset`: `optimizer` itself where all rates are the same.
 */
const struct optimizer *rates_at(const struct rates *rates, const struct optimizer *optimizer,
                                 size_t offset);

#endif
