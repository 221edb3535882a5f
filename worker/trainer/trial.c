/* trial.c - a training step: gather, forward, loss, backward, update. */
#include "worker/trainer/trial.h"

#include "worker/trainer/evaluate.h"
#include "worker/trainer/memory.h"
#include "worker/trainer/vector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A measured update goes through the weights in pieces of so many, to keep a copy of no more. */
enum { PIECE = 4096 };

/* One step on its way through the layers. */
struct update {
    struct trial *trial;
    bool measured;
    double gradient_squares, step_squares, weight_squares;
};

bool trial_create(struct trial *trial, const struct model *model, const json_t *params,
                  uint64_t seed, struct error *error)
{
    memset(trial, 0, sizeof *trial);
    struct refusal refusal;
    if (!candidate_read(&trial->candidate, model, params, &refusal))
        return error_set(error, "%s", refusal.error.text);
    trial->model = model;
    trial->seed = seed;
    const struct network *network = &model->network;
    struct optimizer *optimizer = &trial->candidate.optimizer;
    size_t relu_layers = network_relu_layers(network);
    size_t batch = trial->candidate.batch_size;
    size_t forward = batch > EVALUATE_CHUNK_SAMPLES ? batch : EVALUATE_CHUNK_SAMPLES;

    trial->weights = memory_create(network->weights_count, sizeof(real));
    trial->gradients = memory_create(network->arena_count, sizeof(real));
    trial->before = memory_create(PIECE, sizeof(real));
    trial->dead = memory_create(relu_layers, sizeof *trial->dead);
    bool good = trial->weights && trial->gradients && trial->before && trial->dead;
    for (size_t i = 0; i < optimizer->state_count; i++) {
        optimizer->state[i] = memory_create(network->arena_count, sizeof(real));
        good = good && optimizer->state[i];
    }
    trial->monitor = monitor_create(model->dataset.constant_loss, relu_layers);
    if (!good || !trial->monitor)
        good = error_set(error, "out of memory for %zu parameters", network->parameter_count);
    good = good && rates_create(&trial->rates, network, trial->candidate.layer_decay, error) &&
           batches_create(&trial->batches, &model->dataset, batch, seed, error) &&
           activations_create(&trial->activations, network, forward, batch, error);
    if (good)
        network_initialise(network, seed, trial->weights);
    else
        trial_destroy(trial);
    return good;
}

void trial_destroy(struct trial *trial)
{
    for (size_t i = 0; i < OPTIMIZER_STATES_MAX; i++)
        free(trial->candidate.optimizer.state[i]);
    free(trial->weights);
    free(trial->gradients);
    free(trial->before);
    free(trial->dead);
    monitor_destroy(trial->monitor);
    rates_destroy(&trial->rates);
    batches_destroy(&trial->batches);
    activations_destroy(&trial->activations);
    memset(trial, 0, sizeof *trial);
}

/* Updates a part of the weights and adds up the squares of gradient, step and weights. */
static void update_measured(struct update *update, const struct optimizer *optimizer, size_t offset,
                            size_t count)
{
    struct trial *trial = update->trial;
    for (size_t end = offset + count; offset < end; offset += PIECE) {
        size_t taken = end - offset < PIECE ? end - offset : PIECE;
        real *weights = trial->weights + offset, *gradient = trial->gradients + offset;
        memcpy(trial->before, weights, taken * sizeof *weights);
        /* With clipping, gradient_squares is known already and the gradient is shortened. */
        if (optimizer->accumulates)
            update->gradient_squares +=
                vector_squared_distance(optimizer->state[0] + offset, gradient, taken);
        else if (trial->candidate.clip_norm == 0)
            update->gradient_squares += vector_squares(gradient, taken);
        optimizer->class->update(optimizer, offset, taken, weights,
                                 optimizer->accumulates ? NULL : gradient);
        update->step_squares += vector_squared_distance(weights, trial->before, taken);
        update->weight_squares += vector_squares(trial->before, taken);
    }
}

/* Each layer's share of the part at the layer's rate. */
static void update_part(void *context, size_t offset, size_t count)
{
    struct update *update = context;
    struct trial *trial = update->trial;
    for (size_t last = offset + count, end = last; offset < last; offset = end) {
        const struct optimizer *optimizer =
            rates_at(&trial->rates, &trial->candidate.optimizer, offset, &end);
        end = end < last ? end : last;
        if (update->measured)
            update_measured(update, optimizer, offset, end - offset);
        else
            optimizer->class->update(optimizer, offset, end - offset, trial->weights + offset,
                                     optimizer->accumulates ? NULL : trial->gradients + offset);
    }
}

/* torch.nn.utils.clip_grad_norm_: the factor is max_norm / (norm + 1e-6), at most 1. */
static void clip_and_update(struct update *update)
{
    struct trial *trial = update->trial;
    const struct network *network = &trial->model->network;
    update->gradient_squares = vector_squares(trial->gradients, network->arena_count);
    double factor = trial->candidate.clip_norm / (sqrt(update->gradient_squares) + 1e-6);
    if (factor < 1)
        vector_scale(trial->gradients, network->arena_count, (real)factor);
    update_part(update, 0, network->arena_count);
}

double trial_step(struct trial *trial, double *lr, struct measures *measures)
{
    const struct model *model = trial->model;
    struct candidate *candidate = &trial->candidate;
    struct optimizer *optimizer = &candidate->optimizer;
    const struct activations *activations = &trial->activations;
    size_t batch = candidate->batch_size;
    bool clipped = candidate->clip_norm > 0;
    struct update update = {.trial = trial, .measured = measures != NULL};
    struct gradient_sink sink = {
        .gradient = optimizer->accumulates ? optimizer->state[0] : trial->gradients,
        .accumulate = optimizer->accumulates,
        .ready = clipped ? NULL : update_part,
        .context = &update,
    };

    *lr = schedule_lr(&candidate->schedule, trial->step);
    batches_gather(&trial->batches, trial->step, activations->input);
    const struct pass pass = {.parameters = trial->weights,
                              .running = trial->weights,
                              .count = batch,
                              .training = true,
                              .seed = trial->seed,
                              .step = trial->step};
    const real *output = network_forward(&model->network, &pass, activations);
    double loss = model->loss.class->gradient(&model->loss, output, trial->batches.labels, batch,
                                              model->network.outputs, activations->gradient[0]);
    /* Where the gradient is added to the optimizer's buffer, what stood there before is what has to
     * be taken off again to measure it. */
    if (measures && optimizer->accumulates)
        memcpy(trial->gradients, optimizer->state[0],
               model->network.arena_count * sizeof *trial->gradients);
    rates_begin(&trial->rates, optimizer, *lr);
    optimizer->class->begin(optimizer, *lr);
    network_backward(&model->network, &pass, activations, &sink);
    if (clipped)
        clip_and_update(&update);

    trial->step++;
    trial->loss_sum += loss;
    trial->loss_count++;
    if (measures) {
        measures->grad_norm = sqrt(update.gradient_squares);
        measures->update_ratio = sqrt(update.step_squares / update.weight_squares);
    }
    return loss;
}
