/* liveness.c - what is lost, and who: attempts, workers, and workers that come back. */
#include "common/study_document.h"
#include "coordinator/dispatch/losses.h"
#include "coordinator/dispatch/state.h"

#include <math.h>
#include <stdio.h>

/* The search counts a trial's losses against the retries that the study was begun with, as it will
 * in every replay. Where this run allows more, the loss that would end the trial is told as a pause
 * at the step that was kept: the same to the search, but for the count. */
void dispatch_lose(struct dispatch *dispatch, int rank, uint32_t slot, uint32_t number,
                   uint32_t attempt, const char *reason)
{
    const struct search_trial *trial = search_trial(dispatch->options->search, number);
    const struct trial_note *note = record_note(&dispatch->record, number);
    bool fatal = (long long)trial->losses >= dispatch->options->search_retries;
    bool pardoned = fatal && note &&
                    note->losses < study_integer(dispatch->options->document, "run", "retries");
    const struct search_event event = {.kind = pardoned ? SEARCH_PAUSED : SEARCH_LOST,
                                       .trial = number,
                                       .attempt = attempt,
                                       .step = pardoned ? trial->step : 0,
                                       .value = NAN};
    struct search_update update;
    dispatch_feed(dispatch, &event, rank, (int)slot, reason, &update);
}

void dispatch_take_back(struct dispatch *dispatch, int rank, uint32_t number, enum slot_state state,
                        const char *reason)
{
    struct slot *slot = &dispatch->workers.entries[rank].slots[number];
    dispatch_vacate(dispatch, slot, state);
    if (dispatch->phase == TESTING)
        testing_lost(dispatch);
    else
        dispatch_lose(dispatch, rank, number, slot->trial, slot->attempt, reason);
}

static const char *host_of(const struct dispatch *dispatch, int rank)
{
    const char *host = dispatch->workers.entries[rank].host;
    return host[0] ? host : "an unknown host";
}

static void lose(struct dispatch *dispatch, int rank, double silent_s)
{
    struct worker_entry *entry = &dispatch->workers.entries[rank];
    char reason[256], text[512];
    struct loss loss = {.rank = rank, .host = host_of(dispatch, rank)};
    struct error error;
    for (size_t i = 0; i < entry->slot_count; i++) {
        enum slot_state state = entry->slots[i].state;
        loss.attempts += state == SLOT_BUSY;
        loss.trainers += state == SLOT_BUSY || state == SLOT_FREE || state == SLOT_STARTING;
    }
    (void)snprintf(reason, sizeof reason,
                   "rank %d on %s said nothing for %.1f s (run.heartbeat_timeout) and is lost",
                   rank, loss.host, silent_s);
    (void)snprintf(text, sizeof text, "%s: %zu of its trials go to others", reason, loss.attempts);
    link_mark_lost(dispatch->options->link, rank, true);
    outbox_clear(&entry->outbox);
    transfers_drop(entry);
    entry->owed = 0;
    progress_message(dispatch->options->progress, text);
    if (dispatch->outcome != DISPATCH_FAILED && !losses_add(&dispatch->record, &loss, text, &error))
        dispatch_fail(dispatch, &error);
    for (uint32_t i = 0; i < entry->slot_count; i++)
        if (entry->slots[i].state == SLOT_BUSY)
            dispatch_take_back(dispatch, rank, i, SLOT_UNKNOWN, reason);
        else if (entry->slots[i].state != SLOT_UNFIT)
            entry->slots[i].state = SLOT_UNKNOWN;
}

/* It may hold attempts that are others' by now. */
static void welcome_back(struct dispatch *dispatch, int rank)
{
    struct message forget;
    struct error error;
    char text[256];
    (void)snprintf(text, sizeof text, "rank %d on %s is back; what it did meanwhile does not count",
                   rank, host_of(dispatch, rank));
    link_mark_lost(dispatch->options->link, rank, false);
    progress_message(dispatch->options->progress, text);
    if (dispatch->outcome != DISPATCH_FAILED &&
        !losses_return(&dispatch->record, rank, text, &error))
        dispatch_fail(dispatch, &error);
    message_begin(&forget, MESSAGE_FORGET);
    forget.value = dispatch->leases.entries[rank].number;
    dispatch_send(dispatch, rank, &forget);
    if (dispatch->phase >= LEAVING)
        dispatch_send_quit(dispatch, rank);
}

bool liveness_hear(struct dispatch *dispatch, int rank, const struct message *message)
{
    enum lease_word word = leases_hear(&dispatch->leases, rank, message->value);
    if (word == LEASE_RETURNED)
        welcome_back(dispatch, rank);
    return word == LEASE_TAKE;
}

/* Every worker hears that rank 0 lives, unless what it was told before still waits. */
static void beat(struct dispatch *dispatch)
{
    struct message alive;
    message_begin(&alive, MESSAGE_ALIVE);
    for (int rank = 0; rank < dispatch->workers.count; rank++) {
        struct worker_entry *entry = &dispatch->workers.entries[rank];
        outbox_flush(&entry->outbox, dispatch->options->link, rank, true);
        if (rank > 0 && entry->outbox.count == 0 &&
            dispatch->now_s - entry->told_s >= dispatch->leases.every_s)
            dispatch_send(dispatch, rank, &alive);
    }
}

/* A worker that holds its lease and has a trainer, or has not told of any yet. */
static bool somebody_works(const struct dispatch *dispatch)
{
    for (int rank = 0; rank < dispatch->workers.count; rank++) {
        const struct worker_entry *entry = &dispatch->workers.entries[rank];
        if (dispatch->leases.entries[rank].state != LEASE_HELD)
            continue;
        size_t unfit = 0;
        for (size_t i = 0; i < entry->slot_count; i++)
            unfit += entry->slots[i].state == SLOT_UNFIT;
        if (entry->slot_count == 0 || unfit < entry->slot_count)
            return true;
    }
    return false;
}

/* With nobody left the search waits once more for those that were lost, then fails. */
static void notice_desertion(struct dispatch *dispatch)
{
    const struct leases *leases = &dispatch->leases;
    int lost = leases_in_state(leases, LEASE_LOST);
    struct error error;
    if (dispatch->phase >= STOPPING || somebody_works(dispatch)) {
        dispatch->alive_s = leases->attention.now_s;
        return;
    }
    if (lost == 0)
        error_set(&error, "no trainer is left; the last was given up because: %s",
                  dispatch->unfit.text);
    else if (leases->attention.now_s - dispatch->alive_s >= leases->timeout_s)
        error_set(&error,
                  "no worker is left: %d said nothing for %g s (run.heartbeat_timeout); --resume "
                  "goes on",
                  lost, leases->timeout_s);
    else
        return;
    dispatch_fail(dispatch, &error);
}

void liveness_turn(struct dispatch *dispatch)
{
    double silent_s;
    int rank;
    leases_turn(&dispatch->leases, dispatch->now_s);
    while ((rank = leases_expire(&dispatch->leases, &silent_s)) >= 0)
        lose(dispatch, rank, silent_s);
    notice_desertion(dispatch);
    beat(dispatch);
}
