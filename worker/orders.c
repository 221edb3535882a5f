/* orders.c - what the coordinator tells a worker to do. */
#include "common/layout.h"
#include "worker/state.h"

#include <stdio.h>

static json_t *assignment_line(const struct worker *worker, const struct message *message)
{
    const struct message_assignment *assignment = &message->body.assignment;
    bool train = message->kind == MESSAGE_TRAIN;
    char checkpoint[4096], kept[4096], best[4096];
    (void)snprintf(checkpoint, sizeof checkpoint, LAYOUT_CHECKPOINT_FORMAT, worker->dir,
                   message->trial, message->attempt);
    (void)snprintf(kept, sizeof kept, LAYOUT_CHECKPOINT_FORMAT, worker->dir, message->trial,
                   (unsigned)assignment->kept);
    (void)snprintf(best, sizeof best, "%s/" LAYOUT_BEST, worker->dir);
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

/* The assignment cannot be carried out. The trainer is started again, so that READY follows. */
static void give_back(struct worker *worker, unsigned slot, const char *reason)
{
    worker_post_text(worker, MESSAGE_LOST, slot, reason);
    worker_break_off(worker, slot, reason);
}

void worker_hand_out(struct worker *worker, const struct message *message)
{
    struct trainer_process *trainer = &worker->trainers[message->trainer];
    struct error error;
    exchange_note(worker, message);
    if (!trainer_process_send(trainer, assignment_line(worker, message), &error)) {
        give_back(worker, message->trainer, error.text);
        return;
    }
    trainer->state = message->kind == MESSAGE_TRAIN ? TRAINER_TRAINING : TRAINER_TESTING;
    trainer->heard_s = worker->now_s;
}

static void assign(struct worker *worker, const struct message *message)
{
    struct trainer_process *trainer = &worker->trainers[message->trainer];
    trainer->trial = message->trial;
    trainer->attempt = message->attempt;
    trainer->to = message->body.assignment.to;
    if (trainer->state != TRAINER_FREE)
        /* It died while this was on its way; READY will follow when it is back. */
        worker_post_text(worker, MESSAGE_LOST, message->trainer, "the trainer is not free");
    else if (!space_accepts(&worker->space, message->body.assignment.values))
        give_back(worker, message->trainer,
                  "its assignment holds values that are none of the study's space");
    else if (!exchange_fetches(worker, message))
        worker_hand_out(worker, message);
}

void worker_stop(struct worker *worker, const struct message *message)
{
    struct trainer_process *trainer = &worker->trainers[message->trainer];
    struct error error;
    if (exchange_stops(worker, message) || trainer->state != TRAINER_TRAINING ||
        trainer->trial != message->trial || trainer->attempt != message->attempt)
        return; /* it has ended meanwhile */
    json_t *line = json_pack("{s:s, s:I}", "op", "stop", "trial", (json_int_t)message->trial);
    if (!trainer_process_send(trainer, line, &error))
        worker_break_off(worker, message->trainer, error.text);
}

/* The coordinator took this worker for lost: whatever it does is done by others. */
static void forget(struct worker *worker, const struct message *message)
{
    if (message->value == worker->lease)
        return;
    worker->lease = message->value;
    worker->credit = WORKER_FIRST_CREDIT;
    outbox_clear(&worker->outbox);
    for (unsigned slot = 0; slot < worker->options->trainers; slot++) {
        struct trainer_process *trainer = &worker->trainers[slot];
        exchange_forget(worker, slot);
        switch (trainer->state) {
        case TRAINER_TRAINING:
        case TRAINER_TESTING:
            trainer_process_kill(trainer);
            worker_start_trainer(worker, slot);
            break;
        case TRAINER_FREE:
            worker_post_ready(worker, slot);
            break;
        case TRAINER_DOWN:
            worker_post_text(worker, MESSAGE_UNFIT, slot, "it was given up before");
            break;
        case TRAINER_STARTING:
            break;
        }
    }
}

void worker_obey(struct worker *worker, const struct message *message)
{
    switch (message->kind) {
    case MESSAGE_FORGET:
        forget(worker, message);
        break;
    case MESSAGE_TRAIN:
    case MESSAGE_TEST:
        assign(worker, message);
        break;
    case MESSAGE_STOP:
        worker_stop(worker, message);
        break;
    case MESSAGE_CREDIT:
        worker->credit += message->value;
        break;
    case MESSAGE_QUIT:
        worker->quitting = true;
        if (message->value > 0 && message->value <= (uint32_t)link_size(worker->link))
            link_mark_lost(worker->link, (int)message->value - 1, true);
        break;
    case MESSAGE_CHUNK:
    case MESSAGE_TAKEN:
        exchange_deliver(worker, message);
        break;
    default:
        break;
    }
}
