/* test_simulator.c - the simulator against makespans that were worked out by hand. */
#include "coordinator/search/simulator.h"

#include "coordinator/search/curves.h"
#include "tests/support/virtual_cluster.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* Batches of ten samples. An epoch takes a second. */
#define ONE_STEP       10
#define THOUSAND_STEPS 10000
#define BINARY_STEPS   10240 /* a step takes 2^-10 s: sums of times are exact */

/* Trial 0 is the best, and so on. */
static double by_number(const void *context, const struct search *search, uint32_t trial,
                        uint64_t step)
{
    (void)context;
    (void)search;
    (void)step;
    return 0.1 * (trial + 1);
}

/* Context: trials from this number on diverge at half of 1,000 steps. */
static uint64_t from_number(const void *context, const struct search *search, uint32_t trial)
{
    const uint32_t *first = context;
    (void)search;
    return first && trial >= *first ? 500 : UINT64_MAX;
}

static struct simulator_options options_for(uint32_t trainers)
{
    return (struct simulator_options){.trainers = trainers,
                                      .costs = {.epoch_s = 1, .step_s = NAN},
                                      .learning = {by_number, from_number, NULL},
                                      .wall_time_s = NAN,
                                      .seed = 1};
}

struct simulation {
    json_t *study;
    struct search *search;
    struct simulator simulator;
};

static struct simulation simulate(json_t *study, uint64_t samples,
                                  const struct simulator_options *options)
{
    struct error error;
    struct simulation simulation = {.study = study,
                                    .search = search_create(study, samples, &error)};
    assert_non_null(simulation.search);
    assert_true(simulator_create(&simulation.simulator, simulation.search, options, &error));
    assert_true(simulator_run(&simulation.simulator, &error));
    return simulation;
}

static void end(struct simulation *simulation)
{
    simulator_destroy(&simulation->simulator);
    search_destroy(simulation->search);
    json_decref(simulation->study);
}

static void assert_near(double found, double expected)
{
    assert_float_equal(found, expected, 1e-9);
}

/* Candidates of equal length on machines in parallel: rounds of them, the last one incomplete. An
 * epoch of one step is too short to be taken in turns. */
static void without_rungs_it_takes_as_many_rounds_as_it_must(void **state)
{
    (void)state;
    static const struct {
        int candidates;
        uint32_t trainers;
        double wall_s;
    } cases[] = {{5, 2, 9}, {5, 1, 15}, {5, 5, 3}, {5, 100, 3}, {7, 3, 9}, {1, 1, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct simulator_options options = options_for(cases[i].trainers);
        struct simulation simulation =
            simulate(virtual_study("none", cases[i].candidates, 3, 1, 3), ONE_STEP, &options);
        assert_near(simulation.simulator.now_s, cases[i].wall_s);
        assert_near(simulation.simulator.busy_s, 3.0 * cases[i].candidates);
        assert_int_equal(simulator_total(&simulation.simulator).steps, 3 * cases[i].candidates);
        end(&simulation);
    }
}

/* McNaughton 1959: with preemption, the mean load is enough. Trials 0 and 1 run to 3; then trials
 * 2, 3 and 4 share two trainers in parts of 1.5: 2 3 | 4 2 | 3 4. */
static void turns_bring_the_last_round_to_the_mean_load(void **state)
{
    (void)state;
    static const struct {
        int candidates;
        uint32_t trainers;
    } cases[] = {{5, 2}, {7, 3}, {8, 3}, {9, 8}, {7, 4}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct simulator_options options = options_for(cases[i].trainers);
        struct simulation simulation =
            simulate(virtual_study("none", cases[i].candidates, 3, 1, 3), BINARY_STEPS, &options);
        assert_near(simulation.simulator.now_s, 3.0 * cases[i].candidates / cases[i].trainers);
        end(&simulation);
    }
}

/* Nine candidates for one epoch on two trainers: 5 s; three for two more: two rounds of 2 s; one
 * for six more. */
static void each_rung_of_a_halving_waits_for_the_one_before(void **state)
{
    (void)state;
    static const double ends_s[] = {5, 9, 15}, busy_s[] = {9, 6, 6};
    struct simulator_options options = options_for(2);
    struct simulation simulation = simulate(virtual_study("sha", 9, 3, 1, 9), ONE_STEP, &options);
    const struct simulator *simulator = &simulation.simulator;
    assert_int_equal(simulator->rung_count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_near(simulator->rungs[i].begun_s, i ? ends_s[i - 1] : 0);
        assert_near(simulator->rungs[i].end_s, ends_s[i]);
        assert_near(simulator->rungs[i].busy_s, busy_s[i]);
        assert_near(simulator->rungs[i].epochs, busy_s[i]);
    }
    assert_near(simulator->now_s, 15);
    assert_near(simulator->busy_s, 21);
    end(&simulation);
}

/* Finalists 0 and 1, twice each, on two trainers: two rounds of 9 s more. */
static void finalists_are_repeated_after_the_search(void **state)
{
    (void)state;
    json_t *study = virtual_study("none", 2, 3, 1, 9);
    virtual_study_set(study, "finalists", json_integer(2));
    virtual_study_set(study, "repeats", json_integer(2));
    struct simulator_options options = options_for(2);
    struct simulation simulation = simulate(study, ONE_STEP, &options);
    assert_int_equal(simulation.simulator.rung_count, 2);
    assert_near(simulation.simulator.rungs[1].busy_s, 36);
    assert_near(simulation.simulator.now_s, 27);
    end(&simulation);
}

/* Start 2; trial 0: 0.5 and three epochs with a validation each; sha's second segment begins with
 * 0.125 from its checkpoint. */
static void every_cost_is_paid_where_it_arises(void **state)
{
    (void)state;
    struct simulator_options options = options_for(1);
    options.costs.start_s = 2;
    options.costs.validation_s = 0.25;
    options.costs.fresh_s = 0.5;
    options.costs.resume_s = 0.125;
    struct simulation simulation =
        simulate(virtual_study("none", 1, 3, 1, 3), THOUSAND_STEPS, &options);
    assert_near(simulation.simulator.now_s, 2 + 0.5 + 3 * 1.25);
    end(&simulation);

    simulation = simulate(virtual_study("sha", 3, 3, 1, 3), THOUSAND_STEPS, &options);
    assert_near(simulation.simulator.now_s, 2 + 3 * (0.5 + 1.25) + 0.125 + 2 * 1.25);
    assert_near(simulation.simulator.busy_s, simulation.simulator.now_s - 2);
    end(&simulation);

    options.validate_every = 400; /* 400, 800 and the end of each epoch-long segment */
    simulation = simulate(virtual_study("none", 1, 3, 1, 1), THOUSAND_STEPS, &options);
    assert_near(simulation.simulator.now_s, 2 + 0.5 + 1 + 3 * 0.25);
    end(&simulation);
}

/* Where a batch has twice the samples, an epoch has half the steps, and each takes twice as long.
 */
static void an_epoch_takes_the_same_time_for_every_batch_size(void **state)
{
    (void)state;
    json_t *study = virtual_study("none", 4, 3, 1, 2);
    json_object_set_new(json_object_get(study, "space"), "batch_size",
                        json_pack("{s:[i, i]}", "choice", 10, 20));
    struct simulator_options options = options_for(1);
    struct simulation simulation = simulate(study, THOUSAND_STEPS, &options);
    struct simulator_rung total = simulator_total(&simulation.simulator);
    assert_near(simulation.simulator.now_s, 8);
    assert_near(total.epochs, 8);
    assert_in_range(total.steps, 4001, 7999); /* some candidates of both */
    end(&simulation);
}

/* Trials 2 and 3 end after half of their first epoch of three. */
static void a_trial_that_diverges_makes_room_for_the_next(void **state)
{
    (void)state;
    static const uint32_t first = 2;
    struct simulator_options options = options_for(1);
    options.learning.context = &first;
    struct simulation simulation =
        simulate(virtual_study("none", 4, 3, 1, 3), THOUSAND_STEPS, &options);
    assert_near(simulation.simulator.now_s, 3 + 3 + 0.5 + 0.5);
    assert_int_equal(search_trial(simulation.search, 3)->state, TRIAL_DIVERGED);
    assert_int_equal(search_trial(simulation.search, 1)->state, TRIAL_COMPLETE);
    end(&simulation);
}

/* At 4.0005 s both trainers are half-way through a step of a millisecond. */
static void when_the_time_is_over_what_runs_is_taken_back_at_the_next_step(void **state)
{
    (void)state;
    struct simulator_options options = options_for(2);
    options.wall_time_s = 4.0005;
    struct simulation simulation =
        simulate(virtual_study("none", 6, 3, 1, 3), THOUSAND_STEPS, &options);
    assert_near(simulation.simulator.now_s, 4.001);
    assert_int_equal(search_closed(simulation.search), SEARCH_CLOSE_TIME);
    assert_int_equal(search_trial_count(simulation.search), 4);
    assert_int_equal(search_trial(simulation.search, 2)->step, 1001);
    end(&simulation);
}

static double wall_with_seed(uint64_t seed)
{
    struct curves curves = curves_default(7);
    struct simulator_options options = options_for(5);
    curves.diverging = 0.3;
    options.learning = curves_learning(&curves);
    options.costs.spread = 0.2;
    options.seed = seed;
    struct simulation simulation =
        simulate(virtual_study("sha", 27, 3, 1, 9), THOUSAND_STEPS, &options);
    double wall_s = simulation.simulator.now_s;
    end(&simulation);
    return wall_s;
}

static void the_same_seed_gives_the_same_simulation(void **state)
{
    (void)state;
    assert_true(wall_with_seed(1) == wall_with_seed(1));
    assert_true(wall_with_seed(1) != wall_with_seed(2));
}

static enum fate same_value(void *context, uint32_t trial, uint32_t attempt, uint64_t from,
                            uint64_t to, uint64_t *step, double *value)
{
    (void)attempt;
    (void)from;
    *step = to;
    *value = by_number(NULL, context, trial, to);
    return FATE_REACHES;
}

/* A synchronous search does not depend on the order of events: the tests' own cluster, which scans
 * its trainers, must come to the same trials. */
static void it_leads_the_search_to_where_a_cluster_leads_it(void **state)
{
    (void)state;
    struct error error;
    struct simulator_options options = options_for(4);
    struct simulation simulation = simulate(virtual_study("sha", 50, 3, 1, 9), ONE_STEP, &options);
    struct virtual_cluster cluster = {.search = search_create(simulation.study, ONE_STEP, &error),
                                      .fate = same_value};
    virtual_cluster_run(&cluster, 7, 11);
    assert_int_equal(search_trial_count(cluster.search), search_trial_count(simulation.search));
    for (uint32_t i = 0; i < search_trial_count(cluster.search); i++) {
        const struct search_trial *one = search_trial(cluster.search, i);
        const struct search_trial *other = search_trial(simulation.search, i);
        assert_int_equal(one->state, other->state);
        assert_int_equal(one->step, other->step);
        assert_true(one->final == other->final);
    }
    search_destroy(cluster.search);
    free(cluster.events);
    end(&simulation);
}

static void a_share_of_the_synthetic_curves_diverges_early(void **state)
{
    (void)state;
    struct curves curves = curves_default(3);
    struct simulator_options options = options_for(10);
    curves.diverging = 0.4;
    options.learning = curves_learning(&curves);
    struct simulation simulation =
        simulate(virtual_study("none", 1000, 3, 1, 20), THOUSAND_STEPS, &options);
    unsigned diverged = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        const struct search_trial *trial = search_trial(simulation.search, i);
        diverged += trial->state == TRIAL_DIVERGED;
        if (trial->state == TRIAL_DIVERGED)
            assert_in_range(trial->step, 100, 1001); /* 0.5 % to 5 % of the 20,000 */
    }
    assert_in_range(diverged, 350, 450); /* 400 with a standard deviation of 15 */
    end(&simulation);
}

static void the_synthetic_curves_fall_and_cross(void **state)
{
    (void)state;
    struct error error;
    struct curves curves = curves_default(3);
    curves.diverging = 1.0 / 3;
    curves.quality = 0;
    json_t *study = virtual_study("none", 200, 3, 1, 100);
    struct search *search = search_create(study, ONE_STEP, &error);
    struct simulator simulator;
    struct simulator_options options = options_for(200);
    options.learning = curves_learning(&curves);
    assert_non_null(search);
    assert_true(simulator_create(&simulator, search, &options, &error));
    assert_int_equal(simulator_step(&simulator, &error), SIMULATOR_GOES_ON);
    uint32_t early = 0, late = 0;
    for (uint32_t i = 0; i < search_trial_count(search); i++) {
        for (uint64_t step = 0; step < 100; step += 10)
            assert_true(curves_expected(&curves, search, i, step + 10) <=
                        curves_expected(&curves, search, i, step));
        if (curves_expected(&curves, search, i, 1) < curves_expected(&curves, search, early, 1))
            early = i;
        if (curves_expected(&curves, search, i, 100) < curves_expected(&curves, search, late, 100))
            late = i;
    }
    /* What leads early learns with a higher rate than what is best in the end. */
    assert_true(search_trial(search, early)->values[0] > search_trial(search, late)->values[0]);
    simulator_destroy(&simulator);
    search_destroy(search);
    json_decref(study);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_rungs_it_takes_as_many_rounds_as_it_must),
        cmocka_unit_test(turns_bring_the_last_round_to_the_mean_load),
        cmocka_unit_test(each_rung_of_a_halving_waits_for_the_one_before),
        cmocka_unit_test(finalists_are_repeated_after_the_search),
        cmocka_unit_test(every_cost_is_paid_where_it_arises),
        cmocka_unit_test(an_epoch_takes_the_same_time_for_every_batch_size),
        cmocka_unit_test(a_trial_that_diverges_makes_room_for_the_next),
        cmocka_unit_test(when_the_time_is_over_what_runs_is_taken_back_at_the_next_step),
        cmocka_unit_test(the_same_seed_gives_the_same_simulation),
        cmocka_unit_test(it_leads_the_search_to_where_a_cluster_leads_it),
        cmocka_unit_test(a_share_of_the_synthetic_curves_diverges_early),
        cmocka_unit_test(the_synthetic_curves_fall_and_cross),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
