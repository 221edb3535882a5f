/* test_worker.c - the worker's role with trainers that are shell scripts, and a coordinator that is
 * this test. */
#include "common/layout.h"
#include "common/link/parcel.h"
#include "common/monotonic.h"
#include "common/role.h"
#include "tests/support/virtual_link.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { CREDIT = 256, MESSAGES_MAX = 4000 };

struct heard {
    size_t count;
    struct message list[MESSAGES_MAX];
};

static void hear(void *context, int peer, bool to_worker, const struct message *message)
{
    struct heard *heard = context;
    (void)peer;
    (void)to_worker;
    if (message->kind != MESSAGE_ALIVE && heard->count < MESSAGES_MAX)
        memcpy(&heard->list[heard->count++], message, MESSAGE_FIXED_BYTES); /* no text is needed */
}

static void tell(void *context, int peer, bool to_worker, const struct message *message)
{
    (void)to_worker;
    worker_role.deliver(context, peer, message);
}

static void bad(void *context, int peer, const struct error *error)
{
    (void)context;
    fail_msg("a message of rank %d: %s", peer, error->text);
}

struct rig {
    struct virtual_net *net;
    json_t *document;
    struct rank_options options;
    void *worker;
    struct heard *heard;
};

/* A worker with one trainer, a script for sh. `scratch`: it does not see DIR; or NULL. */
static void set_up(struct rig *rig, const char *script, const char *metric, int report_every,
                   const char *scratch)
{
    struct error error;
    *rig = (struct rig){.net = virtual_net_create(2, NULL, NULL, NULL),
                        .heard = calloc(1, sizeof *rig->heard)};
    rig->document =
        json_pack("{s:{s:[s, s, s]}, s:{s:f}, s:{s:f}, s:{s:s}, s:{s:i}}", "trainer", "command",
                  "sh", "-c", script, "run", "heartbeat_timeout", 60.0, "space", "lr", 0.1, "study",
                  "metric", metric, "train", "report_every", report_every);
    rig->options = (struct rank_options){.document = rig->document,
                                         .dir = "/nowhere",
                                         .scratch = scratch,
                                         .trainers = 1,
                                         .program = "none"};
    rig->worker = worker_create(virtual_net_link(rig->net, 1), &rig->options, &error);
    assert_non_null(rig->worker);
}

static void tear_down(struct rig *rig)
{
    worker_destroy(rig->worker);
    virtual_net_destroy(rig->net);
    json_decref(rig->document);
    free(rig->heard);
}

/* Turns until a message of this kind has come, or `patience_s` have passed. */
static bool turn_until(struct rig *rig, enum message_kind kind, double patience_s)
{
    double end_s = monotonic_s() + patience_s;
    while (monotonic_s() < end_s) {
        struct pollfd news[8];
        virtual_net_set_time(rig->net, monotonic_s());
        (void)link_receive(virtual_net_link(rig->net, 1), tell, bad, rig->worker);
        (void)worker_role.turn(rig->worker, monotonic_s(), false);
        (void)link_receive(virtual_net_link(rig->net, 0), hear, bad, rig->heard);
        if (rig->heard->count > 0 && rig->heard->list[rig->heard->count - 1].kind == kind)
            return true;
        (void)poll(news, (nfds_t)worker_role.descriptors(rig->worker, news, 8), 1);
    }
    return false;
}

static void send_out(struct rig *rig, enum message_kind kind, uint64_t to, uint32_t credit)
{
    struct message message;
    struct error error;
    message_begin(&message, kind);
    message.trial = 7;
    message.attempt = 1;
    message.value = credit;
    if (kind == MESSAGE_TRAIN) {
        message.body.assignment.to = to;
        message.body.assignment.values[0] = 0.1;
    }
    assert_true(link_send(virtual_net_link(rig->net, 0), 1, true, &message, &error));
}

/* 3,000 reports as fast as they go, of which two hold a validation. */
static const char script[] =
    "read -r hello; echo '{\"op\":\"ready\",\"version\":1}'; read -r train\n"
    "r='{\"op\":\"report\",\"trial\":7,\"train_loss\":1,\"step\":'; i=1\n"
    "while [ $i -le 3000 ]; do case $i in 1000|2000) v=',\"val_loss\":2}';; *) v='}';; esac\n"
    "echo \"$r$i$v\"; i=$((i+1)); done\n"
    "echo '{\"op\":\"done\",\"trial\":7,\"step\":3000,\"status\":\"ok\"}'; read -r quit";

static void a_worker_without_credit_thins_reports_and_never_a_result(void **state)
{
    (void)state;
    struct rig rig;
    set_up(&rig, script, "val_loss", 100, NULL);
    assert_true(turn_until(&rig, MESSAGE_READY, 10));
    send_out(&rig, MESSAGE_TRAIN, 3000, 0);
    /* Each validation waits for credit, and what follows waits behind it. */
    for (size_t validation = 0; validation < 2; validation++) {
        while (rig.heard->count < 1 + CREDIT + validation)
            assert_false(turn_until(&rig, MESSAGE_DONE, 0.05));
        assert_false(turn_until(&rig, MESSAGE_DONE, 0.2));
        assert_int_equal(rig.heard->count, 1 + CREDIT + validation);
        send_out(&rig, MESSAGE_CREDIT, 0, 1);
    }
    assert_true(turn_until(&rig, MESSAGE_DONE, 10));
    /* ready, the reports that there was credit for, the last report, done */
    const struct heard *heard = rig.heard;
    assert_int_equal(heard->count, 1 + CREDIT + 2 + 1 + 1);
    for (size_t i = 1; i + 1 < heard->count; i++) {
        assert_int_equal(heard->list[i].kind, MESSAGE_REPORT);
        if (i > 1)
            assert_true(heard->list[i].body.report.step > heard->list[i - 1].body.report.step);
    }
    assert_int_equal(heard->list[1 + CREDIT].body.report.step, 1000);
    assert_int_equal(heard->list[2 + CREDIT].body.report.step, 2000);
    /* The last one before the end did not wait. */
    assert_int_equal(heard->list[3 + CREDIT].body.report.step, 3000);
    tear_down(&rig);
}

/* Where every report counts, none is left out: the trainer waits. */
static void reports_that_are_all_results_are_never_thinned(void **state)
{
    (void)state;
    static const struct {
        const char *metric;
        int report_every;
    } cases[] = {{"train_loss", 100}, {"val_loss", 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rig rig;
        set_up(&rig, script, cases[i].metric, cases[i].report_every, NULL);
        assert_true(turn_until(&rig, MESSAGE_READY, 10));
        send_out(&rig, MESSAGE_TRAIN, 3000, 0);
        while (rig.heard->count < 1 + CREDIT)
            assert_false(turn_until(&rig, MESSAGE_DONE, 0.05));
        assert_false(turn_until(&rig, MESSAGE_DONE, 0.3));
        assert_int_equal(rig.heard->count, 1 + CREDIT);
        send_out(&rig, MESSAGE_CREDIT, 0, 3000 - CREDIT);
        assert_true(turn_until(&rig, MESSAGE_DONE, 10));
        assert_int_equal(rig.heard->count, 1 + 3000 + 1);
        tear_down(&rig);
    }
}

/* A report, for which there is no room any more: it waits in the worker, and rank 0 takes nothing.
 * Returns the time. */
static double fall_on_deaf_ears(struct rig *rig)
{
    static const char one_report[] =
        "read -r hello; echo '{\"op\":\"ready\",\"version\":1}'; read -r train\n"
        "echo '{\"op\":\"report\",\"trial\":7,\"train_loss\":1,\"step\":1}'; read -r quit";
    set_up(rig, one_report, "val_loss", 100, NULL);
    assert_true(turn_until(rig, MESSAGE_READY, 10));
    send_out(rig, MESSAGE_TRAIN, 3000, 0);
    (void)link_receive(virtual_net_link(rig->net, 1), tell, bad, rig->worker);
    double now_s = monotonic_s(), end_s = now_s + 10;
    struct message alive;
    struct error full;
    message_begin(&alive, MESSAGE_ALIVE);
    while (link_send(virtual_net_link(rig->net, 1), 0, false, &alive, &full)) {
    }
    while (worker_role.turn(rig->worker, now_s, false) != ROLE_BUSY && now_s < end_s)
        now_s = monotonic_s();
    assert_true(now_s < end_s);
    return now_s;
}

static void a_worker_whose_words_are_not_taken_sleeps(void **state)
{
    (void)state;
    struct rig rig;
    double now_s = fall_on_deaf_ears(&rig);
    /* Longer than between two signs of life, and not so long that rank 0 is dead. */
    for (double until_s = now_s + 10; now_s < until_s; now_s += 0.5) {
        (void)worker_role.turn(rig.worker, now_s, false);
        assert_true(worker_role.wake(rig.worker) > now_s);
    }
    tear_down(&rig);
}

static void a_worker_does_not_wait_for_ever_for_its_last_word_to_be_taken(void **state)
{
    (void)state;
    struct rig rig;
    double now_s = fall_on_deaf_ears(&rig), begun_s = now_s;
    send_out(&rig, MESSAGE_QUIT, 0, 0);
    (void)link_receive(virtual_net_link(rig.net, 1), tell, bad, rig.worker);
    while (worker_role.turn(rig.worker, now_s, false) != ROLE_ENDED && now_s - begun_s < 200)
        now_s += 0.5;
    assert_in_range(now_s - begun_s, 59, 62);
    assert_non_null(worker_error(rig.worker));
    tear_down(&rig);
}

static void a_trainer_that_never_gets_ready_is_given_up(void **state)
{
    (void)state;
    struct rig rig;
    set_up(&rig, "read -r hello; exit 1", "val_loss", 100, NULL);
    assert_true(turn_until(&rig, MESSAGE_UNFIT, 10));
    assert_false(turn_until(&rig, MESSAGE_READY, 0.1));
    assert_int_equal(rig.heard->count, 1);
    tear_down(&rig);
}

/* What the coordinator counted before is of no use to it. */
static void a_worker_that_was_lost_and_returns_may_report_as_much_as_a_new_one(void **state)
{
    (void)state;
    struct rig rig;
    set_up(&rig, script, "train_loss", 100, NULL);
    for (uint32_t life = 1; life <= 2; life++) {
        assert_true(turn_until(&rig, MESSAGE_READY, 10));
        send_out(&rig, MESSAGE_TRAIN, 3000, 0);
        for (int i = 0; i < 200 && rig.heard->count < life * (1 + CREDIT); i++)
            assert_false(turn_until(&rig, MESSAGE_DONE, 0.05));
        assert_int_equal(rig.heard->count, life * (1 + CREDIT));
        send_out(&rig, MESSAGE_FORGET, 0, life);
    }
    tear_down(&rig);
}

/* A rank that does not see DIR has asked for the checkpoint when it hears that nobody wants to go
 * on from it. */
static void a_stop_that_comes_before_the_checkpoint_is_not_forgotten(void **state)
{
    (void)state;
    static const char obedient[] =
        "read -r hello; echo '{\"op\":\"ready\",\"version\":1}'; read -r train; read -r stop\n"
        "case $stop in *stop*) echo "
        "'{\"op\":\"done\",\"trial\":7,\"step\":101,\"status\":\"stopped\"}';; esac; read -r quit";
    char scratch[] = "/tmp/test_worker_XXXXXX", folder[64], source[96];
    struct rig rig;
    struct message message;
    struct error error;
    assert_non_null(mkdtemp(scratch));
    (void)snprintf(folder, sizeof folder, "%s/" LAYOUT_CHECKPOINTS, scratch);
    (void)snprintf(source, sizeof source, LAYOUT_CHECKPOINT_FORMAT, scratch, 7U, 0U);
    assert_int_equal(mkdir(folder, 0700), 0);
    set_up(&rig, obedient, "val_loss", 100, scratch);
    struct link *coordinator = virtual_net_link(rig.net, 0);
    assert_true(turn_until(&rig, MESSAGE_READY, 10));
    message_begin(&message, MESSAGE_TRAIN);
    message.trial = 7;
    message.attempt = 1;
    message.body.assignment.from = 100;
    message.body.assignment.to = 3000;
    message.body.assignment.values[0] = 0.1;
    assert_true(link_send(coordinator, 1, true, &message, &error));
    assert_true(turn_until(&rig, MESSAGE_FETCH, 10));
    send_out(&rig, MESSAGE_STOP, 0, 0);
    message_begin(&message, MESSAGE_CHUNK); /* all of it: nothing */
    message.trial = 7;
    message.attempt = 1;
    message.body.chunk.kind = PARCEL_CHECKPOINT;
    assert_true(link_send(coordinator, 1, true, &message, &error));
    assert_true(turn_until(&rig, MESSAGE_DONE, 10));
    assert_int_equal(rig.heard->list[rig.heard->count - 1].body.done.status, DONE_STOPPED);
    tear_down(&rig);
    assert_int_equal(unlink(source), 0);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(rmdir(scratch), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_worker_without_credit_thins_reports_and_never_a_result),
        cmocka_unit_test(reports_that_are_all_results_are_never_thinned),
        cmocka_unit_test(a_worker_whose_words_are_not_taken_sleeps),
        cmocka_unit_test(a_worker_does_not_wait_for_ever_for_its_last_word_to_be_taken),
        cmocka_unit_test(a_trainer_that_never_gets_ready_is_given_up),
        cmocka_unit_test(a_worker_that_was_lost_and_returns_may_report_as_much_as_a_new_one),
        cmocka_unit_test(a_stop_that_comes_before_the_checkpoint_is_not_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
