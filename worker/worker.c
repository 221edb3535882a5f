/* worker.c - the worker's role on a rank: passes assignments and reports on between the coordinator
 * and its trainers, and ends with the coordinator. It decides nothing. */
#include "common/heartbeat.h"
#include "common/monotonic.h"
#include "common/study_document.h"
#include "worker/state.h"

#include <math.h>
#include <stdlib.h>

#define FINISH_S 1.2 /* for all trainers to end by themselves */

void worker_post(struct worker *worker, struct message *message)
{
    message->value = worker->lease;
    worker->said_s = worker->now_s;
    if (!outbox_post(&worker->outbox, worker->link, COORDINATOR, false, message))
        abort(); /* a few messages a trainer at most: nothing can be done without them */
}

void worker_post_text(struct worker *worker, enum message_kind kind, unsigned slot,
                      const char *text)
{
    struct message message;
    message_begin(&message, kind);
    message.trainer = slot;
    message.trial = worker->trainers[slot].trial;
    message.attempt = worker->trainers[slot].attempt;
    message_set_text(&message, text);
    worker_post(worker, &message);
}

static void deliver(void *role, int peer, const struct message *message)
{
    struct worker *worker = role;
    if (peer != COORDINATOR || message->trainer >= worker->options->trainers)
        return;
    worker->heard_s = worker->now_s;
    if (!worker->ended)
        worker_obey(worker, message);
}

static void quit(struct worker *worker)
{
    struct message message;
    double until_s = monotonic_s() + FINISH_S;
    /* All are told at once, so that they end side by side, each giving back its share of the data.
     */
    for (unsigned slot = 0; slot < worker->options->trainers; slot++)
        trainer_process_dismiss(&worker->trainers[slot]);
    for (unsigned slot = 0; slot < worker->options->trainers; slot++)
        trainer_process_finish(&worker->trainers[slot], fmax(0, until_s - monotonic_s()));
    message_begin(&message, MESSAGE_BYE);
    worker_post(worker, &message);
    worker->ended = true;
}

/* Rank 0 is dead, or as good as that: nobody takes what the trainers do. */
static void desert(struct worker *worker)
{
    error_set(&worker->error,
              "rank %d ends: rank 0 said nothing for %.1f s (run.heartbeat_timeout)",
              link_rank(worker->link), worker->now_s - worker->heard_s);
    for (unsigned slot = 0; slot < worker->options->trainers; slot++)
        trainer_process_kill(&worker->trainers[slot]);
    outbox_clear(&worker->outbox);
    link_mark_lost(worker->link, COORDINATOR, true);
    worker->ended = worker->deserted = true;
}

/* Whether it is to tell now and then that it lives: what waits in the outbox will tell it, too. */
static bool beats(const struct worker *worker)
{
    return !worker->alone && !worker->ended && worker->outbox.count == 0;
}

/* Tells that this rank lives, if it has told nothing else, and looks whether rank 0 does: it has
 * to, until it has taken the last word. */
static void keep_in_touch(struct worker *worker)
{
    struct message message;
    if (worker->alone || worker->deserted)
        return;
    if (worker->now_s - worker->heard_s >= worker->silence_s) {
        desert(worker);
    } else if (beats(worker) && worker->now_s - worker->said_s >= worker->every_s) {
        message_begin(&message, MESSAGE_ALIVE);
        worker_post(worker, &message);
    }
}

static enum role_state turn(void *role, double now_s, bool signalled)
{
    struct worker *worker = role;
    worker->now_s = attention_pass(&worker->attention, now_s, worker->every_s);
    (void)signalled; /* the coordinator decides what a signal means */
    outbox_flush(&worker->outbox, worker->link, COORDINATOR, false);
    keep_in_touch(worker);
    if (worker->ended)
        return worker->outbox.count > 0 ? ROLE_IDLE : ROLE_ENDED;
    bool heard = false;
    for (unsigned slot = 0; slot < worker->options->trainers; slot++)
        heard = worker_listen(worker, slot) || heard;
    heard = exchange_turn(worker) || heard;
    if (worker->quitting)
        quit(worker);
    return heard || worker->quitting ? ROLE_BUSY : ROLE_IDLE;
}

static size_t descriptors(void *role, struct pollfd *list, size_t room)
{
    const struct worker *worker = role;
    size_t count = 0;
    for (unsigned slot = 0; slot < worker->options->trainers && count + 3 <= room; slot++) {
        const struct trainer_process *trainer = &worker->trainers[slot];
        if (trainer->state == TRAINER_DOWN)
            continue;
        if (worker_may_listen(worker, trainer))
            list[count++] = (struct pollfd){.fd = trainer->child.output, .events = POLLIN};
        if (trainer->child.errors >= 0)
            list[count++] = (struct pollfd){.fd = trainer->child.errors, .events = POLLIN};
        if (trainer->unsent_bytes > 0)
            list[count++] = (struct pollfd){.fd = trainer->child.input, .events = POLLOUT};
    }
    return count;
}

static double wake(void *role)
{
    const struct worker *worker = role;
    double first = worker->alone ? (double)INFINITY : worker->heard_s + worker->silence_s;
    if (beats(worker))
        first = fmin(first, worker->said_s + worker->every_s);
    if (worker->now_s < worker_thins_from(worker))
        first = fmin(first, worker_thins_from(worker));
    for (unsigned slot = 0; slot < worker->options->trainers; slot++) {
        const struct trainer_process *trainer = &worker->trainers[slot];
        if (trainer->state != TRAINER_DOWN && trainer->state != TRAINER_FREE)
            first = fmin(first, trainer->heard_s + worker->silence_s);
    }
    return attention_real(&worker->attention, first);
}

const struct role_class worker_role = {"worker", descriptors, deliver, turn, wake};

void *worker_create(struct link *link, const struct rank_options *options, struct error *error)
{
    struct worker *worker = calloc(1, sizeof *worker);
    if (!worker) {
        error_set(error, "out of memory");
        return NULL;
    }
    worker->link = link;
    worker->options = options;
    worker->credit = WORKER_FIRST_CREDIT;
    worker->dir = options->scratch ? options->scratch : options->dir;
    worker->silence_s = study_number(options->document, "run", "heartbeat_timeout");
    worker->every_s = heartbeat_every_s(worker->silence_s);
    worker->alone = link_rank(link) == COORDINATOR;
    worker->trainers = calloc(options->trainers ? options->trainers : 1, sizeof *worker->trainers);
    if (!worker->trainers)
        error_set(error, "out of memory");
    if (!worker->trainers || !exchange_create(worker, error) ||
        !space_create(&worker->space, options->document, error)) {
        exchange_destroy(worker);
        free(worker->trainers);
        free(worker);
        return NULL;
    }
    for (unsigned slot = 0; slot < options->trainers; slot++) {
        if (slot == 0 && options->first && options->first->pid > 0) {
            trainer_process_adopt(&worker->trainers[0], options->first);
            worker->trainers[0].ready = options->first_ready;
            worker_post_ready(worker, 0);
        } else {
            worker_start_trainer(worker, slot);
        }
    }
    return worker;
}

void worker_destroy(void *role)
{
    struct worker *worker = role;
    if (!worker)
        return;
    for (unsigned slot = 0; slot < worker->options->trainers; slot++)
        trainer_process_kill(&worker->trainers[slot]);
    exchange_destroy(worker);
    free(worker->trainers);
    outbox_clear(&worker->outbox);
    free(worker);
}

const struct error *worker_error(const void *role)
{
    const struct worker *worker = role;
    return worker->deserted ? &worker->error : NULL;
}
