/* made_study.c - a made-up search: successive halving over rates of which about 0.05 is the best
 * and those above 2 diverge. */
#include "tests/support/made_study.h"

#include "common/layout.h"
#include "common/random.h"
#include "coordinator/study/store.h"

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUNGS        4
#define ETA          3
#define FIRST_BUDGET 100 /* steps */
#define RANKS        8
#define TRAINERS     8 /* of each rank */
#define STEP_S       1e-3
#define BEGUN        1.7e9 /* Unix time */
#define PARAMS_BYTES 512
#define TEXT_BYTES   512

static const char hostile[] = "</script><script>window.hacked=1</script><img src=x "
                              "onerror=\"window.hacked=1\"><!-- ${hacked} \\\" ' &amp; \xe2\x80\xa8"
                              "\xe2\x80\xa9 \xe2\x80\xae {{nonce}} ]]> \xf0\x9f\x94\xa5 %s%n";

static const char *const kinds[MADE_STUDIES] = {"sound", "diverged", "interrupted", "hostile"};

enum made_study_kind made_study_kind_of(const char *name)
{
    int kind = 0;
    while (kind < MADE_STUDIES && strcmp(kinds[kind], name) != 0)
        kind++;
    return (enum made_study_kind)kind;
}

/* --- candidates --------------------------------------------------------------------------------
 */

struct candidate {
    struct trial_row row;
    char params[PARAMS_BYTES], message[TEXT_BYTES];
    double values[RUNGS]; /* at each rung's end, NaN: not reached */
    uint32_t reached;     /* rungs */
    uint64_t dies_at;     /* step; 0: it does not */
    double level;         /* the loss that it would come to */
};

struct making {
    enum made_study_kind kind;
    uint32_t trials, reports;
    struct candidate *candidates;
    uint32_t *order; /* those that are still in the search */
    uint32_t entered[RUNGS], promoted[RUNGS];
    double free_at[RANKS * TRAINERS]; /* Unix time */
    struct made_event *events;        /* [event_count] */
    size_t event_count, event_room;
    struct store *store;
};

/* Events of all trainers are made one trainer after the other and written in the order of time. */
struct made_event {
    double time;
    size_t number; /* in the order of their making */
    const char *kind;
    uint32_t trial, attempt, lane;
    uint64_t step;
    double value;
    enum verdict verdict;
};

static uint64_t budget(uint32_t rung)
{
    uint64_t steps = FIRST_BUDGET;
    while (rung-- > 0)
        steps *= ETA;
    return steps;
}

static void make_candidate(struct making *making, uint32_t id)
{
    static const char *const schedules[] = {"constant", "cosine", "exponential", "step"};
    struct candidate *candidate = &making->candidates[id];
    struct random_stream random;
    random_open(&random, 1, RANDOM_SIMULATE, id);
    double low = making->kind == MADE_DIVERGED ? 0.7 : -5,
           high = making->kind == MADE_DIVERGED ? 2 : 1;
    double lr = pow(10, low + (high - low) * random_uniform(&random));
    const char *schedule = schedules[random_below(&random, 4)];
    double gamma = 0.1 + 0.8 * random_uniform(&random), momentum = random_uniform(&random);
    double decay = pow(10, -6 + 4 * random_uniform(&random));
    double away = log10(lr / 0.05);
    char extra[64] = "";
    if (strcmp(schedule, "exponential") == 0)
        (void)snprintf(extra, sizeof extra, ",\"gamma\":%.17g", gamma);
    else if (strcmp(schedule, "step") == 0)
        (void)snprintf(extra, sizeof extra, ",\"every\":300.0,\"gamma\":%.17g", gamma);
    else if (strcmp(schedule, "cosine") == 0)
        (void)snprintf(extra, sizeof extra, ",\"period\":0.0,\"eta_min\":0.0");
    (void)snprintf(candidate->params, sizeof candidate->params,
                   "{\"lr\":%.17g,\"schedule\":{\"type\":\"%s\"%s},\"momentum\":%.17g,"
                   "\"weight_decay\":%.17g%s}",
                   lr, schedule, extra, momentum, decay,
                   making->kind == MADE_HOSTILE
                       ? ",\"<img src=x onerror=window.hacked=1>\":\"</script><b>\",\"__proto__\":1"
                       : "");
    candidate->level =
        0.3 + 0.12 * away * away + 0.1 * fabs(momentum - 0.9) + 0.02 * random_uniform(&random);
    candidate->level = fmin(candidate->level, 2.29 + 0.01 * random_uniform(&random));
    candidate->dies_at = lr > 1.5 + random_uniform(&random) ? 10 + random_below(&random, 80) : 0;
    candidate->row = (struct trial_row){.id = id,
                                        .parent = -1,
                                        .seed = 1,
                                        .lr = lr,
                                        .schedule = schedule,
                                        .params = candidate->params,
                                        .metric = NAN,
                                        .final = NAN,
                                        .started = NAN,
                                        .ended = NAN,
                                        .worker = -1,
                                        .message = candidate->message};
    for (uint32_t rung = 0; rung < RUNGS; rung++)
        candidate->values[rung] = NAN;
    making->order[id] = id;
}

static double loss_at(const struct candidate *candidate, double step)
{
    return candidate->level + (2.303 - candidate->level) * exp(-step / 150);
}

/* --- training ----------------------------------------------------------------------------------
 */

static bool report(struct making *making, const struct candidate *candidate, uint64_t step,
                   bool validated, struct error *error)
{
    bool dying = candidate->dies_at > 0;
    double loss = dying ? 2.3 * exp((double)step / 20) : loss_at(candidate, (double)step);
    double noise = 0.05 * sin((double)step * 0.7 + candidate->row.id);
    const struct report_row row = {.trial = candidate->row.id,
                                   .step = step,
                                   .epoch = (double)step / 781,
                                   .train_loss = loss * (1 + noise),
                                   .val_loss = validated ? loss : (double)NAN,
                                   .val_accuracy = validated ? 1 - loss / 3 : (double)NAN,
                                   .lr = candidate->row.lr,
                                   .grad_norm = 1,
                                   .update_ratio = 1e-3,
                                   .dead_units = dying,
                                   .seconds = (double)step * STEP_S,
                                   .validated = validated};
    return store_report(making->store, &row, error);
}

static bool event(struct making *making, const char *kind, const struct candidate *candidate,
                  uint32_t lane, uint64_t step, double value, struct error *error)
{
    if (making->event_count == making->event_room) {
        size_t room = making->event_room > 0 ? 2 * making->event_room : 1024;
        struct made_event *more = realloc(making->events, room * sizeof *more);
        if (!more)
            return error_set(error, "out of memory");
        making->events = more;
        making->event_room = room;
    }
    making->events[making->event_count] = (struct made_event){making->free_at[lane],
                                                              making->event_count,
                                                              kind,
                                                              candidate->row.id,
                                                              candidate->row.attempts,
                                                              lane,
                                                              step,
                                                              value,
                                                              candidate->row.verdict};
    making->event_count++;
    return true;
}

static bool report_between(struct making *making, const struct candidate *candidate, uint64_t from,
                           uint64_t to, struct error *error)
{
    uint64_t every = FIRST_BUDGET / (making->reports > 0 ? making->reports : 1);
    every = every > 0 ? every : 1;
    bool ok = true;
    for (uint64_t step = from + every; ok && step < to; step += every)
        ok = report(making, candidate, step, false, error);
    return ok && report(making, candidate, to, candidate->dies_at == 0, error);
}

static void end(struct making *making, struct candidate *candidate, enum trial_state state,
                enum verdict verdict)
{
    const struct trial_row *row = &candidate->row;
    candidate->row.state = state;
    candidate->row.verdict = verdict;
    candidate->row.ended = BEGUN + 1;
    int length = making->kind == MADE_HOSTILE
                     ? snprintf(candidate->message, sizeof candidate->message, "%s ", hostile)
                     : 0;
    char *text = candidate->message + length;
    size_t bytes = sizeof candidate->message - (size_t)length;
    if (state == TRIAL_DIVERGED)
        (void)snprintf(text, bytes,
                       "All units of hidden layer 1 have given the same output for every sample "
                       "since step %llu: they are dead. The loss stands at %.4g at step %llu (a "
                       "constant predictor reaches 2.303): the rate %.3g is too large; try about "
                       "%.2g (10 times less), or a warm-up.",
                       (unsigned long long)row->step / 2, 2.3 * exp((double)row->step / 20),
                       (unsigned long long)row->step, row->lr, row->lr / 10);
    else if (state == TRIAL_STOPPED)
        (void)snprintf(text, bytes,
                       "Stopped after %llu steps: its val_loss was %.4g, the last of the best of "
                       "its rung had %.4g. The loss went from %.4g to %.4g by step %llu.",
                       (unsigned long long)row->step, row->final, row->final * 0.9, 2.303,
                       row->final * 0.97, (unsigned long long)row->step);
    else if (state == TRIAL_COMPLETE)
        (void)snprintf(text, bytes, "The loss went from %.4g to %.4g by step %llu.", 1.2,
                       row->final * 0.97, (unsigned long long)row->step);
}

static enum verdict verdict_of(const struct candidate *candidate)
{
    static const enum verdict rare[] = {VERDICT_PLATEAUED, VERDICT_OSCILLATING,
                                        VERDICT_OVERFITTING};
    if (candidate->row.lr < 1e-3)
        return VERDICT_SLOW;
    if (candidate->row.lr > 1)
        return VERDICT_ERRATIC;
    return candidate->row.id % 17 < 3 ? rare[candidate->row.id % 17] : VERDICT_HEALTHY;
}

/* The first trainer that is free takes the candidate to the end of a rung. */
static bool train(struct making *making, struct candidate *candidate, uint32_t rung,
                  struct error *error)
{
    uint32_t lane = candidate->row.id % (RANKS * TRAINERS);
    uint64_t from = rung > 0 ? budget(rung - 1) : 0, to = budget(rung);
    bool dies = candidate->dies_at > 0;
    if (dies)
        to = candidate->dies_at;
    candidate->row.attempts++;
    candidate->row.worker = (int)(lane / TRAINERS);
    if (isnan(candidate->row.started))
        candidate->row.started = BEGUN;
    bool lost = making->kind != MADE_DIVERGED && candidate->row.id % 97 == 5 && rung == 0;
    bool ok = event(making, "assigned", candidate, lane, from, NAN, error);
    if (ok && lost) {
        making->free_at[lane] += 0.6 * (double)(to - from) * STEP_S;
        ok = event(making, "lost", candidate, lane, from, NAN, error);
        candidate->row.attempts++;
        ok = ok && event(making, "assigned", candidate, lane, from, NAN, error);
    }
    making->free_at[lane] += (double)(to - from) * STEP_S;
    candidate->row.step = to;
    candidate->row.rung = rung;
    ok = ok && report_between(making, candidate, from, to, error);
    if (dies) {
        end(making, candidate, TRIAL_DIVERGED, VERDICT_COLLAPSED);
    } else {
        double value = loss_at(candidate, (double)to);
        candidate->values[rung] = candidate->row.final = value;
        candidate->row.metric =
            isnan(candidate->row.metric) ? value : fmin(candidate->row.metric, value);
        candidate->row.verdict = verdict_of(candidate);
    }
    return ok && event(making, dies ? "diverged" : "done", candidate, lane, to,
                       candidate->row.final, error);
}

/* For qsort, which has no context. */
struct ranked {
    uint32_t id;
    double value;
};

static int by_value(const void *a, const void *b)
{
    const struct ranked *left = a, *right = b;
    if (left->value != right->value)
        return left->value < right->value ? -1 : 1;
    return (left->id > right->id) - (left->id < right->id);
}

/* Keeps the best of a rung in `order`; returns how many. */
static uint32_t promote(struct making *making, uint32_t rung, uint32_t count)
{
    struct ranked *ranked = calloc(count + 1, sizeof *ranked);
    uint32_t alive = 0, kept = rung + 1 < RUNGS ? count / ETA : 0;
    for (uint32_t i = 0; ranked && i < count; i++) {
        const struct candidate *candidate = &making->candidates[making->order[i]];
        if (candidate->row.state != TRIAL_DIVERGED)
            ranked[alive++] = (struct ranked){candidate->row.id, candidate->values[rung]};
    }
    qsort(ranked, alive, sizeof *ranked, by_value);
    if (kept == 0 && rung + 1 < RUNGS)
        kept = 1;
    kept = kept < alive ? kept : alive;
    for (uint32_t i = 0; i < alive; i++) {
        struct candidate *candidate = &making->candidates[ranked[i].id];
        if (i < kept)
            making->order[i] = ranked[i].id;
        else
            end(making, candidate, rung + 1 < RUNGS ? TRIAL_STOPPED : TRIAL_COMPLETE,
                candidate->row.verdict);
    }
    free(ranked);
    return kept;
}

/* Half way a third is through, the others wait, are paused or ran. */
static void interrupt(struct making *making)
{
    for (uint32_t i = 0; i < making->trials; i++) {
        struct candidate *candidate = &making->candidates[i];
        candidate->row.ended = candidate->row.state == TRIAL_DIVERGED ? BEGUN : (double)NAN;
        if (candidate->row.state == TRIAL_DIVERGED)
            continue;
        candidate->message[0] = '\0';
        candidate->row.state = candidate->row.attempts == 0 ? TRIAL_WAITING
                               : i % 5 == 0                 ? TRIAL_RUNNING
                                                            : TRIAL_PAUSED;
    }
}

/* A rung is judged when all of it is there. */
static void wait_for_all(struct making *making)
{
    double last = 0;
    for (size_t i = 0; i < RANKS * TRAINERS; i++)
        last = fmax(last, making->free_at[i]);
    for (size_t i = 0; i < RANKS * TRAINERS; i++)
        making->free_at[i] = last;
}

static bool search(struct making *making, struct error *error)
{
    uint32_t count = making->trials;
    bool ok = true;
    for (uint32_t rung = 0; ok && rung < RUNGS && count > 0; rung++) {
        making->entered[rung] = count;
        uint32_t trained = making->kind == MADE_INTERRUPTED ? count / 2 + 1 : count;
        for (uint32_t i = 0; ok && i < trained && i < count; i++)
            ok = train(making, &making->candidates[making->order[i]], rung, error);
        if (making->kind == MADE_INTERRUPTED)
            break;
        wait_for_all(making);
        count = promote(making, rung, count);
        making->promoted[rung] = count;
    }
    if (making->kind == MADE_INTERRUPTED)
        interrupt(making);
    for (uint32_t i = 0; ok && i < making->trials; i++)
        ok = store_trial(making->store, &making->candidates[i].row, error);
    return ok;
}

/* --- events ------------------------------------------------------------------------------------
 */

static int by_time(const void *a, const void *b)
{
    const struct made_event *left = a, *right = b;
    if (left->time != right->time)
        return left->time < right->time ? -1 : 1;
    return (left->number > right->number) - (left->number < right->number);
}

static bool store_events(struct making *making, struct error *error)
{
    bool ok = true;
    qsort(making->events, making->event_count, sizeof *making->events, by_time);
    for (size_t i = 0; ok && i < making->event_count; i++) {
        const struct made_event *made = &making->events[i];
        const struct event_row row = {.kind = made->kind,
                                      .trial = made->trial,
                                      .attempt = made->attempt,
                                      .worker = (int)(made->lane / TRAINERS),
                                      .trainer = (int)(made->lane % TRAINERS),
                                      .step = made->step,
                                      .value = made->value,
                                      .verdict = made->verdict,
                                      .text = making->kind == MADE_HOSTILE ? hostile : ""};
        ok = store_event(making->store, &row, error);
    }
    return ok;
}

/* The store writes the time of the recording: here it is that of the story. */
static bool set_times(const struct making *making, const char *dir, struct error *error)
{
    char path[4096];
    sqlite3 *db = NULL;
    sqlite3_stmt *set = NULL;
    (void)snprintf(path, sizeof path, "%s/%s", dir, LAYOUT_DATABASE);
    bool ok = sqlite3_open(path, &db) == SQLITE_OK &&
              sqlite3_exec(db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK &&
              sqlite3_prepare_v2(db, "UPDATE event SET time = ? WHERE seq = ?", -1, &set, NULL) ==
                  SQLITE_OK;
    for (size_t i = 0; ok && i < making->event_count; i++) {
        (void)sqlite3_reset(set);
        ok = sqlite3_bind_double(set, 1, making->events[i].time) == SQLITE_OK &&
             sqlite3_bind_int64(set, 2, (sqlite3_int64)i + 1) == SQLITE_OK &&
             sqlite3_step(set) == SQLITE_DONE;
    }
    sqlite3_finalize(set);
    ok = ok && sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
    sqlite3_close(db);
    return ok || error_set(error, "%s: the times of events cannot be set", path);
}

/* --- the study ---------------------------------------------------------------------------------
 */

static json_t *make_document(const struct making *making)
{
    const char *name = making->kind == MADE_HOSTILE ? hostile : "made up";
    return json_pack(
        "{s:{s:s, s:i, s:s}, s:{s:s, s:s}, s:{s:[{s:s, s:i}]}, s:{s:i, s:s}, s:{s:{s:[f, f]}, "
        "s:[{s:s}]}, s:{s:s, s:i, s:s, s:i, s:f, s:f, s:s}}",
        "study", "name", name, "seed", 1, "metric", "val_loss", "data", "format", "idx", "path",
        name, "model", "layers", "type", "dense", "units", 10, "train", "batch_size", 64,
        "optimizer", "sgd", "space", "lr", "log_uniform", 1e-5, 10.0, "schedule", "type",
        "constant", "search", "sampler", "random", "candidates", (int)making->trials, "scheduler",
        "sha", "eta", ETA, "min_budget", (double)FIRST_BUDGET, "max_budget",
        (double)budget(RUNGS - 1), "unit", "steps");
}

static bool note_rungs(struct making *making, struct error *error)
{
    json_t *rungs = json_array();
    for (uint32_t rung = 0; rung < RUNGS && making->entered[rung] > 0; rung++)
        (void)json_array_append_new(rungs, json_pack("{s:i, s:f, s:I, s:I}", "bracket", 0, "budget",
                                                     (double)budget(rung), "candidates",
                                                     (json_int_t)making->entered[rung], "promoted",
                                                     (json_int_t)making->promoted[rung]));
    char *text = json_dumps(rungs, JSON_COMPACT);
    bool ok =
        text ? store_set(making->store, "rungs", text, error) : error_set(error, "out of memory");
    json_decref(rungs);
    free(text);
    return ok;
}

/* The recommendation: the best of those that are through; none where all diverged. */
static bool note_best(struct making *making, struct error *error)
{
    const struct candidate *best = NULL;
    for (uint32_t i = 0; i < making->trials; i++) {
        const struct candidate *candidate = &making->candidates[i];
        bool fits = making->kind == MADE_INTERRUPTED || candidate->row.state == TRIAL_COMPLETE;
        if (fits && isfinite(candidate->row.metric) &&
            (!best || candidate->row.metric < best->row.metric))
            best = candidate;
    }
    char text[24];
    (void)snprintf(text, sizeof text, "%u", best ? (unsigned)best->row.id : 0U);
    return !best || store_set(making->store, "recommended", text, error);
}

static bool note_values(struct making *making, struct error *error)
{
    static const char *const values[][2] = {
        {"trainers", "64"},         {"wall_s", "321.5"},   {"train_s", "19000"},
        {"constant_loss", "2.303"}, {"classes", "10"},     {"train_samples", "50000"},
        {"steps_per_epoch", "781"}, {"test_loss", "0.35"}, {"test_accuracy", "0.8731"}};
    bool ok = store_set(making->store, "status",
                        making->kind == MADE_INTERRUPTED ? "interrupted" : "finished", error);
    for (size_t i = 0; ok && i < sizeof values / sizeof values[0]; i++)
        ok = store_set(making->store, values[i][0], values[i][1], error);
    return ok && note_rungs(making, error) && note_best(making, error);
}

bool made_study_write(const char *dir, enum made_study_kind kind, uint32_t trials, uint32_t reports,
                      struct error *error)
{
    struct making making = {.kind = kind,
                            .trials = trials,
                            .reports = reports,
                            .candidates = calloc(trials + 1, sizeof *making.candidates),
                            .order = calloc(trials + 1, sizeof *making.order)};
    bool ok = making.candidates && making.order;
    if (ok) {
        for (uint32_t i = 0; i < trials; i++)
            make_candidate(&making, i);
        for (size_t i = 0; i < RANKS * TRAINERS; i++)
            making.free_at[i] = BEGUN;
        json_t *document = make_document(&making);
        making.store = store_create(dir, document, false, error);
        json_decref(document);
        ok = making.store && search(&making, error) && store_events(&making, error) &&
             note_values(&making, error);
        struct error closing;
        if (!store_close(making.store, ok ? error : &closing))
            ok = false;
        ok = ok && set_times(&making, dir, error);
    } else {
        error_set(error, "out of memory");
    }
    free(making.candidates);
    free(making.order);
    free(making.events);
    return ok;
}
