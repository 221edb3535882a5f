/* transfers.c - checkpoints to and from workers that do not see DIR (parcel.h). What they leave is
 * in DIR/checkpoints before they tell of it; to the rest of the dispatcher they are like others. */
#include "common/layout.h"
#include "coordinator/dispatch/state.h"

#include <limits.h>
#include <stdio.h>

static bool checkpoint_path(const struct dispatch *dispatch, uint32_t trial, uint32_t attempt,
                            char *path)
{
    int length =
        snprintf(path, PATH_MAX, LAYOUT_CHECKPOINT_FORMAT, dispatch->options->dir, trial, attempt);
    return length > 0 && length < PATH_MAX;
}

/* Where a file goes that is said to be of this kind. False: it is not wanted. */
static bool destination(const struct dispatch *dispatch, const struct message *chunk, char *path)
{
    if (chunk->body.chunk.kind == PARCEL_CHECKPOINT && dispatch->phase != TESTING)
        return checkpoint_path(dispatch, chunk->trial, chunk->attempt, path);
    int length = snprintf(path, PATH_MAX, "%s/" LAYOUT_BEST, dispatch->options->dir);
    return chunk->body.chunk.kind == PARCEL_BEST && dispatch->phase == TESTING && length > 0 &&
           length < PATH_MAX;
}

void transfers_take(struct dispatch *dispatch, int rank, const struct message *chunk)
{
    struct worker_entry *entry = &dispatch->workers.entries[rank];
    struct message answer;
    struct error error;
    char path[PATH_MAX];
    if (!workers_holder(&dispatch->workers, rank, chunk) || !destination(dispatch, chunk, path)) {
        parcel_refuse(&answer, MESSAGE_TAKEN, chunk, NULL);
        dispatch_send(dispatch, rank, &answer);
        return;
    }
    enum parcel_progress progress = parcel_take(&entry->in, path, chunk, &error);
    if (progress == PARCEL_FAILED) {
        dispatch_fail(dispatch, &error);
    } else if (progress != PARCEL_IGNORED) {
        parcel_acknowledge(&answer, chunk, progress);
        dispatch_send(dispatch, rank, &answer);
    }
}

static void refuse(struct dispatch *dispatch, int rank, const struct message *about,
                   const char *reason)
{
    struct message refusal;
    parcel_refuse(&refusal, MESSAGE_CHUNK, about, reason);
    dispatch_send(dispatch, rank, &refusal);
}

/* What is not there, or cannot be read, is sent as an empty file, which is no checkpoint: the
 * trainer trains again, as one that sees DIR does. */
static void send_none(struct dispatch *dispatch, int rank, const struct message *fetch)
{
    struct message none;
    message_begin(&none, MESSAGE_CHUNK);
    none.trial = fetch->trial;
    none.attempt = fetch->attempt;
    none.trainer = fetch->trainer;
    none.body.chunk.kind = PARCEL_CHECKPOINT;
    dispatch_send(dispatch, rank, &none);
}

/* A worker has one parcel under way to it at a time: a new one takes the place of the old. */
void transfers_fetch(struct dispatch *dispatch, int rank, const struct message *fetch)
{
    struct worker_entry *entry = &dispatch->workers.entries[rank];
    struct error error;
    char path[PATH_MAX];
    if (!workers_holder(&dispatch->workers, rank, fetch)) {
        refuse(dispatch, rank, fetch, "its trainer does not hold this attempt");
        return;
    }
    const struct search_trial *trial = search_trial(dispatch->options->search, fetch->trial);
    if (!checkpoint_path(dispatch, fetch->trial, trial->kept, path) ||
        !parcel_begin(&entry->out, path, PARCEL_CHECKPOINT, fetch, &error))
        send_none(dispatch, rank, fetch);
}

void transfers_hear(struct dispatch *dispatch, int rank, const struct message *taken)
{
    (void)parcel_hear(&dispatch->workers.entries[rank].out, taken);
}

bool transfers_turn(struct dispatch *dispatch)
{
    bool busy = false;
    for (int rank = 0; rank < dispatch->workers.count; rank++) {
        struct worker_entry *entry = &dispatch->workers.entries[rank];
        const struct message about = {.trial = entry->out.trial,
                                      .attempt = entry->out.attempt,
                                      .trainer = entry->out.trainer};
        struct error error;
        bool sent = false;
        if (!entry->out.file)
            continue;
        if (!parcel_continue(&entry->out, dispatch->options->link, rank, true, 0, &sent, &error)) {
            parcel_drop(&entry->out);
            refuse(dispatch, rank, &about, error.text);
        }
        if (sent)
            entry->told_s = dispatch->now_s;
        busy = busy || sent;
    }
    return busy;
}

void transfers_drop(struct worker_entry *entry)
{
    parcel_drop(&entry->in);
    parcel_drop(&entry->out);
}
