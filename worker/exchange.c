/* exchange.c - checkpoints of a rank that does not see DIR.
 *
 * Its trainers write to a scratch directory. When one says that it left a checkpoint, the file goes
 * to rank 0 first (parcel.h) and the word follows when it is durable there: to the coordinator a
 * checkpoint is in DIR when it hears of it, wherever it was made. What an attempt goes on from is
 * fetched before the trainer is told to train, unless this trainer left or fetched it last. A
 * trainer has at most two files here: the one that it goes on from and the one that it writes. */
#include "common/layout.h"
#include "worker/state.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

static void checkpoint_path(const struct worker *worker, uint32_t trial, uint32_t attempt,
                            char *path)
{
    (void)snprintf(path, PATH_MAX, LAYOUT_CHECKPOINT_FORMAT, worker->dir, trial, attempt);
}

static void best_path(const struct worker *worker, char *path)
{
    (void)snprintf(path, PATH_MAX, "%s/" LAYOUT_BEST, worker->dir);
}

static bool same(const struct copy *a, const struct copy *b)
{
    return a->is && b->is && a->trial == b->trial && a->attempt == b->attempt;
}

/* Forgets a copy, and removes the file unless it counts as another one, too. */
static void discard(const struct worker *worker, struct copy *copy)
{
    char path[PATH_MAX];
    struct copy gone = *copy;
    bool needed = false;
    copy->is = false;
    for (unsigned slot = 0; slot < worker->options->trainers; slot++)
        needed = needed || same(&worker->stocks[slot].kept, &gone) ||
                 same(&worker->stocks[slot].made, &gone);
    if (!gone.is || needed)
        return;
    checkpoint_path(worker, gone.trial, gone.attempt, path);
    parcel_file_remove(path);
}

static void keep(const struct worker *worker, struct stock *stock, struct copy copy)
{
    struct copy old = stock->kept;
    stock->kept = copy;
    if (same(&stock->made, &copy))
        stock->made.is = false;
    discard(worker, &old);
}

bool exchange_create(struct worker *worker, struct error *error)
{
    size_t trainers = worker->options->trainers;
    if (!worker->options->scratch)
        return true;
    worker->stocks = calloc(trainers ? trainers : 1, sizeof *worker->stocks);
    return worker->stocks || error_set(error, "out of memory");
}

void exchange_destroy(struct worker *worker)
{
    parcel_drop(&worker->in);
    parcel_drop(&worker->out);
    free(worker->stocks);
    worker->stocks = NULL;
}

static struct copy source_of(const struct message *assignment)
{
    return (struct copy){true, assignment->trial, (uint32_t)assignment->body.assignment.kept};
}

bool exchange_fetches(struct worker *worker, const struct message *assignment)
{
    if (!worker->stocks)
        return false;
    struct stock *stock = &worker->stocks[assignment->trainer];
    struct copy source = source_of(assignment);
    if (assignment->body.assignment.from == 0 || same(&stock->kept, &source))
        return false;
    exchange_forget(worker, assignment->trainer);
    stock->doing = STOCK_FETCHES;
    message_copy(&stock->waiting, assignment);
    stock->stopped = false;
    return true;
}

void exchange_note(struct worker *worker, const struct message *assignment)
{
    char path[PATH_MAX];
    if (!worker->stocks)
        return;
    struct stock *stock = &worker->stocks[assignment->trainer];
    discard(worker, &stock->made);
    if (assignment->kind == MESSAGE_TRAIN)
        stock->made = (struct copy){true, assignment->trial, assignment->attempt};
    best_path(worker, path); /* of a test that was lost: not to be taken for this one's */
    parcel_file_remove(path);
}

bool exchange_stops(struct worker *worker, const struct message *stop)
{
    if (!worker->stocks)
        return false;
    struct stock *stock = &worker->stocks[stop->trainer];
    if (stock->doing != STOCK_FETCHES || stock->waiting.trial != stop->trial ||
        stock->waiting.attempt != stop->attempt)
        return false;
    /* It still comes, and trains for a step: then there is a checkpoint to tell of. */
    stock->stopped = true;
    return true;
}

void exchange_forget(struct worker *worker, unsigned slot)
{
    if (!worker->stocks)
        return;
    struct stock *stock = &worker->stocks[slot];
    if (worker->fetching && worker->in_slot == slot) {
        parcel_drop(&worker->in);
        worker->fetching = false;
    }
    if (worker->out.file && worker->out_slot == slot)
        parcel_drop(&worker->out);
    stock->doing = STOCK_IDLE;
}

bool exchange_loses(struct worker *worker, unsigned slot)
{
    if (!worker->stocks || worker->stocks[slot].doing != STOCK_FETCHES)
        return false;
    exchange_forget(worker, slot);
    return true;
}

/* The file that a message tells of: what kind, and where it is. False: it tells of none. */
static bool file_of(const struct worker *worker, const struct message *message,
                    enum parcel_kind *kind, char *path)
{
    if (message->kind == MESSAGE_TESTED) {
        *kind = PARCEL_BEST;
        best_path(worker, path);
        return message->body.tested.ok && parcel_file_exists(path);
    }
    *kind = PARCEL_CHECKPOINT;
    checkpoint_path(worker, message->trial, message->attempt, path);
    bool leaves = message->body.done.status == DONE_OK || message->body.done.status == DONE_STOPPED;
    return leaves && parcel_file_exists(path);
}

bool exchange_sends(struct worker *worker, const struct message *message)
{
    enum parcel_kind kind;
    char path[PATH_MAX];
    if (!worker->stocks || !file_of(worker, message, &kind, path))
        return false;
    worker->stocks[message->trainer].doing = STOCK_SENDS;
    message_copy(&worker->stocks[message->trainer].waiting, message);
    return true;
}

/* Rank 0 has the file: the word that waited for it follows. */
static void handle_arrival(struct worker *worker, struct stock *stock)
{
    char path[PATH_MAX];
    stock->doing = STOCK_IDLE;
    if (stock->waiting.kind == MESSAGE_TESTED) {
        best_path(worker, path);
        parcel_file_remove(path);
    } else {
        keep(worker, stock, (struct copy){true, stock->waiting.trial, stock->waiting.attempt});
    }
    worker_post(worker, &stock->waiting);
}

/* The attempt or test of this slot is lost, its trainer is not. */
static void lose(struct worker *worker, unsigned slot, const char *reason)
{
    struct message message;
    struct error text;
    struct stock *stock = &worker->stocks[slot];
    error_set(&text, "its checkpoint could not be moved over MPI: %s", reason);
    message_begin(&message, MESSAGE_DONE);
    message.trainer = slot;
    message.trial = stock->waiting.trial;
    message.attempt = stock->waiting.attempt;
    message.body.done.status = DONE_FAILED;
    message_set_text(&message, text.text);
    stock->doing = STOCK_IDLE;
    worker_post(worker, &message);
}

static void handle_answer(struct worker *worker, const struct message *message)
{
    if (worker->out_slot != message->trainer || !worker->out.file)
        return;
    switch (parcel_hear(&worker->out, message)) {
    case PARCEL_UNDER_WAY:
        break;
    case PARCEL_ARRIVED:
        handle_arrival(worker, &worker->stocks[message->trainer]);
        break;
    case PARCEL_RETURNED:
        lose(worker, message->trainer, "rank 0 did not take it");
        break;
    }
}

/* What the attempt goes on from is here. */
static void handle_source(struct worker *worker, struct stock *stock)
{
    struct message stop;
    worker->fetching = false;
    stock->doing = STOCK_IDLE;
    keep(worker, stock, source_of(&stock->waiting));
    worker_hand_out(worker, &stock->waiting);
    if (!stock->stopped)
        return;
    message_begin(&stop, MESSAGE_STOP);
    stop.trainer = stock->waiting.trainer;
    stop.trial = stock->waiting.trial;
    stop.attempt = stock->waiting.attempt;
    worker_stop(worker, &stop);
}

static void handle_chunk(struct worker *worker, const struct message *chunk)
{
    struct stock *stock = &worker->stocks[chunk->trainer];
    struct message taken;
    struct error error = {"a piece came damaged"};
    char path[PATH_MAX], reason[MESSAGE_TEXT_MAX_BYTES + 1];
    if (!worker->fetching || worker->in_slot != chunk->trainer ||
        stock->waiting.trial != chunk->trial || stock->waiting.attempt != chunk->attempt)
        return;
    enum parcel_progress progress = PARCEL_FAILED;
    if (chunk->body.chunk.total == PARCEL_REFUSED) {
        (void)snprintf(reason, sizeof reason, "%.*s", (int)chunk->text_bytes,
                       (const char *)message_data(chunk));
        error_set(&error, "%s", reason);
    } else {
        checkpoint_path(worker, chunk->trial, (uint32_t)stock->waiting.body.assignment.kept, path);
        progress = parcel_take(&worker->in, path, chunk, &error);
    }
    if (progress == PARCEL_IGNORED)
        return;
    if (progress == PARCEL_TAKEN || progress == PARCEL_WHOLE) {
        parcel_acknowledge(&taken, chunk, progress);
        worker_post(worker, &taken);
        if (progress == PARCEL_WHOLE)
            handle_source(worker, stock);
        return;
    }
    worker->fetching = false;
    parcel_drop(&worker->in);
    lose(worker, chunk->trainer, error.text);
}

void exchange_deliver(struct worker *worker, const struct message *message)
{
    if (!worker->stocks)
        return;
    if (message->kind == MESSAGE_TAKEN)
        handle_answer(worker, message);
    else
        handle_chunk(worker, message);
}

/* The next trainer that waits in this way, after `last`; the number of trainers: none. */
static unsigned next_in_turn(const struct worker *worker, int doing, unsigned last)
{
    unsigned count = worker->options->trainers;
    for (unsigned i = 1; i <= count; i++)
        if ((int)worker->stocks[(last + i) % count].doing == doing)
            return (last + i) % count;
    return count;
}

static bool ask_for_next(struct worker *worker)
{
    unsigned slot = next_in_turn(worker, STOCK_FETCHES, worker->in_slot);
    struct message fetch;
    if (slot == worker->options->trainers)
        return false;
    message_begin(&fetch, MESSAGE_FETCH);
    fetch.trainer = slot;
    fetch.trial = worker->stocks[slot].waiting.trial;
    fetch.attempt = worker->stocks[slot].waiting.attempt;
    worker_post(worker, &fetch);
    worker->in_slot = slot;
    worker->fetching = true;
    return true;
}

static bool send_next(struct worker *worker)
{
    unsigned slot = next_in_turn(worker, STOCK_SENDS, worker->out_slot);
    struct error error;
    enum parcel_kind kind;
    char path[PATH_MAX];
    if (slot == worker->options->trainers)
        return false;
    worker->out_slot = slot;
    const struct message *waiting = &worker->stocks[slot].waiting;
    (void)file_of(worker, waiting, &kind, path);
    if (!parcel_begin(&worker->out, path, kind, waiting, &error))
        lose(worker, slot, error.text);
    return true;
}

bool exchange_turn(struct worker *worker)
{
    struct error error;
    bool sent = false;
    if (!worker->stocks || worker->options->trainers == 0)
        return false;
    bool busy = !worker->fetching && ask_for_next(worker);
    busy = (!worker->out.file && send_next(worker)) || busy;
    if (worker->out.file && !parcel_continue(&worker->out, worker->link, COORDINATOR, false,
                                             worker->lease, &sent, &error)) {
        parcel_drop(&worker->out);
        lose(worker, worker->out_slot, error.text);
        return true;
    }
    if (sent)
        worker->said_s = worker->now_s;
    return sent || busy;
}
