/* search.c - the step function. */
#include "coordinator/search/samplers/sampler.h"
#include "coordinator/search/schedulers/scheduler.h"
#include "coordinator/search/state.h"

#include "common/study_document.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A rule that the study may leave out: NaN. */
static double optional_number(const json_t *document, const char *group, const char *key)
{
    const json_t *value = json_object_get(json_object_get(document, group), key);
    return value ? json_number_value(value) : NAN;
}

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
        .independent_seeds = study_bool(document, "search", "independent_seeds"),
        .finalists = (uint32_t)study_integer(document, "search", "finalists"),
        .repeats = (uint32_t)study_integer(document, "search", "repeats"),
        .total_epochs = optional_number(document, "search", "total_epochs"),
        .target = optional_number(document, "search", "target"),
        .patience = (uint32_t)study_integer(document, "search", "patience"),
    };
    if (settings->epochs && train_samples == 0)
        return error_set(error, "search.unit is epochs, but the trainer does not tell how many "
                                "training samples an epoch has; use unit = \"steps\"");
    if (isfinite(settings->total_epochs) && train_samples == 0)
        return error_set(error, "search.total_epochs is set, but the trainer does not tell how "
                                "many training samples an epoch has");
    return true;
}

struct search *search_create(const json_t *document, uint64_t train_samples, struct error *error)
{
    struct search *search = calloc(1, sizeof *search);
    if (!search) {
        error_set(error, "out of memory");
        return NULL;
    }
    search->document = document;
    search->best_metric = NAN;
    search->leader = SEARCH_NO_TRIAL;
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
        uint64_t most = search->sampler->candidates ? search->sampler->candidates(search, document)
                                                    : UINT64_MAX;
        if (search->settings.candidates > most)
            search->settings.candidates = (uint32_t)most;
        search->scheduler_state = search->scheduler->create(search, error);
        if (search->scheduler_state && search->sampler->create)
            search->sampler_state = search->sampler->create(search, document, error);
        if (search->scheduler_state && (search->sampler_state || !search->sampler->create))
            return search;
    }
    search_destroy(search);
    return NULL;
}

bool search_without_checkpoints(struct search *search, struct error *error)
{
    if (search->scheduler->branches)
        return error_set(error,
                         "search.scheduler is %s, which copies trials, but the trainer leaves no "
                         "checkpoints that could be copied (\"checkpoints\":false)",
                         search->scheduler->name);
    search->settings.restarts = true;
    return true;
}

void search_destroy(struct search *search)
{
    if (!search)
        return;
    if (search->scheduler && search->scheduler_state)
        search->scheduler->destroy(search->scheduler_state);
    if (search->sampler_state)
        search->sampler->destroy(search->sampler_state);
    for (uint32_t i = 0; i < search->trial_count; i++)
        free(search->trials[i].values);
    free(search->trials);
    free(search->rungs);
    free(search->brackets);
    free(search->finalists);
    queue_destroy(&search->retries);
    free(search->actions);
    free(search);
}

static void enqueue_retry(struct search *search, uint32_t trial)
{
    if (!queue_push(&search->retries, trial))
        search->out_of_memory = true;
}

static uint32_t next_trial(struct search *search)
{
    if (search->phase == PHASE_CLOSING || search->phase == PHASE_OVER)
        return SEARCH_NO_TRIAL;
    if (search->retries.count > 0)
        return queue_pop(&search->retries);
    return search->phase == PHASE_FINALS ? finals_next(search)
                                         : search->scheduler->next(search->scheduler_state, search);
}

/* The trial begins anew: what it had trained before counts once more. That of a lost attempt does
 * not, here as elsewhere. */
static void restart(struct search_trial *trial)
{
    trial->pause = 0; /* nothing would be left of the turn before it */
    if (trial->losses == 0)
        trial->counted = 0;
}

/* A segment that began anew has ended: what the one before it trained is lost. */
static void count_again(struct search *search, uint32_t number)
{
    const struct search_trial *trial = &search->trials[number];
    uint64_t per_epoch = search_epoch_steps(search, number);
    if (!search->settings.restarts)
        return;
    search->steps_again += trial->step;
    search->epochs_again += per_epoch ? (double)trial->step / (double)per_epoch : 0;
}

static void step_free(struct search *search, const struct search_event *event)
{
    if (event->value > 0)
        search->trainers = (uint32_t)fmin(event->value, UINT32_MAX);
    uint32_t number = next_trial(search);
    if (number == SEARCH_NO_TRIAL)
        return;
    struct search_trial *trial = &search->trials[number];
    trial->state = TRIAL_RUNNING;
    if (trial->dropped) { /* nothing is left to go on from */
        trial->step = 0;
        trial->dropped = false;
    }
    trial->target = search_budget_steps(search, number, search_trial_rung(search, number)->budget);
    if (trial->pause <= trial->step || trial->pause >= trial->target)
        trial->pause = 0;
    if (search->settings.restarts)
        restart(trial);
    trial->attempts++;
    search->running++;
    search_act(search, SEARCH_CHANGED, number);
    search_act(search, SEARCH_TRAIN, number);
}

static void settle(struct search *search, uint32_t number)
{
    struct search_trial *trial = &search->trials[number];
    search_bracket_rung(search, trial->bracket, trial->rung)->settled++;
    if (!trial->repeat) {
        if (search->sampler->observed &&
            !search->sampler->observed(search->sampler_state, search, number))
            search->out_of_memory = true;
        search->scheduler->settled(search->scheduler_state, search, number);
        return;
    }
    if (search_survives(trial))
        search_retire(search, number, TRIAL_COMPLETE);
    finals_settled(search, number);
}

static void leave(struct search *search, uint32_t trial, enum trial_state state)
{
    search_retire(search, trial, state);
    settle(search, trial);
}

/* The attempt left a checkpoint at `step`: the one before it is needed no more. */
static void keep(struct search *search, const struct search_event *event)
{
    struct search_trial *trial = &search->trials[event->trial];
    count_again(search, event->trial);
    if (trial->step > 0)
        search_release(search, event->trial, trial->kept);
    trial->step = event->step;
    trial->kept = event->attempt;
    trial->losses = 0;
}

static void step_done(struct search *search, const struct search_event *event)
{
    struct search_trial *trial = &search->trials[event->trial];
    keep(search, event);
    trial->pause = 0;
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

/* Given back before its segment's end: behind those that wait, if that was the plan; else before
 * them. */
static void step_paused(struct search *search, const struct search_event *event)
{
    struct search_trial *trial = &search->trials[event->trial];
    bool planned = trial->pause > 0 && event->step == trial->pause;
    trial->turns += planned;
    trial->state = TRIAL_PAUSED;
    if (event->step > trial->step && !search->settings.restarts)
        keep(search, event);
    else
        search_release(search, event->trial, event->attempt); /* what was there stands */
    search_act(search, SEARCH_CHANGED, event->trial);
    if (planned && search->scheduler->paused && !trial->repeat)
        search->scheduler->paused(search->scheduler_state, search, event->trial);
    else
        enqueue_retry(search, event->trial);
}

static void step_lost(struct search *search, uint32_t number)
{
    struct search_trial *trial = &search->trials[number];
    trial->losses++;
    search_release(search, number,
                   trial->attempts); /* if it left one, nobody knows what is in it */
    if (trial->losses > search->settings.retries) {
        leave(search, number, TRIAL_FAILED);
        return;
    }
    trial->state = trial->step > 0 ? TRIAL_PAUSED : TRIAL_WAITING;
    search_act(search, SEARCH_CHANGED, number);
    enqueue_retry(search, number);
}

static void step_report(struct search *search, const struct search_event *event)
{
    struct search_trial *trial = &search->trials[event->trial];
    if (!isfinite(event->value) || trial->metric <= event->value)
        return;
    trial->metric = event->value;
    search_act(search, SEARCH_CHANGED, event->trial);
}

static void step_running(struct search *search, const struct search_event *event)
{
    struct search_trial *trial = &search->trials[event->trial];
    search->running -= event->kind != SEARCH_REPORT;
    switch (event->kind) {
    case SEARCH_DONE:
        step_done(search, event);
        break;
    case SEARCH_DIVERGED:
        count_again(search, event->trial);
        trial->step = event->step;
        trial->verdict = event->verdict;
        leave(search, event->trial, TRIAL_DIVERGED);
        break;
    case SEARCH_PAUSED:
        step_paused(search, event);
        break;
    case SEARCH_LOST:
        step_lost(search, event->trial);
        break;
    case SEARCH_REPORT:
        step_report(search, event);
        break;
    case SEARCH_FREE:
    case SEARCH_TIME_OVER:
        break;
    }
}

/* --- the phases --- */

/* Nothing new begins; what runs is taken from its trainers. */
static void close_search(struct search *search, enum search_close reason)
{
    search->phase = PHASE_CLOSING;
    search->close = reason;
    for (uint32_t i = 0; i < search->trial_count; i++)
        if (search->trials[i].state == TRIAL_RUNNING)
            search_act(search, SEARCH_STOP, i);
}

/* Those that were still in the search leave it; the best of them keeps its checkpoint. */
static void retire_all(struct search *search)
{
    queue_clear(&search->retries);
    for (uint32_t i = 0; i < search->trial_count; i++) {
        struct search_trial *trial = &search->trials[i];
        if (trial->state != TRIAL_PAUSED && trial->state != TRIAL_WAITING)
            continue;
        if (i != search->leader) {
            search_stop_trial(search, i, SEARCH_STOP_CLOSED, NAN);
            continue;
        }
        trial->state = TRIAL_STOPPED;
        trial->stop = SEARCH_STOP_CLOSED;
        search_act(search, SEARCH_CHANGED, i);
        search_bracket_rung(search, trial->bracket, trial->rung)->left++;
    }
}

/* On to the next phase, if this one has come to its end. */
static void advance(struct search *search)
{
    if (search->running > 0)
        return;
    if (search->phase == PHASE_CLOSING)
        retire_all(search);
    else if (search->retries.count > 0)
        return;
    bool ends = search->phase == PHASE_SEARCHING &&
                search->scheduler->exhausted(search->scheduler_state, search);
    if (ends && search->scheduler->end)
        search->scheduler->end(search->scheduler_state, search);
    if (ends || search->phase == PHASE_CLOSING)
        search->phase = finals_begin(search) ? PHASE_FINALS : PHASE_OVER;
    else if (search->phase == PHASE_FINALS && search->rungs[search->rung_count - 1].settled ==
                                                  search->rungs[search->rung_count - 1].quota)
        search->phase = PHASE_OVER;
}

static bool fits(const struct search *search, const struct search_event *event)
{
    if (event->kind == SEARCH_FREE)
        return true;
    if (event->kind == SEARCH_TIME_OVER)
        return search->phase == PHASE_SEARCHING;
    if (event->trial >= search->trial_count)
        return false;
    const struct search_trial *trial = &search->trials[event->trial];
    bool advances = event->kind != SEARCH_LOST;
    return trial->state == TRIAL_RUNNING && event->attempt == trial->attempts &&
           (!advances || (event->step >= (search->settings.restarts ? 0 : trial->step) &&
                          event->step <= trial->target));
}

/* The rules look at candidates alone: a repeat never closes the search. */
static void apply_rules(struct search *search, const struct search_event *event, bool first_result)
{
    if (search->phase != PHASE_SEARCHING)
        return;
    stopping_note(search, event->trial, event->step, first_result);
    enum search_close reason = stopping_rule(search);
    if (reason != SEARCH_OPEN)
        close_search(search, reason);
}

bool search_step(struct search *search, const struct search_event *event,
                 struct search_update *update)
{
    search->action_count = 0;
    search->events++;
    *update = (struct search_update){0};
    if (!fits(search, event))
        return false;
    if (event->kind == SEARCH_FREE) {
        step_free(search, event);
    } else if (event->kind == SEARCH_TIME_OVER) {
        close_search(search, SEARCH_CLOSE_TIME);
    } else {
        bool had_result = isfinite(search->trials[event->trial].final);
        bool ends = event->kind == SEARCH_DONE || event->kind == SEARCH_DIVERGED;
        step_running(search, event);
        apply_rules(search, event, ends && !had_result);
    }
    finals_note_leader(search);
    advance(search);
    *update = (struct search_update){search->actions, search->action_count};
    return !search->out_of_memory;
}

bool search_failed(const struct search *search)
{
    return search->out_of_memory;
}

bool search_finished(const struct search *search)
{
    return search->phase == PHASE_OVER;
}
