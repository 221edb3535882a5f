/* trial.c - a training step: gather, forward, loss, backward, update. */
#include "worker/trainer/trial.h"

#include "worker/trainer/evaluate.h"
#include "worker/trainer/memory.h"
#include "worker/trainer/vector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A measured update goes through the weights in pieces of so many, to keep a copy of no more;
 * unless the optimizer needs whole tensors. */
enum { PIECE = 4096 };

/* One step on its way through the layers. */
struct update {
    struct trial *trial;
    bool measured, clipped;
    double gradient_squares, step_squares, weight_squares;
};

/* Lists the tensors that are trained, in the order of the arena, and finds the largest. */
static bool tensors_list(struct trial *trial, size_t *largest)
{
    const struct network *network = &trial->model->network;
    size_t room = 1;
    for (size_t i = 0; i < network->layer_count; i++)
        room += network->layer[i].tensor_count;
    trial->tensor = calloc(room, sizeof(const struct tensor *));
    *largest = 1;
    if (!trial->tensor)
        return false;
    for (size_t i = 0; i < network->layer_count; i++)
        for (size_t j = 0; j < network->layer[i].tensor_count; j++) {
            const struct tensor *tensor = &network->layer[i].tensor[j];
            if (tensor->offset >= network->arena_count)
                continue;
            trial->tensor[trial->tensor_count++] = tensor;
            *largest = tensor->count > *largest ? tensor->count : *largest;
        }
    return true;
}

/* Which of the tensors a place in the arena lies in. */
static const struct tensor *tensor_at(const struct trial *trial, size_t offset)
{
    size_t low = 0, high = trial->tensor_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (trial->tensor[middle]->offset <= offset)
            low = middle;
        else
            high = middle;
    }
    return trial->tensor[low];
}

/* Whether the schedule takes the rate far below its highest: a run that overshoots may come to rest
 * then. What depends on the losses may. */
static bool schedule_falls(const struct schedule *schedule)
{
    enum { LOOKS = 64 };
    double highest = 0;
    for (int i = 0; i < LOOKS; i++) {
        double step = schedule->warmup_steps + schedule->horizon_steps * i / LOOKS;
        double lr = schedule_lr(schedule, (uint64_t)step);
        highest = lr > highest ? lr : highest;
        if (lr < highest / 2)
            return true;
    }
    return schedule->class->observe != NULL;
}

struct monitor_settings trial_monitor_settings(const struct trial *trial)
{
    const struct model *model = trial->model;
    const json_t *study = json_object_get(model->study, "study");
    const char *metric = json_string_value(json_object_get(study, "metric"));
    const struct schedule *schedule = &trial->candidate.schedule;
    return (struct monitor_settings){
        .constant_loss = model->dataset.constant_loss,
        .watched_layers = network_watched_layers(&model->network),
        .budget_steps = schedule->warmup_steps + schedule->horizon_steps,
        .falling = schedule_falls(schedule),
        .classes = model->dataset.class_count > 0,
        .whole_set = trial->candidate.steps_per_epoch == 1,
        .step_length = trial->candidate.optimizer.step_length,
        .by_loss = !metric || strcmp(metric, "val_error") != 0,
        .patient = !trial->candidate.stop_collapsed,
    };
}

bool trial_create(struct trial *trial, const struct model *model, const json_t *params,
                  uint64_t seed, struct error *error)
{
    memset(trial, 0, sizeof *trial);
    struct refusal refusal;
    if (!candidate_read(&trial->candidate, model, params, &refusal))
        return error_set(error, "%s", refusal.error.text);
    trial->model = model;
    trial->seed = seed;
    schedule_state_start(&trial->schedule);
    const struct network *network = &model->network;
    struct optimizer *optimizer = &trial->candidate.optimizer;
    size_t largest;
    bool listed = tensors_list(trial, &largest);
    trial->piece = optimizer->whole_tensors ? largest : PIECE;
    size_t batch = trial->candidate.batch_size;
    size_t evaluated = evaluate_rows(network), forward = batch > evaluated ? batch : evaluated;

    trial->weights = memory_create(network->weights_count, sizeof(real));
    trial->gradients = memory_create(network->arena_count, sizeof(real));
    trial->before = memory_create(trial->piece, sizeof(real));
    trial->shares = memory_create(network_watched_layers(network), sizeof *trial->shares);
    bool good = listed && trial->weights && trial->gradients && trial->before && trial->shares;
    for (size_t i = 0; i < optimizer->state_count; i++) {
        optimizer->state[i] = memory_create(network->arena_count, sizeof(real));
        good = good && optimizer->state[i];
    }
    const struct monitor_settings settings = trial_monitor_settings(trial);
    trial->monitor = monitor_create(&settings);
    if (!good || !trial->monitor)
        good = error_set(error, "out of memory for %zu parameters", network->parameter_count);
    good = good &&
           rates_create(&trial->rates, network, trial->candidate.layer_decay,
                        json_object_get(params, "lr_multiplier"), error) &&
           batches_create(&trial->batches, &model->dataset, batch, &trial->candidate.augmentation,
                          seed, error) &&
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
    free(trial->tensor);
    free(trial->shares);
    monitor_destroy(trial->monitor);
    rates_destroy(&trial->rates);
    batches_destroy(&trial->batches);
    activations_destroy(&trial->activations);
    memset(trial, 0, sizeof *trial);
}

static void optimize(const struct update *update, const struct optimizer_part *part)
{
    const struct trial *trial = update->trial;
    const struct optimizer *optimizer =
        rates_at(&trial->rates, &trial->candidate.optimizer, part->offset);
    optimizer->class->update(optimizer, part, trial->weights + part->offset,
                             optimizer->accumulates ? NULL : trial->gradients + part->offset);
}

/* Updates a part of the weights and adds up the squares of gradient, step and weights. */
static void optimize_measured(struct update *update, const struct optimizer_part *whole)
{
    struct trial *trial = update->trial;
    const struct optimizer *optimizer = &trial->candidate.optimizer;
    size_t end = whole->offset + whole->count;
    struct optimizer_part part = *whole;
    for (; part.offset < end; part.offset += trial->piece) {
        part.count = end - part.offset < trial->piece ? end - part.offset : trial->piece;
        real *weights = trial->weights + part.offset, *gradient = trial->gradients + part.offset;
        memcpy(trial->before, weights, part.count * sizeof *weights);
        /* With clipping, gradient_squares is known already and the gradient is shortened. */
        if (optimizer->accumulates)
            update->gradient_squares +=
                vector_squared_distance(optimizer->state[0] + part.offset, gradient, part.count);
        else if (!update->clipped)
            update->gradient_squares += vector_squares(gradient, part.count);
        optimize(update, &part);
        update->step_squares += vector_squared_distance(weights, trial->before, part.count);
        update->weight_squares += vector_squares(trial->before, part.count);
    }
}

static void update_part(void *context, size_t offset, size_t count)
{
    struct update *update = context;
    const struct trial *trial = update->trial;
    const struct tensor *tensor = tensor_at(trial, offset);
    const struct optimizer_part part = {.offset = offset,
                                        .count = count,
                                        .decayed = trial->candidate.decay_all ||
                                                   (tensor->shape.rank > 1 && !tensor->normalises)};
    if (update->measured)
        optimize_measured(update, &part);
    else
        optimize(update, &part);
}

static void update_all(struct update *update)
{
    const struct trial *trial = update->trial;
    for (size_t i = 0; i < trial->tensor_count; i++)
        update_part(update, trial->tensor[i]->offset, trial->tensor[i]->count);
}

/* Clips by value, then what is left by norm. torch.nn.utils.clip_grad_value_ and clip_grad_norm_,
 * whose factor is max_norm / (norm + 1e-6), at most 1. */
static void clip(struct update *update)
{
    struct trial *trial = update->trial;
    const struct candidate *candidate = &trial->candidate;
    size_t count = trial->model->network.arena_count;
    double squares = vector_squares(trial->gradients, count);
    update->gradient_squares = squares;
    if (candidate->clip_value > 0) {
        vector_clamp(trial->gradients, count, (real)candidate->clip_value);
        if (candidate->clip_norm > 0)
            squares = vector_squares(trial->gradients, count);
    }
    double factor = candidate->clip_norm > 0 ? candidate->clip_norm / (sqrt(squares) + 1e-6) : 1;
    if (factor < 1)
        vector_scale(trial->gradients, count, (real)factor);
}

double trial_step(struct trial *trial, double *lr, struct measures *measures)
{
    const struct model *model = trial->model;
    struct candidate *candidate = &trial->candidate;
    struct optimizer *optimizer = &candidate->optimizer;
    const struct activations *activations = &trial->activations;
    size_t batch = candidate->batch_size;
    bool clipped = candidate->clip_norm > 0 || candidate->clip_value > 0;
    bool afterwards = clipped || optimizer->whole_tensors;
    struct update update = {.trial = trial, .measured = measures != NULL, .clipped = clipped};
    struct gradient_sink sink = {
        .gradient = optimizer->accumulates ? optimizer->state[0] : trial->gradients,
        .accumulate = optimizer->accumulates,
        .ready = afterwards ? NULL : update_part,
        .context = &update,
    };

    *lr = schedule_lr(&candidate->schedule, trial->step) * trial->schedule.scale;
    batches_gather(&trial->batches, trial->step, activations->input);
    const struct pass pass = {.parameters = trial->weights,
                              .running = trial->weights,
                              .count = batch,
                              .training = true,
                              .seed = trial->seed,
                              .step = trial->step};
    const real *output = network_forward(&model->network, &pass, activations);
    const struct truth truth = {.labels = trial->batches.labels, .targets = trial->batches.targets};
    double loss = model->loss.class->gradient(&model->loss, output, &truth, batch,
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
        clip(&update);
    if (afterwards)
        update_all(&update);

    trial->step++;
    trial->loss_sum += loss;
    trial->loss_count++;
    if (measures) {
        measures->grad_norm = sqrt(update.gradient_squares);
        measures->update_ratio = sqrt(update.step_squares / update.weight_squares);
    }
    return loss;
}
