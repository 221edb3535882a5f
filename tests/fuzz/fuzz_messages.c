/* fuzz_messages.c - any bytes as messages to a dispatcher and to a worker, on virtual time.
 *
 * Each message: a byte that says from which rank, to which role and how much later, the message's
 * length in two bytes (little-endian), and its bytes. What is shorter than a message is filled up
 * with zeros, and what is of another version is made of this one, after it was checked as it is. */
#include "tests/fuzz/input.h"
#include "tests/support/virtual_cluster.h"
#include "tests/support/virtual_dispatch.h"
#include "tests/support/virtual_trainers.h"

#include <string.h>

enum { RANKS = 3, WORKER = 1, HEAD_BYTES = 3 };

struct job {
    struct virtual_dispatch virtual;
    struct rank_options rank_options;
    void *worker;
    double now_s;
    bool dispatch_ended, worker_ended;
};

static void witness(void *context, int from, int to, bool to_worker, const struct message *message)
{
    struct error error;
    (void)context;
    (void)from;
    (void)to;
    (void)to_worker;
    if (!message_check(message, MESSAGE_FIXED_BYTES + message->text_bytes, &error))
        input_fail("a message is sent that would be refused");
}

static void job_start(struct job *job)
{
    static const struct trainer_world world = {.step_s = 0.1,
                                               .start_s = 0.1,
                                               .report_every = 3,
                                               .samples = VIRTUAL_SAMPLES,
                                               .any_length = true};
    struct error error;
    *job = (struct job){.now_s = 0};
    virtual_trainers_begin(&world);
    virtual_trainers_enter(WORKER, 0);
    virtual_dispatch_begin(&job->virtual, virtual_study("sha", 6, 2, 1, 8), 2.0, RANKS, witness,
                           NULL);
    job->rank_options = (struct rank_options){.document = job->virtual.document,
                                              .dir = "d",
                                              .scratch = "s1",
                                              .trainers = 2,
                                              .program = ""};
    job->worker =
        worker_create(virtual_net_link(job->virtual.net, WORKER), &job->rank_options, &error);
    if (!job->virtual.dispatch || !job->worker)
        input_fail(job->virtual.dispatch ? error.text : job->virtual.error.text);
}

static void job_end(struct job *job)
{
    virtual_trainers_kill(WORKER);
    worker_destroy(job->worker);
    virtual_dispatch_end(&job->virtual);
}

/* Virtual trainers keep every report that they will make, and go forward only. */
static bool can_be_played(const struct message *message)
{
    enum { STEPS_MAX = 10000 };
    const struct message_assignment *assignment = &message->body.assignment;
    uint64_t end = assignment->pause > 0 ? assignment->pause : assignment->to;
    return message->kind != MESSAGE_TRAIN || (assignment->from <= end && end < STEPS_MAX);
}

static void deliver(void *context, int peer, bool to_worker, const struct message *message)
{
    struct job *job = context;
    if (to_worker && !job->worker_ended)
        worker_role.deliver(job->worker, peer, message);
    else if (!to_worker && !job->dispatch_ended)
        dispatch_role.deliver(job->virtual.dispatch, peer, message);
}

static void bad(void *context, int peer, const struct error *error)
{
    (void)context;
    (void)peer;
    input_fail(error->text);
}

static void turn(struct job *job)
{
    virtual_net_set_time(job->virtual.net, job->now_s);
    virtual_trainers_advance(job->now_s);
    for (int rank = 0; rank < RANKS; rank++)
        (void)link_receive(virtual_net_link(job->virtual.net, rank), deliver, bad, job);
    if (!job->worker_ended)
        job->worker_ended = worker_role.turn(job->worker, job->now_s, false) == ROLE_ENDED;
    if (!job->dispatch_ended)
        job->dispatch_ended =
            dispatch_role.turn(job->virtual.dispatch, job->now_s, false) == ROLE_ENDED;
}

/* The message as it is, or made so that it passes; false: no. */
static bool message_take(struct message_long *room, const uint8_t *bytes, size_t length)
{
    struct error error = {""};
    struct message *message = &room->message;
    memset(room, 0, sizeof *room);
    memcpy(room, bytes, length < sizeof *room ? length : sizeof *room);
    if (message_check(message, length, &error))
        return true;
    if (!*error.text)
        input_fail("a message is refused without a reason");
    message->version = MESSAGE_VERSION;
    return message_check(message, MESSAGE_FIXED_BYTES + message->text_bytes, &error);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    enum { TO_WORKER = 4, LATER_SHIFT = 3, MESSAGES_MAX = 64 };
    struct job job;
    job_start(&job);
    turn(&job);
    for (int i = 0; i < MESSAGES_MAX && length >= HEAD_BYTES; i++) {
        size_t said = bytes[1] + 256 * (size_t)bytes[2], left = length - HEAD_BYTES;
        size_t taken = said < left ? said : left;
        struct message_long message;
        job.now_s += 0.05 * (bytes[0] >> LATER_SHIFT);
        if (message_take(&message, bytes + HEAD_BYTES, taken) && can_be_played(&message.message))
            deliver(&job, bytes[0] & TO_WORKER ? 0 : bytes[0] % RANKS, bytes[0] & TO_WORKER,
                    &message.message);
        turn(&job);
        bytes += HEAD_BYTES + taken;
        length -= HEAD_BYTES + taken;
    }
    job_end(&job);
    return 0;
}
