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

/* Who was promoted, and who left the search. */
static void trace_changes(struct virtual_cluster *cluster, const struct search_update *update)
{
    for (size_t i = 0; i < update->count; i++) {
        const struct search_action *action = &update->actions[i];
        const struct search_trial *trial = search_trial(cluster->search, action->trial);
        const struct search_rung *rung = search_trial_rung(cluster->search, action->trial);
        if (action->kind != SEARCH_CHANGED)
            continue;
        if (trial->state == TRIAL_STOPPED || trial->state == TRIAL_COMPLETE ||
            trial->state == TRIAL_FAILED)
            trace(cluster, "           trial %u %s\n", action->trial,
                  trial_state_name(trial->state));
        else if (trial->rung > 0 && rung->settled == 0 && trial->losses == 0)
            trace(cluster, "           trial %u promoted to rung %u\n", action->trial, trial->rung);
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
        trace(cluster, "[%6llu] > trainer %zu trains trial %u from %llu to %llu\n",
              (unsigned long long)cluster->now, number, action->trial,
              (unsigned long long)action->from,
              (unsigned long long)(action->pause ? action->pause : action->to));
        return true;
    }
    return false;
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
    assert_true(search_step(cluster->search, &event, &update));
    keep(cluster, &event);
    trace_changes(cluster, &update);
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
        for (size_t i = 0; i < count; i++)
            if (trainers[i].busy && (next == count || trainers[i].ends < trainers[next].ends ||
                                     (trainers[i].ends == trainers[next].ends &&
                                      trainers[i].draw < trainers[next].draw)))
                next = i;
        cluster->now = trainers[next].ends;
        end(cluster, &trainers[next]);
    }
    free(trainers);
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
    return study;
}
