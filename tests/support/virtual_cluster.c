/* virtual_cluster.c - trainers on virtual time that feed a search core. */
#include "tests/support/virtual_cluster.h"

#include "common/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct trainer {
    bool busy;
    uint32_t trial, attempt;
    uint64_t ends, from, step;
    enum fate fate;
    double value;
    uint64_t draw; /* orders what ends at one instant */
};

static void trace(struct virtual_cluster *cluster, const char *format, ...)
{
    char line[128];
    va_list arguments;
    if (!cluster->trace)
        return;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    cluster->trace = realloc(cluster->trace, cluster->trace_bytes + (size_t)length + 1);
    assert_non_null(cluster->trace);
    memcpy(cluster->trace + cluster->trace_bytes, line, (size_t)length + 1);
    cluster->trace_bytes += (size_t)length;
}

static void keep(struct virtual_cluster *cluster, const struct search_event *event)
{
    if (cluster->event_count == cluster->event_room) {
        cluster->event_room = cluster->event_room ? 2 * cluster->event_room : 256;
        cluster->events = realloc(cluster->events, cluster->event_room * sizeof *cluster->events);
        assert_non_null(cluster->events);
    }
    cluster->events[cluster->event_count++] = *event;
}

static uint32_t rung_told(const struct virtual_cluster *cluster, uint32_t trial)
{
    return trial < cluster->rung_room ? cluster->rungs[trial] : 0;
}

static void tell_rung(struct virtual_cluster *cluster, uint32_t trial, uint32_t rung)
{
    size_t room = cluster->rung_room;
    if (trial >= room) {
        cluster->rung_room = 2 * (size_t)trial + 64;
        cluster->rungs = realloc(cluster->rungs, cluster->rung_room * sizeof *cluster->rungs);
        assert_non_null(cluster->rungs);
        memset(cluster->rungs + room, 0, (cluster->rung_room - room) * sizeof *cluster->rungs);
    }
    cluster->rungs[trial] = rung;
}

/* Who was promoted, and who left the search. */
static void trace_changes(struct virtual_cluster *cluster, const struct search_update *update)
{
    for (size_t i = 0; i < update->count; i++) {
        const struct search_action *action = &update->actions[i];
        const struct search_trial *trial = search_trial(cluster->search, action->trial);
        if (action->kind == SEARCH_BRANCH)
            trace(cluster, "           trial %u copies trial %u at %llu\n", action->trial,
                  trial->parent, (unsigned long long)trial->step);
        if (action->kind != SEARCH_CHANGED)
            continue;
        if (trial->state == TRIAL_STOPPED || trial->state == TRIAL_COMPLETE ||
            trial->state == TRIAL_FAILED)
            trace(cluster, "           trial %u %s\n", action->trial,
                  trial_state_name(trial->state));
        else if (trial->rung != rung_told(cluster, action->trial))
            trace(cluster, "           trial %u %s rung %u\n", action->trial,
                  trial->begun > 0 && trial->begun == trial->step ? "begins in" : "promoted to",
                  trial->rung);
        tell_rung(cluster, action->trial, trial->rung);
    }
}

/* Asks for work for a trainer that is free. */
static bool assign(struct virtual_cluster *cluster, struct trainer *trainer, size_t number,
                   size_t count)
{
    const struct search_event event = {
        .kind = SEARCH_FREE, .value = cluster->tells_trainers ? (double)count : (double)NAN};
    struct search_update update;
    assert_true(search_step(cluster->search, &event, &update));
    for (size_t i = 0; i < update.count; i++) {
        const struct search_action *action = &update.actions[i];
        if (action->kind != SEARCH_TRAIN)
            continue;
        keep(cluster, &event);
        *trainer = (struct trainer){
            .busy = true, .trial = action->trial, .attempt = action->attempt, .from = action->from};
        trainer->fate = cluster->fate(cluster->context, action->trial, action->attempt,
                                      action->from, action->to, &trainer->step, &trainer->value);
        if (action->pause > 0 && trainer->step > action->pause) {
            trainer->fate = FATE_PAUSED;
            trainer->step = action->pause;
        }
        trainer->ends = cluster->now + (trainer->step - action->from);
        tell_rung(cluster, action->trial, search_trial(cluster->search, action->trial)->rung);
        if (cluster->assigned)
            cluster->assigned(cluster, action->trial);
        trace(cluster, "[%6llu] > trainer %zu trains trial %u from %llu to %llu\n",
              (unsigned long long)cluster->now, number, action->trial,
              (unsigned long long)action->from,
              (unsigned long long)(action->pause ? action->pause : action->to));
        return true;
    }
    return false;
}

/* A validation within the segment that `event` ends. */
static void report(struct virtual_cluster *cluster, const struct search_event *event)
{
    struct search_update update;
    struct search_event told = *event;
    told.kind = SEARCH_REPORT;
    told.value = event->value + 0.125;
    assert_true(search_step(cluster->search, &told, &update));
    keep(cluster, &told);
}

/* The event once more, and the one that came half as long ago as the search has lasted. */
static void repeat_events(struct virtual_cluster *cluster, const struct search_event *event)
{
    struct search_update update;
    const struct search_event *late = &cluster->events[cluster->event_count / 2];
    assert_false(search_step(cluster->search, event, &update));
    bool spent = late->kind != SEARCH_FREE &&
                 (late->kind != SEARCH_REPORT ||
                  search_trial(cluster->search, late->trial)->attempts != late->attempt ||
                  search_trial(cluster->search, late->trial)->state != TRIAL_RUNNING);
    if (spent)
        assert_false(search_step(cluster->search, late, &update));
}

static void end(struct virtual_cluster *cluster, struct trainer *trainer)
{
    static const enum search_event_kind kinds[] = {[FATE_REACHES] = SEARCH_DONE,
                                                   [FATE_DIVERGES] = SEARCH_DIVERGED,
                                                   [FATE_LOST] = SEARCH_LOST,
                                                   [FATE_PAUSED] = SEARCH_PAUSED};
    static const char *const words[] = {[FATE_REACHES] = "reaches",
                                        [FATE_DIVERGES] = "diverges at",
                                        [FATE_LOST] = "is lost before",
                                        [FATE_PAUSED] = "is paused at"};
    const struct search_event event = {
        .kind = kinds[trainer->fate],
        .trial = trainer->trial,
        .attempt = trainer->attempt,
        .step = trainer->step,
        .value = trainer->fate == FATE_REACHES ? trainer->value : NAN,
        .verdict = trainer->fate == FATE_DIVERGES ? VERDICT_COLLAPSED : VERDICT_HEALTHY,
    };
    struct search_update update;
    if (trainer->fate == FATE_REACHES)
        trace(cluster, "[%6llu] < trial %u %s %llu with %g\n", (unsigned long long)cluster->now,
              trainer->trial, words[trainer->fate], (unsigned long long)trainer->step,
              trainer->value);
    else
        trace(cluster, "[%6llu] < trial %u %s %llu\n", (unsigned long long)cluster->now,
              trainer->trial, words[trainer->fate], (unsigned long long)trainer->step);
    trainer->busy = false;
    cluster->steps_trained += trainer->step - trainer->from;
    if (cluster->stutters && trainer->fate == FATE_REACHES)
        report(cluster, &event);
    assert_true(search_step(cluster->search, &event, &update));
    keep(cluster, &event);
    trace_changes(cluster, &update);
    if (cluster->stutters)
        repeat_events(cluster, &event);
}

static enum fate reaches(void *context, uint32_t trial, uint32_t attempt, uint64_t from,
                         uint64_t to, uint64_t *step, double *value)
{
    const double *values = context;
    (void)attempt;
    (void)from;
    *step = to;
    *value = values[trial];
    return FATE_REACHES;
}

struct virtual_cluster virtual_cluster_start(const json_t *study, uint64_t samples, void *context)
{
    struct error error;
    struct virtual_cluster cluster = {.search = search_create(study, samples, &error),
                                      .fate = reaches,
                                      .context = context,
                                      .trace = calloc(1, 1)};
    assert_non_null(cluster.search);
    assert_non_null(cluster.trace);
    return cluster;
}

void virtual_cluster_stop(struct virtual_cluster *cluster, json_t *study)
{
    search_destroy(cluster->search);
    free(cluster->trace);
    free(cluster->events);
    json_decref(study);
}

void virtual_cluster_run(struct virtual_cluster *cluster, size_t count, uint64_t order_seed)
{
    struct trainer *trainers = calloc(count, sizeof *trainers);
    struct random_stream stream;
    random_open(&stream, order_seed, RANDOM_SEARCH, 0);
    assert_non_null(trainers);
    while (!search_finished(cluster->search)) {
        size_t busy = 0, next = count;
        for (size_t i = 0; i < count; i++) {
            if (!trainers[i].busy && assign(cluster, &trainers[i], i, count))
                trainers[i].draw = order_seed ? random_bits(&stream) : i;
            busy += trainers[i].busy;
        }
        assert_true(busy > 0); /* else it would wait for ever */
        if (busy < count && cluster->idle)
            cluster->idle(cluster);
        for (size_t i = 0; i < count; i++)
            if (trainers[i].busy && (next == count || trainers[i].ends < trainers[next].ends ||
                                     (trainers[i].ends == trainers[next].ends &&
                                      trainers[i].draw < trainers[next].draw)))
                next = i;
        cluster->now = trainers[next].ends;
        end(cluster, &trainers[next]);
    }
    free(trainers);
    free(cluster->rungs);
    cluster->rungs = NULL;
    cluster->rung_room = 0;
}

json_t *virtual_study(const char *scheduler, int candidates, int eta, double min_budget,
                      double max_budget)
{
    json_t *study = json_pack(
        "{s:{s:s, s:i, s:s}, s:{s:i}, s:{s:{s:[f, f]}, s:[{s:s}, {s:s}, {s:s, s:{s:[f, f]}}, "
        "{s:s, s:f, s:f}]}, s:{s:s, s:i, s:s, s:i, s:f, s:f, s:s, s:b, s:i, "
        "s:i, s:i}, s:{s:i}}",
        "study", "name", "virtual", "seed", 1, "metric", "val_loss", "train", "batch_size", 10,
        "space", "lr", "log_uniform", 1e-5, 10.0, "schedule", "type", "constant", "type", "cosine",
        "type", "exponential", "gamma", "uniform", 0.1, 0.9, "type", "step", "every", 3.0, "gamma",
        0.3, "search", "sampler", "random", "candidates", candidates, "scheduler", scheduler, "eta",
        eta, "min_budget", min_budget, "max_budget", max_budget, "unit", "epochs",
        "independent_seeds", 0, "finalists", 0, "repeats", 3, "patience", 0, "run", "retries", 2);
    assert_non_null(study);
    json_t *more =
        json_pack("{s:s, s:b, s:f, s:f, s:i, s:f, s:f, s:f, s:f}", "variant", "promotion",
                  "asynchronous", 0, "interval", 1.0, "grace", 0.0, "min_trials", 3, "quantile",
                  0.2, "shrink", 0.8, "grow", 1.2, "resample_probability", 0.25);
    assert_int_equal(json_object_update(json_object_get(study, "search"), more), 0);
    json_decref(more);
    return study;
}

void virtual_study_set(json_t *study, const char *key, json_t *value)
{
    assert_int_equal(json_object_set_new(json_object_get(study, "search"), key, value), 0);
}
