/* search.c - the step function. */
#include "coordinator/search/samplers/sampler.h"
#include "coordinator/search/schedulers/scheduler.h"
#include "coordinator/search/state.h"

#include "common/study_document.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool read_settings(struct search_settings *settings, const json_t *document,
                          uint64_t train_samples, struct error *error)
{
    *settings = (struct search_settings){
        .seed = (uint64_t)study_integer(document, "study", "seed"),
        .candidates = (uint32_t)study_integer(document, "search", "candidates"),
        .eta = (uint32_t)study_integer(document, "search", "eta"),
        .min_budget = study_number(document, "search", "min_budget"),
        .max_budget = study_number(document, "search", "max_budget"),
        .epochs = strcmp(study_text(document, "search", "unit"), "epochs") == 0,
        .train_samples = train_samples,
        .batch_size = (uint64_t)study_integer(document, "train", "batch_size"),
        .retries = (uint32_t)study_integer(document, "run", "retries"),
    };
    if (settings->epochs && train_samples == 0)
        return error_set(error, "search.unit is epochs, but the trainer does not tell how many "
                                "training samples an epoch has; use unit = \"steps\"");
    return true;
}

struct search *search_create(const json_t *document, uint64_t train_samples, struct error *error)
{
    struct search *search = calloc(1, sizeof *search);
    if (!search) {
        error_set(error, "out of memory");
        return NULL;
    }
    const char *sampler = study_text(document, "search", "sampler");
    const char *scheduler = study_text(document, "search", "scheduler");
    search->sampler = sampler_find(sampler);
    search->scheduler = scheduler_find(scheduler);
    if (!search->sampler)
        error_set(error, "search.sampler: there is no sampler \"%s\"", sampler);
    else if (!search->scheduler)
        error_set(error, "search.scheduler: there is no scheduler \"%s\"", scheduler);
    else if (space_create(&search->space, document, error) &&
             read_settings(&search->settings, document, train_samples, error)) {
        uint64_t most = search->sampler->candidates(&search->space);
        if (search->settings.candidates > most)
            search->settings.candidates = (uint32_t)most;
        search->scheduler_state = search->scheduler->create(search, error);
        if (search->scheduler_state)
            return search;
    }
    search_destroy(search);
    return NULL;
}

void search_destroy(struct search *search)
{
    if (!search)
        return;
    if (search->scheduler && search->scheduler_state)
        search->scheduler->destroy(search->scheduler_state);
    for (uint32_t i = 0; i < search->trial_count; i++)
        free(search->trials[i].values);
    free(search->trials);
    free(search->retries);
    free(search->actions);
    free(search);
}

/* Grows *array, of elements of `bytes`, to hold at least `count` of them. */
static bool reserve(void **array, size_t *room, size_t count, size_t bytes)
{
    if (count <= *room)
        return true;
    size_t wanted = *room ? 2 * *room : 64;
    void *grown = realloc(*array, wanted * bytes);
    if (!grown)
        return false;
    *array = grown;
    *room = wanted;
    return true;
}

void search_act(struct search *search, enum search_action_kind kind, uint32_t trial)
{
    void *actions = search->actions;
    if (kind == SEARCH_CHANGED && search->trials[trial].changed == search->events)
        return;
    if (!reserve(&actions, &search->action_room, search->action_count + 1,
                 sizeof *search->actions)) {
        search->out_of_memory = true;
        return;
    }
    search->actions = actions;
    struct search_trial *of = &search->trials[trial];
    if (kind == SEARCH_CHANGED)
        of->changed = search->events;
    search->actions[search->action_count++] = (struct search_action){
        .kind = kind, .trial = trial, .attempt = of->attempts, .from = of->step, .to = of->target};
}

uint32_t search_new_trial(struct search *search)
{
    if (search->trial_count >= search->settings.candidates)
        return SEARCH_NO_TRIAL;
    void *trials = search->trials;
    size_t room = search->trial_room;
    double *values = calloc(search->space.count + 1, sizeof *values);
    if (!values || !reserve(&trials, &room, search->trial_count + 1, sizeof *search->trials)) {
        free(values);
        search->out_of_memory = true;
        return SEARCH_NO_TRIAL;
    }
    search->trials = trials;
    search->trial_room = (uint32_t)room;
    uint32_t trial = search->trial_count++;
    search->trials[trial] = (struct search_trial){.values = values, .metric = NAN, .final = NAN};
    search->sampler->sample(search, trial, values);
    return trial;
}

bool search_survives(const struct search_trial *trial)
{
    return trial->state == TRIAL_PAUSED && isfinite(trial->final);
}

void search_retire(struct search *search, uint32_t trial, enum trial_state state)
{
    search->trials[trial].state = state;
    search_act(search, SEARCH_CHANGED, trial);
    /* The checkpoint of a complete trial may be the one that is recommended. */
    if (state != TRIAL_COMPLETE)
        search_act(search, SEARCH_RELEASE, trial);
}

/* The candidate's own value of a key of `train`, or the study's. */
static uint64_t batch_size(const struct search *search, const struct search_trial *trial)
{
    for (size_t i = 0; i < search->space.count; i++) {
        const struct parameter *parameter = &search->space.parameters[i];
        if (strcmp(parameter->name, "batch_size") != 0)
            continue;
        if (parameter->values)
            return (uint64_t)json_number_value(
                json_array_get(parameter->values, (size_t)trial->values[i]));
        return (uint64_t)trial->values[i];
    }
    const json_t *constant = json_object_get(search->space.document, "batch_size");
    return constant ? (uint64_t)json_number_value(constant) : search->settings.batch_size;
}

uint64_t search_budget_steps(const struct search *search, uint32_t trial, double budget)
{
    double steps = budget;
    if (search->settings.epochs) {
        uint64_t batch = batch_size(search, &search->trials[trial]);
        uint64_t per_epoch = batch ? search->settings.train_samples / batch : 1;
        steps = budget * (double)(per_epoch ? per_epoch : 1);
    }
    return steps < 1 ? 1 : (uint64_t)llround(steps);
}

static void enqueue_retry(struct search *search, uint32_t trial)
{
    if (search->retry_first > 0) {
        memmove(search->retries, search->retries + search->retry_first,
                search->retry_count * sizeof *search->retries);
        search->retry_first = 0;
    }
    void *retries = search->retries;
    if (!reserve(&retries, &search->retry_room, search->retry_count + 1, sizeof *search->retries)) {
        search->out_of_memory = true;
        return;
    }
    search->retries = retries;
    search->retries[search->retry_count++] = trial;
}

static void step_free(struct search *search)
{
    uint32_t number;
    if (search->retry_count > 0) {
        number = search->retries[search->retry_first++];
        search->retry_count--;
    } else {
        number = search->scheduler->next(search->scheduler_state, search);
    }
    if (number == SEARCH_NO_TRIAL)
        return;
    struct search_trial *trial = &search->trials[number];
    trial->state = TRIAL_RUNNING;
    trial->target = search_budget_steps(search, number, search->rungs[trial->rung].budget);
    trial->attempts++;
    search->running++;
    search_act(search, SEARCH_CHANGED, number);
    search_act(search, SEARCH_TRAIN, number);
}

static void settle(struct search *search, uint32_t trial)
{
    search->scheduler->settled(search->scheduler_state, search, trial);
}

static void leave(struct search *search, uint32_t trial, enum trial_state state)
{
    search_retire(search, trial, state);
    settle(search, trial);
}

static void step_done(struct search *search, const struct search_event *event)
{
    struct search_trial *trial = &search->trials[event->trial];
    trial->step = event->step;
    trial->losses = 0;
    trial->final = event->value;
    if (!isfinite(event->value)) {
        trial->verdict = VERDICT_DIVERGED;
        leave(search, event->trial, TRIAL_DIVERGED);
        return;
    }
    if (!(trial->metric <= event->value))
        trial->metric = event->value;
    trial->verdict = event->verdict;
    trial->state = TRIAL_PAUSED;
    search_act(search, SEARCH_CHANGED, event->trial);
    settle(search, event->trial);
}

static void step_lost(struct search *search, uint32_t number)
{
    struct search_trial *trial = &search->trials[number];
    trial->losses++;
    if (trial->losses > search->settings.retries) {
        leave(search, number, TRIAL_FAILED);
        return;
    }
    trial->state = trial->step > 0 ? TRIAL_PAUSED : TRIAL_WAITING;
    search_act(search, SEARCH_CHANGED, number);
    enqueue_retry(search, number);
}

static void step_running(struct search *search, const struct search_event *event)
{
    struct search_trial *trial = &search->trials[event->trial];
    if (event->kind == SEARCH_REPORT) {
        if (isfinite(event->value) && !(trial->metric <= event->value)) {
            trial->metric = event->value;
            search_act(search, SEARCH_CHANGED, event->trial);
        }
        return;
    }
    search->running--;
    switch (event->kind) {
    case SEARCH_DONE:
        step_done(search, event);
        break;
    case SEARCH_DIVERGED:
        trial->step = event->step;
        trial->verdict = event->verdict;
        leave(search, event->trial, TRIAL_DIVERGED);
        break;
    case SEARCH_PAUSED:
        trial->state = TRIAL_PAUSED;
        trial->step = event->step;
        trial->losses = 0;
        search_act(search, SEARCH_CHANGED, event->trial);
        enqueue_retry(search, event->trial);
        break;
    case SEARCH_LOST:
        step_lost(search, event->trial);
        break;
    case SEARCH_FREE:
    case SEARCH_REPORT:
        break;
    }
}

bool search_step(struct search *search, const struct search_event *event,
                 struct search_update *update)
{
    search->action_count = 0;
    search->events++;
    *update = (struct search_update){0};
    if (event->kind == SEARCH_FREE) {
        step_free(search);
    } else {
        if (event->trial >= search->trial_count)
            return false;
        const struct search_trial *trial = &search->trials[event->trial];
        bool advances = event->kind != SEARCH_LOST;
        if (trial->state != TRIAL_RUNNING || event->attempt != trial->attempts ||
            (advances && (event->step < trial->step || event->step > trial->target)))
            return false;
        step_running(search, event);
    }
    *update = (struct search_update){search->actions, search->action_count};
    return !search->out_of_memory;
}

bool search_failed(const struct search *search)
{
    return search->out_of_memory;
}

bool search_finished(const struct search *search)
{
    return search->running == 0 && search->retry_count == 0 &&
           search->scheduler->exhausted(search->scheduler_state, search);
}

const struct space *search_space(const struct search *search)
{
    return &search->space;
}

uint32_t search_trial_count(const struct search *search)
{
    return search->trial_count;
}

const struct search_trial *search_trial(const struct search *search, uint32_t trial)
{
    return &search->trials[trial];
}

size_t search_rung_count(const struct search *search)
{
    return search->rung_count;
}

const struct search_rung *search_rung(const struct search *search, size_t rung)
{
    return &search->rungs[rung];
}

uint32_t search_candidates(const struct search *search)
{
    return search->settings.candidates;
}

bool search_best(const struct search *search, uint32_t *best)
{
    bool complete = false, found = false;
    double value = INFINITY;
    for (uint32_t i = 0; i < search->trial_count; i++) {
        const struct search_trial *trial = &search->trials[i];
        bool candidate_complete = trial->state == TRIAL_COMPLETE;
        bool in_search = trial->state == TRIAL_RUNNING || trial->state == TRIAL_PAUSED;
        if (!candidate_complete && (complete || !in_search))
            continue;
        double candidate_value = candidate_complete ? trial->final : trial->metric;
        bool first_complete = candidate_complete && !complete;
        if (!isfinite(candidate_value) || !(first_complete || candidate_value < value))
            continue;
        complete = candidate_complete;
        value = candidate_value;
        *best = i;
        found = true;
    }
    return found;
}
