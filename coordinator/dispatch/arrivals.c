/* arrivals.c - what workers say, and what it means to the search. */
#include "coordinator/dispatch/state.h"

#include <math.h>
#include <stdio.h>

#define CREDIT_BATCH 64 /* reports taken in before a worker is granted as many again */

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
        error_set(&dispatch->unfit, "%s", text);
        slot->state = SLOT_UNFIT;
        return;
    }
    /* BUSY: the trainer broke while it had nothing to do, was started again and said so, and what
     * it was sent meanwhile crosses that. A worker whose trainer is not there when the assignment
     * comes says that it is lost, before it says that the trainer is there again. */
    if (slot->state != SLOT_BUSY)
        slot->state = SLOT_FREE;
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
    dispatch_send(dispatch, rank, &credit);
}

/* The part of search.unit that `steps` of a trial are. */
static double in_units(const struct dispatch *dispatch, uint32_t trial, uint64_t steps)
{
    return (double)steps / (double)search_budget_steps(dispatch->options->search, trial, 1.0);
}

/* How long steps, validations and checkpoints take. */
static void learn(struct dispatch *dispatch, struct slot *slot, const struct trial_note *note,
                  const struct message_report *report)
{
    bool first = slot->said_s == 0;
    double passed_s = dispatch->now_s - (first ? slot->since_s : slot->said_s);
    double steps = (double)report->step - (double)note->seen_step;
    /* A trial that was lost begins again before its newest report, and a trainer may tell anything:
     * it did not train for longer than it has had the trial. */
    double told_s = isfinite(report->seconds) ? report->seconds - note->seconds : passed_s;
    double trained_s = fmin(fmax(told_s, 0), dispatch->now_s - slot->since_s);
    slot->said_s = dispatch->now_s;
    if (isnan(told_s))
        return; /* how much of that it was trained in this run is not known */
    deadline_learn_steps(&dispatch->deadline, steps, trained_s);
    if (first)
        deadline_learn_begin(&dispatch->deadline, passed_s - trained_s);
    else if (report->validated)
        deadline_learn_validation(&dispatch->deadline, passed_s - trained_s);
}

static void handle_report(struct dispatch *dispatch, int rank, const struct message *message)
{
    const struct message_report *report = &message->body.report;
    struct error error;
    struct slot *slot = workers_holder(&dispatch->workers, rank, message);
    grant_credit(dispatch, rank);
    if (!slot || dispatch->outcome == DISPATCH_FAILED)
        return;
    struct trial_note *note = record_note(&dispatch->record, message->trial);
    if (note)
        learn(dispatch, slot, note, report);
    if (note && report->step > note->seen_step)
        pace_add(&dispatch->pace,
                 in_units(dispatch, message->trial, report->step - note->seen_step));
    if (!record_report(&dispatch->record, message->trial, report, &error)) {
        dispatch_fail(dispatch, &error);
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
    dispatch_feed(dispatch, &event, rank, (int)message->trainer, "", &update);
}

/* The attempt that this message speaks of is lost; its trainer is in `state`. */
static void lose(struct dispatch *dispatch, int rank, const struct message *message,
                 enum slot_state state, const char *reason)
{
    char text[MESSAGE_TEXT_MAX_BYTES + 128];
    (void)snprintf(text, sizeof text, "trial %u, attempt %u on rank %d: %s", message->trial,
                   message->attempt, rank, reason);
    progress_message(dispatch->options->progress, text);
    dispatch_take_back(dispatch, rank, message->trainer, state, reason);
}

/* Whether the trial of this slot was to be given back, at once or at this step. */
static bool stop_was_asked(const struct dispatch *dispatch, const struct slot *slot, uint64_t step)
{
    const struct search_trial *trial = search_trial(dispatch->options->search, slot->trial);
    return slot->told || (trial->pause > 0 && trial->pause == step);
}

static void handle_done(struct dispatch *dispatch, int rank, const struct message *message)
{
    struct slot *slot = workers_holder(&dispatch->workers, rank, message);
    const struct message_done *done = &message->body.done;
    char text[MESSAGE_TEXT_MAX_BYTES + 1];
    if (!slot)
        return;
    message_text(message, text);
    if (done->status == DONE_OK && slot->said_s > 0)
        deadline_learn_save(&dispatch->deadline, dispatch->now_s - slot->said_s);
    dispatch_vacate(dispatch, slot, SLOT_FREE);
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
            lose(dispatch, rank, message, SLOT_FREE,
                 "the trainer said ok without a validation at its last step");
            return;
        }
        event.kind = SEARCH_DONE;
        event.value = note->seen_value;
        break;
    case DONE_STOPPED:
        /* It would be sent there again and again. */
        if (!stop_was_asked(dispatch, slot, done->step)) {
            lose(dispatch, rank, message, SLOT_FREE, "the trainer stopped without being told to");
            return;
        }
        event.kind = SEARCH_PAUSED;
        break;
    case DONE_DIVERGED:
        event.kind = SEARCH_DIVERGED;
        if (event.verdict != VERDICT_COLLAPSED)
            event.verdict = VERDICT_DIVERGED;
        break;
    default:
        lose(dispatch, rank, message, SLOT_FREE, text);
        return;
    }
    if (dispatch_feed(dispatch, &event, rank, (int)message->trainer, text, &update) ||
        dispatch->outcome == DISPATCH_FAILED)
        return;
    (void)snprintf(text, sizeof text, "the trainer ended at step %llu, which it was not sent to",
                   (unsigned long long)done->step);
    lose(dispatch, rank, message, SLOT_FREE, text);
}

static void handle_lost(struct dispatch *dispatch, int rank, const struct message *message)
{
    struct slot *slot = workers_holder(&dispatch->workers, rank, message);
    char text[MESSAGE_TEXT_MAX_BYTES + 1];
    if (!slot)
        return;
    message_text(message, text);
    lose(dispatch, rank, message, SLOT_STARTING, text);
}

static void handle_unfit(struct dispatch *dispatch, int rank, const struct message *message)
{
    struct slot *slot = workers_slot(&dispatch->workers, rank, message->trainer);
    char reason[MESSAGE_TEXT_MAX_BYTES + 1], text[MESSAGE_TEXT_MAX_BYTES + 128];
    if (!slot)
        return;
    message_text(message, reason);
    /* What it was sent when it had nothing to do crosses this. */
    if (slot->state == SLOT_BUSY)
        dispatch_take_back(dispatch, rank, message->trainer, SLOT_UNFIT, reason);
    slot->state = SLOT_UNFIT;
    (void)snprintf(text, sizeof text, "rank %d, trainer %u is given up: %s", rank, message->trainer,
                   reason);
    progress_message(dispatch->options->progress, text);
    error_set(&dispatch->unfit, "%s", reason);
}

static void handle_tested(struct dispatch *dispatch, int rank, const struct message *message)
{
    struct slot *slot = workers_holder(&dispatch->workers, rank, message);
    char reason[MESSAGE_TEXT_MAX_BYTES + 1];
    if (!slot)
        return;
    dispatch_vacate(dispatch, slot, SLOT_FREE);
    message_text(message, reason);
    testing_took(dispatch, &message->body.tested, reason);
}

void arrivals_deliver(struct dispatch *dispatch, int peer, const struct message *message)
{
    if (!liveness_hear(dispatch, peer, message))
        return;
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
    case MESSAGE_FETCH:
        transfers_fetch(dispatch, peer, message);
        break;
    case MESSAGE_CHUNK:
        transfers_take(dispatch, peer, message);
        break;
    case MESSAGE_TAKEN:
        transfers_hear(dispatch, peer, message);
        break;
    case MESSAGE_BYE:
        leases_end(&dispatch->leases, peer);
        break;
    default:
        break;
    }
}
