/* worker.c - the worker's role on a rank: starts trainers, passes assignments and reports on,
 * notices a trainer that broke, starts it again and reports the attempt as lost. It decides
 * nothing. */
#include "common/attention.h"
#include "common/heartbeat.h"
#include "common/layout.h"
#include "common/link/outbox.h"
#include "common/monotonic.h"
#include "common/role.h"
#include "common/study_document.h"
#include "worker/trainer_process.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FINISH_S     1.2 /* for all trainers to end by themselves */
#define THIN_AFTER_S 0.1 /* without credit */

enum {
    COORDINATOR = 0,       /* its rank */
    FAILED_STARTS_MAX = 3, /* a trainer that cannot even accept the study so often is given up */
    FIRST_CREDIT = 256,    /* reports that may be under way before the coordinator grants more */
    LINES_A_TURN = 1000 /* of one trainer: one that never stops talking is not all that is heard */
};

struct worker {
    struct link *link;
    const struct rank_options *options;
    struct space space;
    struct trainer_process *trainers; /* [options->trainers] */
    struct outbox outbox;
    uint32_t lease; /* number of the one that the coordinator gave last */
    int64_t credit; /* reports that may still be sent; below 0: last ones went ahead of it */
    struct attention attention;
    double now_s;     /* of `attention` */
    double silence_s; /* after so long a trainer that works, or the coordinator, counts as hung */
    double every_s;   /* between two signs of life */
    double said_s, heard_s; /* to and from the coordinator, last */
    double short_since_s;   /* without credit: since when */
    struct error error;     /* why it gave up */
    bool alone;             /* on the coordinator's own rank: neither outlives the other */
    bool quitting, ended, deserted;
};

static void post(struct worker *worker, struct message *message)
{
    message->value = worker->lease;
    worker->said_s = worker->now_s;
    if (!outbox_post(&worker->outbox, worker->link, COORDINATOR, false, message))
        abort(); /* a few messages a trainer at most: nothing can be done without them */
}

static void post_text(struct worker *worker, enum message_kind kind, unsigned slot,
                      const char *text)
{
    struct message message;
    message_begin(&message, kind);
    message.trainer = slot;
    message.trial = worker->trainers[slot].trial;
    message.attempt = worker->trainers[slot].attempt;
    message_set_text(&message, text);
    post(worker, &message);
}

static void post_ready(struct worker *worker, unsigned slot)
{
    struct message message;
    char host[256] = "";
    (void)gethostname(host, sizeof host - 1);
    message_begin(&message, MESSAGE_READY);
    message.trainer = slot;
    message.body.ready = worker->trainers[slot].ready;
    message_set_text(&message, host);
    post(worker, &message);
}

static void start(struct worker *worker, unsigned slot)
{
    struct error error;
    struct trainer_process *trainer = &worker->trainers[slot];
    trainer->heard_s = worker->now_s;
    if (!trainer_process_start(trainer, worker->options->program, worker->options->document,
                               &error))
        post_text(worker, MESSAGE_UNFIT, slot, error.text);
}

/* The trainer of this slot is gone: whatever it did is lost. */
static void handle_gone(struct worker *worker, unsigned slot, enum trainer_state was,
                        const char *reason)
{
    struct trainer_process *trainer = &worker->trainers[slot];
    if (worker->quitting)
        return;
    if (was == TRAINER_TRAINING || was == TRAINER_TESTING)
        post_text(worker, MESSAGE_LOST, slot, reason);
    if (was == TRAINER_STARTING && ++trainer->failed_starts >= FAILED_STARTS_MAX)
        post_text(worker, MESSAGE_UNFIT, slot, reason);
    else
        start(worker, slot);
}

static void break_off(struct worker *worker, unsigned slot, const char *reason)
{
    enum trainer_state was = worker->trainers[slot].state;
    struct error error;
    error_set(&error, "%s", reason);
    trainer_process_break(&worker->trainers[slot], &error);
    handle_gone(worker, slot, was, error.text);
}

/* --- reports ---
 *
 * Without credit trainers wait in their full pipes. If rank 0 takes none for THIN_AFTER_S, it is
 * busy or away: each trainer's newest report is then held in the place of the one before, so that
 * it goes on training, and its curve has fewer points. What is a result nothing takes the place of;
 * what follows it waits in the pipe. */

/* A validation; with train_loss as the metric each report has a value that counts, and who wants
 * one of every step gets it. */
static bool is_result(const struct worker *worker, const struct message_report *report)
{
    const json_t *document = worker->options->document;
    return report->validated || study_integer(document, "train", "report_every") == 1 ||
           strcmp(study_text(document, "study", "metric"), "train_loss") == 0;
}

static bool may_report(const struct worker *worker)
{
    return worker->credit > 0;
}

static bool may_listen(const struct worker *worker, const struct trainer_process *trainer)
{
    if (may_report(worker))
        return true;
    return worker->now_s - worker->short_since_s >= THIN_AFTER_S &&
           !(trainer->holds && is_result(worker, &trainer->held));
}

static void post_report(struct worker *worker, unsigned slot, const struct message_report *report)
{
    struct message message;
    message_begin(&message, MESSAGE_REPORT);
    message.trainer = slot;
    message.trial = worker->trainers[slot].trial;
    message.attempt = worker->trainers[slot].attempt;
    message.body.report = *report;
    if (worker->credit-- == 1)
        worker->short_since_s = worker->now_s;
    post(worker, &message);
}

static void post_held(struct worker *worker, unsigned slot)
{
    struct trainer_process *trainer = &worker->trainers[slot];
    if (trainer->holds)
        post_report(worker, slot, &trainer->held);
    trainer->holds = false;
}

static void handle_report(struct worker *worker, unsigned slot, const struct message_report *report)
{
    struct trainer_process *trainer = &worker->trainers[slot];
    if (may_report(worker)) {
        post_report(worker, slot, report);
        return;
    }
    trainer->held = *report;
    trainer->holds = true;
}

static void handle_done(struct worker *worker, unsigned slot, const struct trainer_line *line)
{
    struct trainer_process *trainer = &worker->trainers[slot];
    const struct message_done *done = &line->body.done;
    if (done->status == DONE_OK && done->step != trainer->to) {
        break_off(worker, slot, "the trainer said ok without reaching the step it was sent to");
        return;
    }
    /* The last report belongs to the result: it does not wait for credit, and comes first. */
    post_held(worker, slot);
    struct message message;
    message_begin(&message, MESSAGE_DONE);
    message.trainer = slot;
    message.trial = trainer->trial;
    message.attempt = trainer->attempt;
    message.body.done = *done;
    message_set_text(&message, line->text);
    post(worker, &message);
    trainer->state = TRAINER_FREE;
}

static void handle_line(struct worker *worker, unsigned slot, const struct trainer_line *line)
{
    struct trainer_process *trainer = &worker->trainers[slot];
    struct message message;
    switch (line->kind) {
    case LINE_READY:
        if (trainer->state != TRAINER_STARTING)
            break;
        trainer->state = TRAINER_FREE;
        trainer->failed_starts = 0;
        trainer->ready = line->body.ready;
        post_ready(worker, slot);
        return;
    case LINE_REFUSED:
        if (trainer->state != TRAINER_STARTING)
            break;
        trainer_process_kill(trainer);
        post_text(worker, MESSAGE_UNFIT, slot, line->text);
        return;
    case LINE_REPORT:
        /* It trains again what it is to test: known, and a sign of life. */
        if (trainer->state == TRAINER_TESTING && line->trial == trainer->trial)
            return;
        if (trainer->state != TRAINER_TRAINING || line->trial != trainer->trial)
            break;
        handle_report(worker, slot, &line->body.report);
        return;
    case LINE_DONE:
        if (trainer->state != TRAINER_TRAINING || line->trial != trainer->trial)
            break;
        handle_done(worker, slot, line);
        return;
    case LINE_TESTED:
        if (trainer->state != TRAINER_TESTING || line->trial != trainer->trial)
            break;
        message_begin(&message, MESSAGE_TESTED);
        message.trainer = slot;
        message.trial = trainer->trial;
        message.attempt = trainer->attempt;
        message.body.tested = line->body.tested;
        message_set_text(&message, line->text);
        post(worker, &message);
        trainer->state = TRAINER_FREE;
        return;
    }
    break_off(worker, slot, "the trainer said something that nobody had asked for");
}

/* A trainer that was given something to do and has said nothing for too long is put down. */
static void notice_silence(struct worker *worker, unsigned slot)
{
    const struct trainer_process *trainer = &worker->trainers[slot];
    char reason[128];
    if (trainer->state == TRAINER_DOWN || trainer->state == TRAINER_FREE ||
        worker->now_s - trainer->heard_s < worker->silence_s)
        return;
    (void)snprintf(reason, sizeof reason,
                   "the trainer said nothing for %g s (run.heartbeat_timeout)", worker->silence_s);
    break_off(worker, slot, reason);
}

/* Everything that this trainer has said, as far as may_listen allows. */
static bool listen(struct worker *worker, unsigned slot)
{
    struct trainer_process *trainer = &worker->trainers[slot];
    bool heard = false;
    trainer_process_attend(trainer);
    if (may_report(worker))
        post_held(worker, slot);
    for (unsigned lines = 0; lines < LINES_A_TURN && may_listen(worker, trainer); lines++) {
        struct trainer_line line;
        struct error error;
        enum trainer_state was = trainer->state;
        enum trainer_news news = trainer_process_next(trainer, &line, &error);
        if (news == TRAINER_QUIET) {
            notice_silence(worker, slot);
            break;
        }
        heard = true;
        trainer->heard_s = worker->now_s;
        if (news == TRAINER_SAID)
            handle_line(worker, slot, &line);
        else
            handle_gone(worker, slot, was, error.text);
    }
    return heard;
}

static json_t *assignment_line(const struct worker *worker, const struct message *message,
                               bool train)
{
    const struct message_assignment *assignment = &message->body.assignment;
    char checkpoint[4096], kept[4096], best[4096];
    (void)snprintf(checkpoint, sizeof checkpoint, LAYOUT_CHECKPOINT_FORMAT, worker->options->dir,
                   message->trial, message->attempt);
    (void)snprintf(kept, sizeof kept, LAYOUT_CHECKPOINT_FORMAT, worker->options->dir,
                   message->trial, (unsigned)assignment->kept);
    (void)snprintf(best, sizeof best, "%s/" LAYOUT_BEST, worker->options->dir);
    json_t *params = space_params(&worker->space, assignment->values);
    json_t *line = json_pack("{s:s, s:I, s:o, s:I, s:I}", "op", train ? "train" : "test", "trial",
                             (json_int_t)message->trial, "params", params, "seed",
                             (json_int_t)assignment->seed, "from", (json_int_t)assignment->from);
    json_t *rest =
        train ? json_pack("{s:I, s:s?, s:s}", "to", (json_int_t)assignment->to, "resume",
                          assignment->from > 0 ? kept : NULL, "checkpoint", checkpoint)
              : json_pack("{s:s, s:s?}", "resume", kept, "export", message->value ? best : NULL);
    if (json_object_update(line, rest) != 0) {
        json_decref(line);
        line = NULL;
    }
    json_decref(rest);
    if (line && assignment->pause > 0)
        json_object_set_new(line, "pause", json_integer((json_int_t)assignment->pause));
    if (line && assignment->begun > 0)
        json_object_set_new(line, "branch", json_true());
    return line;
}

static void assign(struct worker *worker, const struct message *message, bool train)
{
    struct trainer_process *trainer = &worker->trainers[message->trainer];
    struct error error = {"the trainer is not free"};
    bool free_before = trainer->state == TRAINER_FREE;
    if (!space_accepts(&worker->space, message->body.assignment.values)) {
        free_before = false;
        error_set(&error, "its assignment holds values that are none of the study's space");
    }
    trainer->trial = message->trial;
    trainer->attempt = message->attempt;
    trainer->to = message->body.assignment.to;
    trainer->holds = false;
    if (!free_before ||
        !trainer_process_send(trainer, assignment_line(worker, message, train), &error)) {
        /* It died while this was on its way; READY will follow when it is back. */
        post_text(worker, MESSAGE_LOST, message->trainer, error.text);
        return;
    }
    trainer->state = train ? TRAINER_TRAINING : TRAINER_TESTING;
    trainer->heard_s = worker->now_s;
}

static void stop(struct worker *worker, const struct message *message)
{
    struct trainer_process *trainer = &worker->trainers[message->trainer];
    struct error error;
    if (trainer->state != TRAINER_TRAINING || trainer->trial != message->trial ||
        trainer->attempt != message->attempt)
        return; /* it has ended meanwhile */
    json_t *line = json_pack("{s:s, s:I}", "op", "stop", "trial", (json_int_t)message->trial);
    if (!trainer_process_send(trainer, line, &error))
        break_off(worker, message->trainer, error.text);
}

/* The coordinator took this worker for lost: whatever it does is done by others. */
static void forget(struct worker *worker, const struct message *message)
{
    if (message->value == worker->lease)
        return;
    worker->lease = message->value;
    worker->credit = FIRST_CREDIT;
    outbox_clear(&worker->outbox);
    for (unsigned slot = 0; slot < worker->options->trainers; slot++) {
        struct trainer_process *trainer = &worker->trainers[slot];
        switch (trainer->state) {
        case TRAINER_TRAINING:
        case TRAINER_TESTING:
            trainer_process_kill(trainer);
            start(worker, slot);
            break;
        case TRAINER_FREE:
            post_ready(worker, slot);
            break;
        case TRAINER_DOWN:
            post_text(worker, MESSAGE_UNFIT, slot, "it was given up before");
            break;
        case TRAINER_STARTING:
            break;
        }
    }
}

static void deliver(void *role, int peer, const struct message *message)
{
    struct worker *worker = role;
    if (peer != COORDINATOR || message->trainer >= worker->options->trainers || worker->ended)
        return;
    worker->heard_s = worker->now_s;
    switch (message->kind) {
    case MESSAGE_FORGET:
        forget(worker, message);
        break;
    case MESSAGE_TRAIN:
        assign(worker, message, true);
        break;
    case MESSAGE_TEST:
        assign(worker, message, false);
        break;
    case MESSAGE_STOP:
        stop(worker, message);
        break;
    case MESSAGE_CREDIT:
        worker->credit += message->value;
        break;
    case MESSAGE_QUIT:
        worker->quitting = true;
        if (message->value > 0 && message->value <= (uint32_t)link_size(worker->link))
            link_mark_lost(worker->link, (int)message->value - 1, true);
        break;
    default:
        break;
    }
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
    post(worker, &message);
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

/* Tells that this rank lives, if it has told nothing else, and looks whether rank 0 does. */
static void keep_in_touch(struct worker *worker)
{
    struct message message;
    if (worker->alone || worker->ended)
        return;
    if (worker->now_s - worker->heard_s >= worker->silence_s) {
        desert(worker);
    } else if (worker->now_s - worker->said_s >= worker->every_s && worker->outbox.count == 0) {
        message_begin(&message, MESSAGE_ALIVE);
        post(worker, &message);
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
        heard = listen(worker, slot) || heard;
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
        if (may_listen(worker, trainer))
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
    double first =
        worker->alone ? (double)INFINITY
                      : fmin(worker->said_s + worker->every_s, worker->heard_s + worker->silence_s);
    if (!may_report(worker) && worker->now_s - worker->short_since_s < THIN_AFTER_S)
        first = fmin(first, worker->short_since_s + THIN_AFTER_S);
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
    worker->credit = FIRST_CREDIT;
    worker->silence_s = study_number(options->document, "run", "heartbeat_timeout");
    worker->every_s = heartbeat_every_s(worker->silence_s);
    worker->alone = link_rank(link) == COORDINATOR;
    worker->trainers = calloc(options->trainers ? options->trainers : 1, sizeof *worker->trainers);
    if (!worker->trainers)
        error_set(error, "out of memory");
    if (!worker->trainers || !space_create(&worker->space, options->document, error)) {
        free(worker->trainers);
        free(worker);
        return NULL;
    }
    for (unsigned slot = 0; slot < options->trainers; slot++) {
        if (slot == 0 && options->first && options->first->pid > 0) {
            trainer_process_adopt(&worker->trainers[0], options->first);
            worker->trainers[0].ready = options->first_ready;
            post_ready(worker, 0);
        } else {
            start(worker, slot);
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
    free(worker->trainers);
    outbox_clear(&worker->outbox);
    free(worker);
}

const struct error *worker_error(const void *role)
{
    const struct worker *worker = role;
    return worker->deserted ? &worker->error : NULL;
}
