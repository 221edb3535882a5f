/* dispatch.c - the coordinator's loop body: messages in, events, commit, messages out. */
#include "coordinator/dispatch/dispatch.h"

#include "common/layout.h"
#include "common/study_document.h"
#include "coordinator/dispatch/pace.h"
#include "coordinator/dispatch/record.h"
#include "coordinator/dispatch/workers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COMMIT_EVERY_S  0.5 /* reports wait so long at most to become durable */
#define STOP_PATIENCE_S 4.0 /* for trainers to leave a checkpoint when the run is told to end */
#define BYE_PATIENCE_S  3.0 /* for workers to end their trainers */
#define DRAW_EVERY_S    0.1
#define CREDIT_BATCH    64 /* reports taken in before a worker is granted as many again */

enum phase {
    SEARCHING,
    TESTING,  /* the search is over: the recommended candidate is being tested */
    STOPPING, /* told to end: trainers leave their checkpoints */
    LEAVING,  /* everything is durable: workers end their trainers */
    LEFT
};

struct dispatch {
    const struct dispatch_options *options;
    struct workers workers;
    struct record record;
    struct pace pace;
    enum phase phase;
    enum dispatch_outcome outcome;
    struct error error;
    double now_s, phase_s, commit_s, draw_s;
    double busy_s;
    size_t trainers;
    uint32_t tested; /* the trial that is tested */
    bool test_sent;
    bool started;        /* the first turn was taken */
    unsigned drawn_rung; /* that the last picture showed */
};

static void enter(struct dispatch *dispatch, enum phase phase)
{
    dispatch->phase = phase;
    dispatch->phase_s = dispatch->now_s;
}

static void send(struct dispatch *dispatch, int rank, const struct message *message)
{
    struct error error;
    struct worker_entry *entry = &dispatch->workers.entries[rank];
    if (entry->gone || link_send(dispatch->options->link, rank, true, message, &error))
        return;
    entry->gone = true;
    progress_message(dispatch->options->progress, error.text);
}

/* last: the picture that is left standing. */
static void draw(struct dispatch *dispatch, bool last)
{
    struct progress_numbers numbers;
    if (!last && dispatch->now_s - dispatch->draw_s < DRAW_EVERY_S)
        return;
    pace_numbers(&dispatch->pace, &dispatch->record, dispatch->now_s, &numbers);
    numbers.busy = (uint32_t)workers_count(&dispatch->workers, SLOT_BUSY);
    numbers.trainers = numbers.busy + (uint32_t)workers_count(&dispatch->workers, SLOT_FREE);
    bool important = last || numbers.rung != dispatch->drawn_rung;
    progress_update(dispatch->options->progress, &numbers, dispatch->now_s, important);
    dispatch->draw_s = dispatch->now_s;
    dispatch->drawn_rung = numbers.rung;
}

static void say_quit(struct dispatch *dispatch)
{
    struct message quit;
    message_begin(&quit, MESSAGE_QUIT);
    draw(dispatch, true);
    for (int rank = 0; rank < dispatch->workers.count; rank++)
        send(dispatch, rank, &quit);
    enter(dispatch, LEAVING);
}

/* The study cannot go on. What was committed stands. */
static void fail(struct dispatch *dispatch, const struct error *error)
{
    if (dispatch->outcome == DISPATCH_FAILED)
        return;
    dispatch->error = *error;
    dispatch->outcome = DISPATCH_FAILED;
    if (dispatch->phase < LEAVING)
        say_quit(dispatch);
}

static void commit(struct dispatch *dispatch)
{
    struct error error;
    dispatch->commit_s = dispatch->now_s;
    if (!record_commit(&dispatch->record, &error))
        fail(dispatch, &error);
}

static void release_checkpoint(const struct dispatch *dispatch, uint32_t trial)
{
    char path[4096];
    int length =
        snprintf(path, sizeof path, LAYOUT_CHECKPOINT_FORMAT, dispatch->options->dir, trial);
    if (length > 0 && (size_t)length < sizeof path)
        (void)unlink(path); /* a trial that left before its first rung has none */
}

/* Feeds an event, writes it down, and drops checkpoints that no longer matter once that is durable.
 */
static bool feed(struct dispatch *dispatch, const struct search_event *event, int rank, int trainer,
                 const char *text, struct search_update *update)
{
    struct error error;
    bool accepted = false;
    if (dispatch->outcome == DISPATCH_FAILED)
        return false;
    if (!record_step(&dispatch->record, event, rank, trainer, text, update, &accepted, &error)) {
        fail(dispatch, &error);
        return false;
    }
    bool releases = false;
    for (size_t i = 0; i < update->count; i++)
        releases = releases || update->actions[i].kind == SEARCH_RELEASE;
    if (releases)
        commit(dispatch);
    for (size_t i = 0; releases && i < update->count; i++)
        if (update->actions[i].kind == SEARCH_RELEASE)
            release_checkpoint(dispatch, update->actions[i].trial);
    return accepted;
}

/* --- what workers say --- */

static void set_free(struct dispatch *dispatch, struct slot *slot, enum slot_state state)
{
    if (slot->state == SLOT_BUSY)
        dispatch->busy_s += dispatch->now_s - slot->since_s;
    slot->state = state;
}

/* The slot, if it holds just what the message speaks of. */
static struct slot *holder(struct dispatch *dispatch, int rank, const struct message *message)
{
    struct slot *slot = workers_slot(&dispatch->workers, rank, message->trainer);
    bool holds = slot && slot->state == SLOT_BUSY && slot->trial == message->trial &&
                 slot->attempt == message->attempt;
    return holds ? slot : NULL;
}

static void handle_ready(struct dispatch *dispatch, int rank, const struct message *message)
{
    const struct dispatch_options *options = dispatch->options;
    const struct message_ready *ready = &message->body.ready;
    struct slot *slot = workers_slot(&dispatch->workers, rank, message->trainer);
    struct worker_entry *entry = &dispatch->workers.entries[rank];
    char host[MESSAGE_TEXT_MAX_BYTES + 1], text[512];
    if (!slot)
        return;
    message_text(message, host);
    (void)snprintf(entry->host, sizeof entry->host, "%.63s", host);
    if (ready->train_samples != options->train_samples ||
        ready->validation_samples != options->validation_samples) {
        (void)snprintf(text, sizeof text,
                       "%s (rank %d) is left out: its data set has %llu training and %llu "
                       "validation samples, not %llu and %llu as on rank 0",
                       entry->host, rank, (unsigned long long)ready->train_samples,
                       (unsigned long long)ready->validation_samples,
                       (unsigned long long)options->train_samples,
                       (unsigned long long)options->validation_samples);
        progress_message(options->progress, text);
        slot->state = SLOT_UNFIT;
        return;
    }
    set_free(dispatch, slot, SLOT_FREE);
    size_t trainers =
        workers_count(&dispatch->workers, SLOT_FREE) + workers_count(&dispatch->workers, SLOT_BUSY);
    if (trainers > dispatch->trainers)
        dispatch->trainers = trainers;
}

static void grant_credit(struct dispatch *dispatch, int rank)
{
    struct worker_entry *entry = &dispatch->workers.entries[rank];
    if (++entry->owed < CREDIT_BATCH)
        return;
    struct message credit;
    message_begin(&credit, MESSAGE_CREDIT);
    credit.value = entry->owed;
    entry->owed = 0;
    send(dispatch, rank, &credit);
}

/* The part of search.unit that `steps` of a trial are. */
static double in_units(const struct dispatch *dispatch, uint32_t trial, uint64_t steps)
{
    return (double)steps / (double)search_budget_steps(dispatch->options->search, trial, 1.0);
}

static void handle_report(struct dispatch *dispatch, int rank, const struct message *message)
{
    const struct message_report *report = &message->body.report;
    struct error error;
    grant_credit(dispatch, rank);
    if (!holder(dispatch, rank, message) || dispatch->outcome == DISPATCH_FAILED)
        return;
    struct trial_note *note = record_note(&dispatch->record, message->trial);
    if (note && report->step > note->seen_step)
        pace_add(&dispatch->pace,
                 in_units(dispatch, message->trial, report->step - note->seen_step));
    if (!record_report(&dispatch->record, message->trial, report, &error)) {
        fail(dispatch, &error);
        return;
    }
    double value = record_metric(&dispatch->record, report);
    if (isnan(value))
        return;
    const struct search_event event = {.kind = SEARCH_REPORT,
                                       .trial = message->trial,
                                       .attempt = message->attempt,
                                       .step = report->step,
                                       .value = value};
    struct search_update update;
    feed(dispatch, &event, rank, (int)message->trainer, "", &update);
}

static void lose(struct dispatch *dispatch, int rank, const struct message *message,
                 const char *reason)
{
    char text[MESSAGE_TEXT_MAX_BYTES + 128];
    const struct search_event event = {
        .kind = SEARCH_LOST, .trial = message->trial, .attempt = message->attempt, .value = NAN};
    struct search_update update;
    (void)snprintf(text, sizeof text, "trial %u, attempt %u on rank %d: %s", message->trial,
                   message->attempt, rank, reason);
    progress_message(dispatch->options->progress, text);
    feed(dispatch, &event, rank, (int)message->trainer, reason, &update);
}

static void handle_done(struct dispatch *dispatch, int rank, const struct message *message)
{
    struct slot *slot = holder(dispatch, rank, message);
    const struct message_done *done = &message->body.done;
    char text[MESSAGE_TEXT_MAX_BYTES + 1];
    if (!slot)
        return;
    message_text(message, text);
    set_free(dispatch, slot, SLOT_FREE);
    const struct trial_note *note = record_note(&dispatch->record, message->trial);
    struct search_event event = {.trial = message->trial,
                                 .attempt = message->attempt,
                                 .step = done->step,
                                 .value = NAN,
                                 .verdict = (enum verdict)done->verdict};
    struct search_update update;
    switch (done->status) {
    case DONE_OK:
        if (!note || note->seen_step != done->step || isnan(note->seen_value)) {
            lose(dispatch, rank, message,
                 "the trainer said ok without a validation at its last step");
            return;
        }
        event.kind = SEARCH_DONE;
        event.value = note->seen_value;
        break;
    case DONE_STOPPED:
        event.kind = SEARCH_PAUSED;
        break;
    case DONE_DIVERGED:
        event.kind = SEARCH_DIVERGED;
        if (event.verdict != VERDICT_COLLAPSED)
            event.verdict = VERDICT_DIVERGED;
        break;
    default:
        lose(dispatch, rank, message, text);
        return;
    }
    feed(dispatch, &event, rank, (int)message->trainer, text, &update);
}

static void handle_lost(struct dispatch *dispatch, int rank, const struct message *message)
{
    struct slot *slot = holder(dispatch, rank, message);
    char text[MESSAGE_TEXT_MAX_BYTES + 1];
    if (!slot)
        return;
    message_text(message, text);
    set_free(dispatch, slot, SLOT_STARTING);
    if (dispatch->phase == TESTING) {
        progress_message(dispatch->options->progress, text);
        dispatch->test_sent = false;
        return;
    }
    lose(dispatch, rank, message, text);
}

static void handle_unfit(struct dispatch *dispatch, int rank, const struct message *message)
{
    struct slot *slot = workers_slot(&dispatch->workers, rank, message->trainer);
    char reason[MESSAGE_TEXT_MAX_BYTES + 1], text[MESSAGE_TEXT_MAX_BYTES + 128];
    if (!slot)
        return;
    message_text(message, reason);
    slot->state = SLOT_UNFIT;
    (void)snprintf(text, sizeof text, "rank %d, trainer %u is given up: %s", rank, message->trainer,
                   reason);
    progress_message(dispatch->options->progress, text);
    size_t alive = workers_count(&dispatch->workers, SLOT_FREE) +
                   workers_count(&dispatch->workers, SLOT_BUSY) +
                   workers_count(&dispatch->workers, SLOT_STARTING);
    size_t known = 0;
    for (int i = 0; i < dispatch->workers.count; i++)
        known += dispatch->workers.entries[i].slot_count > 0;
    bool all_spoke =
        known + (dispatch->options->local_worker ? 0 : 1) == (size_t)dispatch->workers.count;
    if (alive == 0 && all_spoke) {
        struct error error;
        error_set(&error, "no trainer is left; the last was given up because: %s", reason);
        fail(dispatch, &error);
    }
}

static void handle_tested(struct dispatch *dispatch, int rank, const struct message *message)
{
    struct slot *slot = holder(dispatch, rank, message);
    const struct message_tested *tested = &message->body.tested;
    struct store *store = dispatch->options->store;
    struct error error;
    char text[64], reason[MESSAGE_TEXT_MAX_BYTES + 1];
    if (!slot)
        return;
    set_free(dispatch, slot, SLOT_FREE);
    message_text(message, reason);
    bool stored = true;
    if (!tested->ok) {
        progress_message(dispatch->options->progress, reason);
    } else if (isfinite(tested->loss)) {
        (void)snprintf(text, sizeof text, "%.17g", tested->loss);
        stored = store_set(store, "test_loss", text, &error);
        (void)snprintf(text, sizeof text, "%.17g", tested->accuracy);
        if (stored && isfinite(tested->accuracy))
            stored = store_set(store, "test_accuracy", text, &error);
    }
    dispatch->record.dirty = true;
    if (!stored) {
        fail(dispatch, &error);
        return;
    }
    dispatch->outcome = DISPATCH_FINISHED;
}

static void deliver(void *role, int peer, const struct message *message)
{
    struct dispatch *dispatch = role;
    switch (message->kind) {
    case MESSAGE_READY:
        handle_ready(dispatch, peer, message);
        break;
    case MESSAGE_REPORT:
        handle_report(dispatch, peer, message);
        break;
    case MESSAGE_DONE:
        handle_done(dispatch, peer, message);
        break;
    case MESSAGE_TESTED:
        handle_tested(dispatch, peer, message);
        break;
    case MESSAGE_LOST:
        handle_lost(dispatch, peer, message);
        break;
    case MESSAGE_UNFIT:
        handle_unfit(dispatch, peer, message);
        break;
    case MESSAGE_BYE:
        dispatch->workers.entries[peer].gone = true;
        break;
    default:
        break;
    }
}

/* --- what the coordinator does of itself --- */

static void begin_assignment(struct dispatch *dispatch, struct message *message,
                             enum message_kind kind, uint32_t trial, uint32_t attempt,
                             uint32_t slot)
{
    const struct space *space = search_space(dispatch->options->search);
    message_begin(message, kind);
    message->trial = trial;
    message->attempt = attempt;
    message->trainer = slot;
    memcpy(message->body.assignment.values, search_trial(dispatch->options->search, trial)->values,
           space->count * sizeof *message->body.assignment.values);
}

static void occupy(struct dispatch *dispatch, int rank, uint32_t number, uint32_t trial,
                   uint32_t attempt)
{
    struct slot *slot = workers_slot(&dispatch->workers, rank, number);
    *slot = (struct slot){SLOT_BUSY, trial, attempt, dispatch->now_s};
}

/* Gives free trainers work: first all decisions, then one commit, then the messages. */
static bool assign(struct dispatch *dispatch)
{
    enum { BATCH = 64 };
    struct {
        int rank;
        struct message message;
    } out[BATCH];
    size_t count = 0;
    int rank;
    uint32_t slot;
    while (count < BATCH && workers_free_slot(&dispatch->workers, &rank, &slot)) {
        const struct search_event event = {.kind = SEARCH_FREE, .value = NAN};
        struct search_update update;
        const struct search_action *train = NULL;
        if (!feed(dispatch, &event, rank, (int)slot, "", &update))
            return false;
        for (size_t i = 0; i < update.count; i++)
            if (update.actions[i].kind == SEARCH_TRAIN)
                train = &update.actions[i];
        if (!train)
            break;
        begin_assignment(dispatch, &out[count].message, MESSAGE_TRAIN, train->trial, train->attempt,
                         slot);
        out[count].message.body.assignment.from = train->from;
        out[count].message.body.assignment.to = train->to;
        out[count++].rank = rank;
        occupy(dispatch, rank, slot, train->trial, train->attempt);
    }
    if (count == 0)
        return false;
    commit(dispatch);
    if (dispatch->outcome == DISPATCH_FAILED)
        return false;
    for (size_t i = 0; i < count; i++)
        send(dispatch, out[i].rank, &out[i].message);
    return true;
}

/* The search is over: tests the recommended candidate, or leaves if there is none. */
static void conclude(struct dispatch *dispatch)
{
    if (!search_best(dispatch->options->search, &dispatch->tested)) {
        dispatch->outcome = DISPATCH_NO_SURVIVOR;
        commit(dispatch);
        say_quit(dispatch);
        return;
    }
    commit(dispatch);
    enter(dispatch, TESTING);
}

static bool test(struct dispatch *dispatch)
{
    struct message message;
    int rank;
    uint32_t slot;
    if (dispatch->outcome == DISPATCH_FINISHED) {
        commit(dispatch);
        for (uint32_t i = 0; i < search_trial_count(dispatch->options->search); i++)
            if (search_trial(dispatch->options->search, i)->state == TRIAL_COMPLETE)
                release_checkpoint(dispatch, i);
        if (dispatch->phase == TESTING)
            say_quit(dispatch);
        return true;
    }
    if (dispatch->test_sent || !workers_free_slot(&dispatch->workers, &rank, &slot))
        return false;
    const struct search_trial *trial = search_trial(dispatch->options->search, dispatch->tested);
    begin_assignment(dispatch, &message, MESSAGE_TEST, dispatch->tested, trial->attempts + 1, slot);
    message.body.assignment.from = trial->step;
    occupy(dispatch, rank, slot, dispatch->tested, trial->attempts + 1);
    dispatch->test_sent = true;
    send(dispatch, rank, &message);
    return true;
}

/* Told to end: every trainer leaves a checkpoint at its next step. */
static void begin_stop(struct dispatch *dispatch)
{
    progress_message(dispatch->options->progress, "interrupted: saving what runs");
    for (int rank = 0; rank < dispatch->workers.count; rank++) {
        for (uint32_t i = 0; i < dispatch->workers.entries[rank].slot_count; i++) {
            const struct slot *slot = &dispatch->workers.entries[rank].slots[i];
            struct message message;
            if (slot->state != SLOT_BUSY)
                continue;
            message_begin(&message, MESSAGE_STOP);
            message.trial = slot->trial;
            message.attempt = slot->attempt;
            message.trainer = i;
            send(dispatch, rank, &message);
        }
    }
    enter(dispatch, STOPPING);
}

static void finish_stop(struct dispatch *dispatch)
{
    if (workers_count(&dispatch->workers, SLOT_BUSY) > 0 &&
        dispatch->now_s - dispatch->phase_s < STOP_PATIENCE_S)
        return;
    dispatch->outcome = DISPATCH_INTERRUPTED;
    commit(dispatch);
    if (dispatch->phase == STOPPING)
        say_quit(dispatch);
}

static void leave(struct dispatch *dispatch)
{
    size_t here = 0;
    for (int rank = 0; rank < dispatch->workers.count; rank++)
        here += !dispatch->workers.entries[rank].gone;
    if (here == 0 || dispatch->now_s - dispatch->phase_s > BYE_PATIENCE_S)
        enter(dispatch, LEFT);
}

static enum role_state turn(void *role, double now_s, bool signalled)
{
    struct dispatch *dispatch = role;
    bool busy = false;
    dispatch->now_s = now_s;
    if (!dispatch->started) {
        pace_start(&dispatch->pace, now_s);
        dispatch->started = true;
    }
    if (signalled && dispatch->phase < STOPPING)
        begin_stop(dispatch);
    if (dispatch->phase == SEARCHING) {
        busy = assign(dispatch);
        if (dispatch->phase == SEARCHING && search_finished(dispatch->options->search))
            conclude(dispatch);
    }
    if (dispatch->phase == TESTING)
        busy = test(dispatch);
    if (dispatch->phase == STOPPING)
        finish_stop(dispatch);
    if (dispatch->phase == LEAVING)
        leave(dispatch);
    if (dispatch->record.dirty && now_s - dispatch->commit_s >= COMMIT_EVERY_S)
        commit(dispatch);
    if (dispatch->phase < LEAVING)
        draw(dispatch, false);
    if (dispatch->phase == LEFT)
        return ROLE_ENDED;
    return busy ? ROLE_BUSY : ROLE_IDLE;
}

static size_t descriptors(void *role, struct pollfd *list, size_t room)
{
    (void)role;
    (void)list;
    (void)room;
    return 0;
}

static double wake(void *role)
{
    const struct dispatch *dispatch = role;
    return dispatch->now_s + DRAW_EVERY_S;
}

const struct role_class dispatch_role = {"coordinator", descriptors, deliver, turn, wake};

struct dispatch *dispatch_create(const struct dispatch_options *options, struct error *error)
{
    struct dispatch *dispatch = calloc(1, sizeof *dispatch);
    if (!dispatch || !workers_create(&dispatch->workers, link_size(options->link))) {
        free(dispatch);
        error_set(error, "out of memory");
        return NULL;
    }
    dispatch->options = options;
    dispatch->workers.entries[0].gone = !options->local_worker;
    if (!record_create(&dispatch->record, options->search, options->store, options->document,
                       error) ||
        (options->resume && !record_replay(&dispatch->record, error)) ||
        !record_commit(&dispatch->record, error)) {
        dispatch_destroy(dispatch);
        return NULL;
    }
    return dispatch;
}

void dispatch_destroy(struct dispatch *dispatch)
{
    if (!dispatch)
        return;
    record_destroy(&dispatch->record);
    workers_destroy(&dispatch->workers);
    free(dispatch);
}

enum dispatch_outcome dispatch_outcome(const struct dispatch *dispatch)
{
    return dispatch->outcome;
}

const struct error *dispatch_error(const struct dispatch *dispatch)
{
    return &dispatch->error;
}

double dispatch_busy_s(const struct dispatch *dispatch)
{
    return dispatch->busy_s;
}

size_t dispatch_trainers(const struct dispatch *dispatch)
{
    return dispatch->trainers;
}
