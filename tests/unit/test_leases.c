/* test_leases.c - who is lost, who comes back, and what of it counts: no MPI, no waiting. */
#include "common/attention.h"
#include "common/heartbeat.h"
#include "coordinator/dispatch/leases.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TIMEOUT_S 10.0

static struct leases leases;
static double now_s;

static int setup(void **state)
{
    (void)state;
    now_s = 1000;
    if (!leases_create(&leases, 4, TIMEOUT_S))
        return -1;
    leases_turn(&leases, now_s);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    leases_destroy(&leases);
    return 0;
}

/* Turns of a rank 0 that is not held up, ten a second, until something expires or the time is over.
 */
static int wait_for_loss(double seconds, double *silent_s)
{
    for (double until_s = now_s + seconds; now_s < until_s; now_s += 0.1) {
        leases_turn(&leases, now_s);
        int rank = leases_expire(&leases, silent_s);
        if (rank >= 0)
            return rank;
    }
    return -1;
}

static void a_worker_that_says_nothing_for_the_timeout_is_lost_once(void **state)
{
    (void)state;
    double silent_s;
    assert_int_equal(wait_for_loss(6, &silent_s), -1);
    assert_int_equal(leases_hear(&leases, 1, 0), LEASE_TAKE);
    assert_int_equal(leases_hear(&leases, 3, 0), LEASE_TAKE);
    assert_int_equal(wait_for_loss(5, &silent_s), 2);
    assert_true(silent_s >= TIMEOUT_S && silent_s < TIMEOUT_S + 0.5);
    assert_int_equal(leases_expire(&leases, &silent_s), -1);
    assert_int_equal(leases_in_state(&leases, LEASE_LOST), 1);
}

static void rank_0_is_never_lost(void **state)
{
    (void)state;
    double silent_s;
    for (int i = 1; i < 4; i++)
        leases_end(&leases, i);
    assert_int_equal(wait_for_loss(100, &silent_s), -1);
    assert_int_equal(leases.entries[0].state, LEASE_HELD);
}

static void what_a_worker_said_before_it_was_lost_does_not_count(void **state)
{
    (void)state;
    double silent_s;
    assert_int_equal(wait_for_loss(11, &silent_s), 1);
    uint32_t number = leases.entries[1].number;
    assert_int_equal(number, 1);
    /* Its old messages arrive: the first tells that it is back, none counts. */
    assert_int_equal(leases_hear(&leases, 1, 0), LEASE_RETURNED);
    assert_int_equal(leases_hear(&leases, 1, 0), LEASE_IGNORE);
    assert_int_equal(leases_hear(&leases, 1, 0), LEASE_IGNORE);
    /* It was told to forget, and says so. */
    assert_int_equal(leases_hear(&leases, 1, number), LEASE_TAKE);
    assert_int_equal(leases_hear(&leases, 1, 0), LEASE_IGNORE);
}

static void a_worker_may_be_lost_again_before_it_heard_that_it_was(void **state)
{
    (void)state;
    double silent_s;
    leases_end(&leases, 2);
    leases_end(&leases, 3);
    assert_int_equal(wait_for_loss(11, &silent_s), 1);
    assert_int_equal(leases_hear(&leases, 1, 0), LEASE_RETURNED);
    assert_int_equal(wait_for_loss(11, &silent_s), 1);
    assert_int_equal(leases_hear(&leases, 1, 0), LEASE_RETURNED);
    assert_int_equal(leases_hear(&leases, 1, 1), LEASE_IGNORE);
    assert_int_equal(leases_hear(&leases, 1, 2), LEASE_TAKE);
}

static void a_worker_that_said_goodbye_is_expected_no_more(void **state)
{
    (void)state;
    double silent_s;
    for (int i = 1; i < 4; i++)
        leases_end(&leases, i);
    assert_int_equal(wait_for_loss(50, &silent_s), -1);
    assert_int_equal(leases_hear(&leases, 1, 0), LEASE_IGNORE);
    assert_int_equal(leases_in_state(&leases, LEASE_ENDED), 3);
}

static void nobody_is_lost_while_rank_0_did_not_listen(void **state)
{
    (void)state;
    double silent_s;
    assert_int_equal(wait_for_loss(5, &silent_s), -1);
    now_s += 3600; /* rank 0 was stopped, or a disk held it up */
    leases_turn(&leases, now_s);
    assert_int_equal(leases_expire(&leases, &silent_s), -1);
    assert_int_equal(wait_for_loss(3, &silent_s), -1);
    assert_int_equal(wait_for_loss(3, &silent_s), 1);
}

static void several_signs_of_life_fit_into_every_timeout(void **state)
{
    (void)state;
    static const double timeouts[] = {0.01, 1, 2, 5, 60, 1e6};
    for (size_t i = 0; i < sizeof timeouts / sizeof timeouts[0]; i++) {
        assert_true(heartbeat_every_s(timeouts[i]) > 0);
        assert_true(heartbeat_every_s(timeouts[i]) <= timeouts[i] / 4);
        assert_true(heartbeat_every_s(timeouts[i]) <= 1);
    }
}

static void time_counts_only_as_far_as_turns_are_taken(void **state)
{
    (void)state;
    struct attention attention = {0};
    assert_true(attention_pass(&attention, 50, 1) == 0);
    assert_true(attention_pass(&attention, 50.5, 1) == 0.5);
    assert_true(attention_pass(&attention, 90, 1) == 1.5);
    assert_true(attention_pass(&attention, 80, 1) == 1.5); /* a clock that goes back */
    assert_true(attention_real(&attention, 2) == 80.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define LEASE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        LEASE_TEST(a_worker_that_says_nothing_for_the_timeout_is_lost_once),
        LEASE_TEST(rank_0_is_never_lost),
        LEASE_TEST(what_a_worker_said_before_it_was_lost_does_not_count),
        LEASE_TEST(a_worker_may_be_lost_again_before_it_heard_that_it_was),
        LEASE_TEST(a_worker_that_said_goodbye_is_expected_no_more),
        LEASE_TEST(nobody_is_lost_while_rank_0_did_not_listen),
        cmocka_unit_test(several_signs_of_life_fit_into_every_timeout),
        cmocka_unit_test(time_counts_only_as_far_as_turns_are_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
