/* test_arrivals.c - messages that cross each other, come twice or too late, at the dispatcher and
 * at a worker. */
#include "coordinator/dispatch/state.h"
#include "tests/support/memory_store.h"
#include "tests/support/virtual_cluster.h"
#include "tests/support/virtual_dispatch.h"
#include "tests/support/virtual_trainers.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { RANKS = 2, WORKER = 1 };

struct job {
    struct virtual_dispatch virtual;
    struct dispatch *dispatch;
    const struct search *search;
    double now_s;
    struct message last; /* that was sent to the worker or by it, but for signs of life */
    unsigned sent;       /* how many */
};

static void witness(void *context, int from, int to, bool to_worker, const struct message *message)
{
    struct job *job = context;
    (void)from;
    (void)to;
    (void)to_worker;
    if (message->kind == MESSAGE_ALIVE)
        return;
    memcpy(&job->last, message, MESSAGE_FIXED_BYTES + message->text_bytes);
    job->sent++;
}

static void look(struct job *job)
{
    job->dispatch = job->virtual.dispatch;
    job->search = job->virtual.options.search;
    assert_non_null(job->dispatch);
}

static void begin(struct job *job)
{
    static const struct trainer_world world = {
        .step_s = 0.1, .start_s = 0.1, .report_every = 100, .samples = VIRTUAL_SAMPLES};
    *job = (struct job){.now_s = 0};
    virtual_trainers_begin(&world);
    virtual_dispatch_begin(&job->virtual, virtual_study("none", 3, 2, 4, 4), 1000.0, RANKS, witness,
                           job);
    look(job);
}

static void end(struct job *job)
{
    virtual_dispatch_end(&job->virtual);
}

static void turn(struct job *job)
{
    job->now_s += 0.01;
    assert_int_not_equal(dispatch_role.turn(job->dispatch, job->now_s, false), ROLE_ENDED);
}

static struct message of(enum message_kind kind, uint32_t slot, uint32_t trial, uint32_t attempt)
{
    struct message message;
    message_begin(&message, kind);
    message.trainer = slot;
    message.trial = trial;
    message.attempt = attempt;
    if (kind == MESSAGE_READY)
        message.body.ready.train_samples = VIRTUAL_SAMPLES;
    return message;
}

static void say(struct job *job, struct message message)
{
    dispatch_role.deliver(job->dispatch, WORKER, &message);
}

/* The trial reaches step 4 with this value. */
static void reach(struct job *job, uint32_t slot, uint32_t trial, uint32_t attempt, double value)
{
    struct message message = of(MESSAGE_REPORT, slot, trial, attempt);
    message.body.report =
        (struct message_report){.step = 4, .train_loss = 1, .val_loss = value, .validated = 1};
    say(job, message);
    message = of(MESSAGE_DONE, slot, trial, attempt);
    message.body.done = (struct message_done){4, DONE_OK, VERDICT_HEALTHY};
    say(job, message);
}

static void assert_sent(const struct job *job, unsigned count, uint32_t slot, uint32_t trial,
                        uint32_t attempt)
{
    assert_int_equal(job->sent, count);
    assert_int_equal(job->last.kind, MESSAGE_TRAIN);
    assert_int_equal(job->last.trainer, slot);
    assert_int_equal(job->last.trial, trial);
    assert_int_equal(job->last.attempt, attempt);
}

/* It broke while it had nothing to do: its READY is on its way when it is sent something. */
static void an_assignment_that_crosses_a_ready_stays_with_the_trainer(void **state)
{
    struct job job;
    (void)state;
    begin(&job);
    say(&job, of(MESSAGE_READY, 0, 0, 0));
    turn(&job);
    assert_sent(&job, 1, 0, 0, 1);
    say(&job, of(MESSAGE_READY, 0, 0, 0));
    turn(&job);
    assert_int_equal(job.sent, 1);
    reach(&job, 0, 0, 1, 0.5);
    assert_int_equal(search_trial(job.search, 0)->state, TRIAL_COMPLETE);
    turn(&job);
    assert_sent(&job, 2, 0, 1, 1);
    end(&job);
}

static void an_assignment_that_crosses_a_farewell_goes_to_another_trainer(void **state)
{
    struct job job;
    (void)state;
    begin(&job);
    say(&job, of(MESSAGE_READY, 0, 0, 0));
    turn(&job);
    say(&job, of(MESSAGE_UNFIT, 0, 0, 0));
    say(&job, of(MESSAGE_LOST, 0, 0, 1));
    say(&job, of(MESSAGE_READY, 1, 0, 0));
    turn(&job);
    assert_sent(&job, 2, 1, 0, 2);
    assert_int_equal(search_trial(job.search, 0)->losses, 1);
    end(&job);
}

static void what_is_said_twice_or_afterwards_does_not_count(void **state)
{
    struct job job;
    size_t count, after;
    (void)state;
    begin(&job);
    say(&job, of(MESSAGE_READY, 0, 0, 0));
    turn(&job);
    reach(&job, 0, 0, 1, 0.5);
    turn(&job);
    (void)memory_store_events(job.virtual.options.store, &count);
    reach(&job, 0, 0, 1, 0.25); /* a report after its end, and the end once more */
    say(&job, of(MESSAGE_LOST, 0, 0, 1));
    turn(&job);
    (void)memory_store_events(job.virtual.options.store, &after);
    assert_int_equal(after, count);
    assert_true(search_trial(job.search, 0)->final == 0.5);
    assert_sent(&job, 2, 0, 1, 1);
    end(&job);
}

static void both_trials_of_a_worker_are_lost_at_once_and_go_on(void **state)
{
    struct job job;
    (void)state;
    begin(&job);
    say(&job, of(MESSAGE_READY, 0, 0, 0));
    say(&job, of(MESSAGE_READY, 1, 0, 0));
    turn(&job);
    assert_sent(&job, 2, 1, 1, 1);
    say(&job, of(MESSAGE_LOST, 0, 0, 1));
    say(&job, of(MESSAGE_LOST, 1, 1, 1));
    say(&job, of(MESSAGE_READY, 1, 0, 0));
    say(&job, of(MESSAGE_READY, 0, 0, 0));
    turn(&job);
    assert_sent(&job, 4, 1, 1, 2);
    reach(&job, 0, 0, 2, 0.5);
    reach(&job, 1, 1, 2, 0.25);
    assert_int_equal(search_trial(job.search, 0)->state, TRIAL_COMPLETE);
    assert_int_equal(search_trial(job.search, 1)->state, TRIAL_COMPLETE);
    end(&job);
}

/* Rank 0 waits for a READY after every loss. */
static void a_trainer_that_cannot_be_sent_its_assignment_is_started_again(void **state)
{
    struct job job;
    struct error error;
    (void)state;
    begin(&job);
    virtual_trainers_enter(WORKER, 0);
    const struct rank_options options = {
        .document = job.virtual.document, .dir = "d", .trainers = 1, .program = ""};
    void *worker = worker_create(virtual_net_link(job.virtual.net, WORKER), &options, &error);
    assert_non_null(worker);
    virtual_trainers_advance(1);
    (void)worker_role.turn(worker, 1, false);
    assert_int_equal(job.last.kind, MESSAGE_READY);
    struct message message = of(MESSAGE_TRAIN, 0, 0, 1);
    message.body.assignment.to = 4;
    message.body.assignment.values[0] = NAN;
    worker_role.deliver(worker, 0, &message);
    assert_int_equal(job.last.kind, MESSAGE_LOST);
    virtual_trainers_advance(2);
    (void)worker_role.turn(worker, 2, false);
    assert_int_equal(job.last.kind, MESSAGE_READY);
    worker_destroy(worker);
    end(&job);
}

/* It reports a step, and how long it trained the trial so far. */
static void report(struct job *job, uint32_t trial, uint32_t attempt, uint64_t step, double seconds)
{
    struct message message = of(MESSAGE_REPORT, 0, trial, attempt);
    message.body.report =
        (struct message_report){.step = step, .train_loss = 1, .val_loss = NAN, .seconds = seconds};
    job->now_s += 1;
    turn(job);
    say(job, message);
}

static void what_a_deadline_counts_with_is_no_longer_than_what_passed(void **state)
{
    (void)state;
    struct job job;
    begin(&job);
    const struct deadline *learned = &job.dispatch->deadline;
    turn(&job);
    say(&job, of(MESSAGE_READY, 0, 0, 0));
    turn(&job);
    report(&job, 0, 1, 1, 1000);
    assert_true(learned->step_s <= 1.1);
    report(&job, 0, 1, 2, 1e300);
    assert_true(learned->step_s <= 2.2);
    say(&job, of(MESSAGE_LOST, 0, 0, 1));
    say(&job, of(MESSAGE_READY, 0, 0, 0));
    turn(&job);
    const struct slot *slot = workers_slot(&job.dispatch->workers, WORKER, 0);
    assert_int_equal(slot->state, SLOT_BUSY);
    report(&job, slot->trial, slot->attempt, 1, 1);
    report(&job, slot->trial, slot->attempt, 2, 2);
    assert_true(learned->begin_s <= 1.1);
    end(&job);
}

/* What an earlier run trained is not this one's pace, and the time that it took tells nothing of
 * how long a step takes. */
static void a_trial_that_is_taken_up_counts_from_where_it_stood(void **state)
{
    (void)state;
    struct job job;
    begin(&job);
    say(&job, of(MESSAGE_READY, 0, 0, 0));
    turn(&job);
    report(&job, 0, 1, 3, 30);
    struct message done = of(MESSAGE_DONE, 0, 0, 1);
    done.body.done = (struct message_done){3, DONE_STOPPED, VERDICT_HEALTHY};
    dispatch_stop(job.dispatch, true, 0);
    say(&job, done);
    turn(&job);
    assert_true(job.dispatch->pace.budget_done == 3);

    virtual_dispatch_resume(&job.virtual);
    look(&job);
    say(&job, of(MESSAGE_READY, 0, 0, 0));
    turn(&job);
    assert_int_equal(job.last.body.assignment.from, 3);
    report(&job, 0, job.last.attempt, 4, 30.5);
    assert_true(job.dispatch->pace.budget_done == 1);
    assert_true(job.dispatch->deadline.step_s == 0);
    end(&job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_assignment_that_crosses_a_ready_stays_with_the_trainer),
        cmocka_unit_test(an_assignment_that_crosses_a_farewell_goes_to_another_trainer),
        cmocka_unit_test(what_is_said_twice_or_afterwards_does_not_count),
        cmocka_unit_test(both_trials_of_a_worker_are_lost_at_once_and_go_on),
        cmocka_unit_test(a_trainer_that_cannot_be_sent_its_assignment_is_started_again),
        cmocka_unit_test(what_a_deadline_counts_with_is_no_longer_than_what_passed),
        cmocka_unit_test(a_trial_that_is_taken_up_counts_from_where_it_stood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
