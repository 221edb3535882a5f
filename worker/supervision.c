/* supervision.c - the trainers of a rank: started, listened to, noticed when they break or fall
 * silent, and started again. */
#include "common/study_document.h"
#include "worker/state.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define THIN_AFTER_S 0.1 /* without credit */

enum {
    FAILED_STARTS_MAX = 3, /* a trainer that cannot even accept the study so often is given up */
    LINES_A_TURN = 1000 /* of one trainer: one that never stops talking is not all that is heard */
};

void worker_post_ready(struct worker *worker, unsigned slot)
{
    struct message message;
    char host[256] = "";
    (void)gethostname(host, sizeof host - 1);
    message_begin(&message, MESSAGE_READY);
    message.trainer = slot;
    message.body.ready = worker->trainers[slot].ready;
    message_set_text(&message, host);
    worker_post(worker, &message);
}

void worker_start_trainer(struct worker *worker, unsigned slot)
{
    struct error error;
    struct trainer_process *trainer = &worker->trainers[slot];
    trainer->heard_s = worker->now_s;
    if (!trainer_process_start(trainer, worker->options->program, worker->options->document,
                               &error))
        worker_post_text(worker, MESSAGE_UNFIT, slot, error.text);
}

/* The trainer of this slot is gone: whatever it did is lost. */
static void handle_gone(struct worker *worker, unsigned slot, enum trainer_state was,
                        const char *reason)
{
    struct trainer_process *trainer = &worker->trainers[slot];
    if (worker->quitting)
        return;
    bool waited = exchange_loses(worker, slot);
    if (waited || was == TRAINER_TRAINING || was == TRAINER_TESTING)
        worker_post_text(worker, MESSAGE_LOST, slot, reason);
    if (was == TRAINER_STARTING && ++trainer->failed_starts >= FAILED_STARTS_MAX)
        worker_post_text(worker, MESSAGE_UNFIT, slot, reason);
    else
        worker_start_trainer(worker, slot);
}

void worker_break_off(struct worker *worker, unsigned slot, const char *reason)
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

bool worker_may_listen(const struct worker *worker, const struct trainer_process *trainer)
{
    if (may_report(worker))
        return true;
    return worker->now_s >= worker_thins_from(worker) &&
           !(trainer->holds && is_result(worker, &trainer->held));
}

double worker_thins_from(const struct worker *worker)
{
    return may_report(worker) ? (double)INFINITY : worker->short_since_s + THIN_AFTER_S;
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
    worker_post(worker, &message);
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

/* The end of what the trainer was given to do. */
static void pass_on_end(struct worker *worker, unsigned slot, struct message *message,
                        const char *text)
{
    struct trainer_process *trainer = &worker->trainers[slot];
    message->trainer = slot;
    message->trial = trainer->trial;
    message->attempt = trainer->attempt;
    message_set_text(message, text);
    if (!exchange_sends(worker, message))
        worker_post(worker, message);
    trainer->state = TRAINER_FREE;
}

static void handle_done(struct worker *worker, unsigned slot, const struct trainer_line *line)
{
    struct trainer_process *trainer = &worker->trainers[slot];
    const struct message_done *done = &line->body.done;
    if (done->status == DONE_OK && done->step != trainer->to) {
        worker_break_off(worker, slot,
                         "the trainer said ok without reaching the step it was sent to");
        return;
    }
    /* The last report belongs to the result: it does not wait for credit, and comes first. */
    post_held(worker, slot);
    struct message message;
    message_begin(&message, MESSAGE_DONE);
    message.body.done = *done;
    pass_on_end(worker, slot, &message, line->text);
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
        worker_post_ready(worker, slot);
        return;
    case LINE_REFUSED:
        if (trainer->state != TRAINER_STARTING)
            break;
        trainer_process_kill(trainer);
        worker_post_text(worker, MESSAGE_UNFIT, slot, line->text);
        return;
    case LINE_REPORT:
        /* It trains again what it is to test: known, and a sign of life. */
        if (trainer->state == TRAINER_TESTING && line->trial == trainer->trial)
            return;
        if (trainer->state != TRAINER_TRAINING || line->trial != trainer->trial)
            break;
        if (line->body.report.step > trainer->to) {
            worker_break_off(worker, slot,
                             "the trainer reported a step beyond the one it was sent to");
            return;
        }
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
        message.body.tested = line->body.tested;
        pass_on_end(worker, slot, &message, line->text);
        return;
    }
    worker_break_off(worker, slot, "the trainer said something that nobody had asked for");
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
    worker_break_off(worker, slot, reason);
}

bool worker_listen(struct worker *worker, unsigned slot)
{
    struct trainer_process *trainer = &worker->trainers[slot];
    bool heard = false;
    trainer_process_attend(trainer);
    if (may_report(worker))
        post_held(worker, slot);
    for (unsigned lines = 0; lines < LINES_A_TURN && worker_may_listen(worker, trainer); lines++) {
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
