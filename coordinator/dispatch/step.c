/* step.c - one step of the search: its event is written, what follows from it is carried out, and
 * when. */
#include "coordinator/dispatch/state.h"
#include "coordinator/study/checkpoints.h"

#include <stdio.h>
#include <stdlib.h>

/* What is needed no more is removed when the event that says so is durable: till then a resume
 * would look for it. */
static void release_later(struct dispatch *dispatch, const struct search_action *action)
{
    struct releases *releases = &dispatch->releases;
    if (releases->count == releases->room) {
        size_t room = releases->room ? 2 * releases->room : 64;
        struct release *list = realloc(releases->list, room * sizeof *list);
        if (!list)
            return; /* the file stays until the end of the run */
        releases->list = list;
        releases->room = room;
    }
    releases->list[releases->count++] = (struct release){action->trial, action->attempt};
}

static void release_all(struct dispatch *dispatch)
{
    struct releases *releases = &dispatch->releases;
    for (size_t i = 0; i < releases->count; i++)
        checkpoints_remove(dispatch->options->dir, releases->list[i].trial,
                           releases->list[i].attempt);
    releases->count = 0;
}

/* What was trained again for want of checkpoints. */
static bool note_again(struct dispatch *dispatch, struct error *error)
{
    const struct search *search = dispatch->options->search;
    char steps[32], epochs[32];
    if (search_steps_again(search) == 0)
        return true;
    (void)snprintf(steps, sizeof steps, "%llu", (unsigned long long)search_steps_again(search));
    (void)snprintf(epochs, sizeof epochs, "%.17g", search_epochs_again(search));
    return record_set(&dispatch->record, "steps_again", steps, error) &&
           record_set(&dispatch->record, "epochs_again", epochs, error);
}

/* What the study took so far, for the run that goes on if this one is killed. */
static bool note_effort(struct dispatch *dispatch, struct error *error)
{
    const struct dispatch_options *options = dispatch->options;
    char wall[32], train[32];
    if (!dispatch->started || !dispatch->record.dirty)
        return true;
    (void)snprintf(wall, sizeof wall, "%.17g",
                   options->earlier_s + dispatch->now_s - dispatch->begun_s);
    (void)snprintf(train, sizeof train, "%.17g", options->earlier_train_s + dispatch->busy_s);
    return record_set(&dispatch->record, "wall_s", wall, error) &&
           record_set(&dispatch->record, "train_s", train, error) && note_again(dispatch, error);
}

void dispatch_commit(struct dispatch *dispatch)
{
    struct error error;
    dispatch->commit_s = dispatch->now_s;
    if (note_effort(dispatch, &error) && record_commit(&dispatch->record, &error))
        release_all(dispatch);
    else
        dispatch_fail(dispatch, &error);
}

static void stop_slot(struct dispatch *dispatch, int rank, uint32_t number)
{
    struct slot *slot = workers_slot(&dispatch->workers, rank, number);
    struct message message;
    slot->told = true;
    message_begin(&message, MESSAGE_STOP);
    message.trial = slot->trial;
    message.attempt = slot->attempt;
    message.trainer = number;
    dispatch_send(dispatch, rank, &message);
}

void dispatch_stop(struct dispatch *dispatch, bool all, uint32_t trial)
{
    for (int rank = 0; rank < dispatch->workers.count; rank++) {
        const struct worker_entry *entry = &dispatch->workers.entries[rank];
        for (uint32_t i = 0; i < entry->slot_count; i++)
            if (entry->slots[i].state == SLOT_BUSY && (all || entry->slots[i].trial == trial))
                stop_slot(dispatch, rank, i);
    }
}

/* A branch is made before the event that tells of it is durable: a link that nobody knows of does
 * no harm, a trial without its checkpoint would. If it cannot be made the event is given up, and
 * comes again when the study is gone on with. All else follows the commit. */
static bool make_branches(struct dispatch *dispatch, const struct search_update *update)
{
    struct error error;
    for (size_t i = 0; i < update->count; i++) {
        uint32_t trial = update->actions[i].trial;
        if (update->actions[i].kind != SEARCH_BRANCH)
            continue;
        uint32_t parent = search_trial(dispatch->options->search, trial)->parent;
        uint32_t kept = search_trial(dispatch->options->search, parent)->kept;
        if (!checkpoints_branch(dispatch->options->dir, parent, kept, trial, &error)) {
            record_discard(&dispatch->record);
            dispatch_fail(dispatch, &error);
            return false;
        }
    }
    return true;
}

static void carry_out(struct dispatch *dispatch, const struct search_update *update)
{
    bool stops = false;
    for (size_t i = 0; i < update->count; i++) {
        stops = stops || update->actions[i].kind == SEARCH_STOP;
        if (update->actions[i].kind == SEARCH_RELEASE)
            release_later(dispatch, &update->actions[i]);
    }
    if (!stops)
        return;
    dispatch_commit(dispatch);
    for (size_t i = 0; dispatch->outcome != DISPATCH_FAILED && i < update->count; i++)
        if (update->actions[i].kind == SEARCH_STOP)
            dispatch_stop(dispatch, false, update->actions[i].trial);
}

bool dispatch_feed(struct dispatch *dispatch, const struct search_event *event, int rank,
                   int trainer, const char *text, struct search_update *update)
{
    struct error error;
    bool accepted = false;
    if (dispatch->outcome == DISPATCH_FAILED)
        return false;
    if (!record_step(&dispatch->record, event, rank, trainer, text, update, &accepted, &error)) {
        dispatch_fail(dispatch, &error);
        return false;
    }
    if (!accepted || !make_branches(dispatch, update))
        return false;
    carry_out(dispatch, update);
    return true;
}
