/* dispatch.c - the coordinator's loop body: messages in, events, commit, messages out. */
#include "coordinator/dispatch/dispatch.h"

#include "common/study_document.h"
#include "coordinator/dispatch/losses.h"
#include "coordinator/dispatch/state.h"
#include "coordinator/study/checkpoints.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COMMIT_EVERY_S  0.5 /* reports wait so long at most to become durable */
#define STOP_PATIENCE_S 3.0 /* at least, for trainers to leave a checkpoint when told to end */
#define BYE_PATIENCE_S  1.5 /* for workers to end their trainers */
#define DRAW_EVERY_S    0.1

void dispatch_enter(struct dispatch *dispatch, enum dispatch_phase phase)
{
    dispatch->phase = phase;
    dispatch->phase_s = dispatch->now_s;
}

void dispatch_send(struct dispatch *dispatch, int rank, const struct message *message)
{
    struct error error;
    struct worker_entry *entry = &dispatch->workers.entries[rank];
    if (dispatch->leases.entries[rank].state != LEASE_HELD)
        return;
    entry->told_s = dispatch->now_s;
    if (outbox_post(&entry->outbox, dispatch->options->link, rank, true, message))
        return;
    error_set(&error, "out of memory");
    dispatch_fail(dispatch, &error);
}

void dispatch_vacate(struct dispatch *dispatch, struct slot *slot, enum slot_state state)
{
    if (slot->state == SLOT_BUSY)
        dispatch->busy_s += dispatch->now_s - slot->since_s;
    slot->state = state;
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

void dispatch_send_quit(struct dispatch *dispatch, int rank)
{
    struct message quit;
    message_begin(&quit, MESSAGE_QUIT);
    for (int i = 0; i < dispatch->leases.count; i++)
        if (dispatch->leases.entries[i].state == LEASE_LOST)
            quit.value = (uint32_t)i + 1;
    dispatch_send(dispatch, rank, &quit);
}

void dispatch_quit(struct dispatch *dispatch)
{
    /* First of all: a message that finds no memory fails the run, which quits. */
    dispatch_enter(dispatch, LEAVING);
    draw(dispatch, true);
    for (int rank = 0; rank < dispatch->workers.count; rank++)
        dispatch_send_quit(dispatch, rank);
}

void dispatch_fail(struct dispatch *dispatch, const struct error *error)
{
    if (dispatch->outcome == DISPATCH_FAILED)
        return;
    dispatch->error = *error;
    dispatch->outcome = DISPATCH_FAILED;
    if (dispatch->phase < LEAVING)
        dispatch_quit(dispatch);
}

void dispatch_assignment(const struct dispatch *dispatch, struct message *message,
                         enum message_kind kind, uint32_t trial, uint32_t attempt, uint32_t slot)
{
    const struct space *space = search_space(dispatch->options->search);
    const struct search_trial *held = search_trial(dispatch->options->search, trial);
    message_begin(message, kind);
    message->trial = trial;
    message->attempt = attempt;
    message->trainer = slot;
    message->body.assignment.seed = held->seed;
    message->body.assignment.kept = held->kept;
    message->body.assignment.begun = held->begun;
    memcpy(message->body.assignment.values, held->values,
           space->count * sizeof *message->body.assignment.values);
}

void dispatch_occupy(struct dispatch *dispatch, int rank, uint32_t number, uint32_t trial,
                     uint32_t attempt)
{
    struct slot *slot = workers_slot(&dispatch->workers, rank, number);
    *slot = (struct slot){
        .state = SLOT_BUSY, .trial = trial, .attempt = attempt, .since_s = dispatch->now_s};
}

/* Whether a trial may still be begun. One that is stopped leaves a checkpoint at its next step. */
static bool time_suffices(const struct dispatch *dispatch)
{
    return deadline_allows(&dispatch->deadline, dispatch->trainers, dispatch->now_s, 1);
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
    size_t known_trainers =
        workers_count(&dispatch->workers, SLOT_FREE) + workers_count(&dispatch->workers, SLOT_BUSY);
    int rank;
    uint32_t slot;
    if (!time_suffices(dispatch))
        return false;
    while (count < BATCH && workers_free_slot(&dispatch->workers, &rank, &slot)) {
        const struct search_event event = {.kind = SEARCH_FREE, .value = (double)known_trainers};
        struct search_update update;
        const struct search_action *train = NULL;
        if (!dispatch_feed(dispatch, &event, rank, (int)slot, "", &update))
            return false;
        for (size_t i = 0; i < update.count; i++)
            if (update.actions[i].kind == SEARCH_TRAIN)
                train = &update.actions[i];
        if (!train)
            break;
        dispatch_assignment(dispatch, &out[count].message, MESSAGE_TRAIN, train->trial,
                            train->attempt, slot);
        out[count].message.body.assignment.from = train->from;
        out[count].message.body.assignment.to = train->to;
        out[count].message.body.assignment.pause = train->pause;
        out[count++].rank = rank;
        dispatch_occupy(dispatch, rank, slot, train->trial, train->attempt);
    }
    if (count == 0)
        return false;
    dispatch_commit(dispatch);
    if (dispatch->outcome == DISPATCH_FAILED)
        return false;
    for (size_t i = 0; i < count; i++)
        dispatch_send(dispatch, out[i].rank, &out[i].message);
    return true;
}

/* Every trainer leaves a checkpoint at its next step. */
static void begin_stop(struct dispatch *dispatch, const char *why, double patience_s)
{
    struct error error;
    progress_message(dispatch->options->progress, why);
    dispatch_stop(dispatch, true, 0);
    dispatch_enter(dispatch, STOPPING);
    dispatch->patience_s = patience_s;
    /* At once: a launcher that told the ranks to end kills them a second later. */
    if (!record_set(&dispatch->record, "status", "interrupted", &error))
        dispatch_fail(dispatch, &error);
    dispatch_commit(dispatch);
}

static void finish_stop(struct dispatch *dispatch)
{
    if (workers_count(&dispatch->workers, SLOT_BUSY) > 0 && dispatch->now_s < dispatch->patience_s)
        return;
    dispatch->outcome = DISPATCH_INTERRUPTED;
    dispatch_commit(dispatch);
    if (dispatch->phase == STOPPING)
        dispatch_quit(dispatch);
}

/* Told to end, or there is no time left for anything. */
static void notice_end(struct dispatch *dispatch, bool signalled)
{
    const struct deadline *deadline = &dispatch->deadline;
    double saving_s = deadline_saving_s(deadline, dispatch->trainers);
    bool idle = workers_count(&dispatch->workers, SLOT_BUSY) == 0;
    if (signalled)
        begin_stop(dispatch, "interrupted: saving what runs",
                   dispatch->now_s + fmax(STOP_PATIENCE_S, 2 * saving_s));
    else if (dispatch->now_s >= deadline_stop_s(deadline, dispatch->trainers) ||
             (dispatch->phase == SEARCHING && idle && !time_suffices(dispatch)))
        begin_stop(dispatch, "the deadline is near: saving what runs",
                   deadline_patience_s(deadline));
}

static void leave(struct dispatch *dispatch)
{
    if (leases_in_state(&dispatch->leases, LEASE_HELD) == 0 ||
        dispatch->now_s - dispatch->phase_s > BYE_PATIENCE_S)
        dispatch_enter(dispatch, LEFT);
}

/* search.wall_time: what runs is taken back; the finalists still follow. */
static void time_over(struct dispatch *dispatch)
{
    const struct search_event event = {.kind = SEARCH_TIME_OVER, .value = NAN};
    struct search_update update;
    dispatch->timed_out = true;
    dispatch_feed(dispatch, &event, -1, -1, "", &update);
}

static enum role_state turn(void *role, double now_s, bool signalled)
{
    struct dispatch *dispatch = role;
    bool busy = false;
    dispatch->now_s = now_s;
    if (!dispatch->started) {
        pace_start(&dispatch->pace, now_s);
        deadline_begin(&dispatch->deadline, now_s, dispatch->options->deadline_s);
        dispatch->begun_s = now_s;
        dispatch->started = true;
    }
    liveness_turn(dispatch);
    if (dispatch->phase < STOPPING)
        notice_end(dispatch, signalled);
    if (dispatch->phase == SEARCHING && !dispatch->timed_out &&
        now_s - dispatch->begun_s + dispatch->options->earlier_s >= dispatch->wall_time_s)
        time_over(dispatch);
    if (dispatch->phase == SEARCHING) {
        busy = assign(dispatch);
        if (dispatch->phase == SEARCHING && search_finished(dispatch->options->search))
            testing_begin(dispatch);
    }
    if (dispatch->phase == TESTING)
        busy = testing_turn(dispatch);
    if (dispatch->phase < LEAVING)
        busy = transfers_turn(dispatch) || busy;
    if (dispatch->phase == STOPPING)
        finish_stop(dispatch);
    if (dispatch->phase == LEAVING)
        leave(dispatch);
    if (dispatch->record.dirty &&
        (dispatch->phase == STOPPING || now_s - dispatch->commit_s >= COMMIT_EVERY_S))
        dispatch_commit(dispatch);
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

static void deliver(void *role, int peer, const struct message *message)
{
    arrivals_deliver(role, peer, message);
}

/* What a killed run was about to remove is not. */
static bool needed(void *context, uint32_t number, uint32_t attempt)
{
    const struct search *search = context;
    uint32_t best;
    if (number >= search_trial_count(search))
        return false;
    const struct search_trial *trial = search_trial(search, number);
    if (trial->step == 0 || trial->kept != attempt || trial->dropped)
        return false;
    return trial->state <= TRIAL_COMPLETE || (search_best(search, &best) && best == number);
}

/* Goes on with a study: what an earlier run recorded, and what it left behind. */
static bool take_up(struct dispatch *dispatch, struct error *error)
{
    return record_replay(&dispatch->record, error) &&
           checkpoints_clean(dispatch->options->dir, needed, dispatch->options->search, error);
}

const struct role_class dispatch_role = {"coordinator", descriptors, deliver, turn, wake};

struct dispatch *dispatch_create(const struct dispatch_options *options, struct error *error)
{
    struct dispatch *dispatch = calloc(1, sizeof *dispatch);
    double timeout_s = study_number(options->document, "run", "heartbeat_timeout");
    if (!dispatch || !workers_create(&dispatch->workers, link_size(options->link)) ||
        !leases_create(&dispatch->leases, link_size(options->link), timeout_s)) {
        if (dispatch)
            workers_destroy(&dispatch->workers);
        free(dispatch);
        error_set(error, "out of memory");
        return NULL;
    }
    const json_t *wall_time =
        json_object_get(json_object_get(options->document, "search"), "wall_time");
    dispatch->options = options;
    dispatch->wall_time_s = wall_time ? json_number_value(wall_time) : (double)INFINITY;
    if (!options->local_worker)
        leases_end(&dispatch->leases, 0);
    record_create(&dispatch->record, options->search, options->store, options->document);
    if (!losses_take_up(&dispatch->record, options->earlier_losses, error) ||
        (options->resume && !take_up(dispatch, error)) ||
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
    free(dispatch->testing.trials);
    free(dispatch->releases.list);
    record_destroy(&dispatch->record);
    workers_destroy(&dispatch->workers);
    leases_destroy(&dispatch->leases);
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
