/* test_search.c - the search core by the traces of its decisions, on virtual time. */
#include "common/space.h"
#include "tests/support/virtual_cluster.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Ten training samples and batches of ten: an epoch is one step. */
#define SAMPLES 10

/* Nine candidates, eta 3, budgets 1, 3 and 9: 9 -> 3 -> 1. Two trainers. The values make trials 4,
 * 7 and 2 the best of the first rung; 7 and 2 tie there and both go on. */
static void a_small_halving_makes_the_decisions_of_the_paper(void **state)
{
    (void)state;
    double values[] = {0.9, 0.8, 0.5, 0.95, 0.3, 0.7, 0.6, 0.5, 0.85};
    json_t *study = virtual_study("sha", 9, 3, 1, 9);
    struct virtual_cluster cluster = virtual_cluster_start(study, SAMPLES, values);
    virtual_cluster_run(&cluster, 2, 0);
    assert_string_equal(cluster.trace, "[     0] > trainer 0 trains trial 0 from 0 to 1\n"
                                       "[     0] > trainer 1 trains trial 1 from 0 to 1\n"
                                       "[     1] < trial 0 reaches 1 with 0.9\n"
                                       "[     1] > trainer 0 trains trial 2 from 0 to 1\n"
                                       "[     1] < trial 1 reaches 1 with 0.8\n"
                                       "[     1] > trainer 1 trains trial 3 from 0 to 1\n"
                                       "[     2] < trial 2 reaches 1 with 0.5\n"
                                       "[     2] > trainer 0 trains trial 4 from 0 to 1\n"
                                       "[     2] < trial 3 reaches 1 with 0.95\n"
                                       "[     2] > trainer 1 trains trial 5 from 0 to 1\n"
                                       "[     3] < trial 4 reaches 1 with 0.3\n"
                                       "[     3] > trainer 0 trains trial 6 from 0 to 1\n"
                                       "[     3] < trial 5 reaches 1 with 0.7\n"
                                       "[     3] > trainer 1 trains trial 7 from 0 to 1\n"
                                       "[     4] < trial 6 reaches 1 with 0.6\n"
                                       "[     4] > trainer 0 trains trial 8 from 0 to 1\n"
                                       "[     4] < trial 7 reaches 1 with 0.5\n"
                                       "[     5] < trial 8 reaches 1 with 0.85\n"
                                       "           trial 8 stopped\n"
                                       "           trial 4 promoted to rung 1\n"
                                       "           trial 2 promoted to rung 1\n"
                                       "           trial 7 promoted to rung 1\n"
                                       "           trial 6 stopped\n"
                                       "           trial 5 stopped\n"
                                       "           trial 1 stopped\n"
                                       "           trial 0 stopped\n"
                                       "           trial 3 stopped\n"
                                       "[     5] > trainer 0 trains trial 4 from 1 to 3\n"
                                       "[     5] > trainer 1 trains trial 2 from 1 to 3\n"
                                       "[     7] < trial 4 reaches 3 with 0.3\n"
                                       "[     7] > trainer 0 trains trial 7 from 1 to 3\n"
                                       "[     7] < trial 2 reaches 3 with 0.5\n"
                                       "[     9] < trial 7 reaches 3 with 0.5\n"
                                       "           trial 7 stopped\n"
                                       "           trial 4 promoted to rung 2\n"
                                       "           trial 2 stopped\n"
                                       "[     9] > trainer 0 trains trial 4 from 3 to 9\n"
                                       "[    15] < trial 4 reaches 9 with 0.3\n"
                                       "           trial 4 complete\n");
    uint32_t best;
    assert_true(search_best(cluster.search, &best));
    assert_int_equal(best, 4);
    assert_int_equal(search_steps_again(cluster.search), 0);
    virtual_cluster_stop(&cluster, study);
}

static void ties_go_to_the_lower_number(void **state)
{
    (void)state;
    double values[27];
    for (int i = 0; i < 27; i++)
        values[i] = 1.0;
    json_t *study = virtual_study("sha", 27, 3, 1, 9);
    struct virtual_cluster cluster = virtual_cluster_start(study, SAMPLES, values);
    virtual_cluster_run(&cluster, 4, 99);
    uint32_t best;
    assert_true(search_best(cluster.search, &best));
    assert_int_equal(best, 0);
    for (uint32_t i = 0; i < 27; i++)
        assert_int_equal(search_trial(cluster.search, i)->rung, i < 3 ? 2 : i < 9 ? 1 : 0);
    virtual_cluster_stop(&cluster, study);
}

static void rungs_hold_the_published_counts(void **state)
{
    (void)state;
    static const struct {
        int candidates, eta;
        double min_budget, max_budget;
        size_t rungs;
        double budgets[6];
        uint32_t quotas[6];
    } cases[] = {
        {27, 3, 1, 9, 3, {1, 3, 9}, {27, 9, 3}},
        {27, 3, 1, 27, 4, {1, 3, 9, 27}, {27, 9, 3, 1}},
        /* Hyperband's most aggressive bracket, Li et al. 2018, table 1: R = 81, eta = 3. */
        {81, 3, 1, 81, 5, {1, 3, 9, 27, 81}, {81, 27, 9, 3, 1}},
        {34, 3, 3, 81, 4, {3, 9, 27, 81}, {34, 11, 3, 1}},
        {243, 3, 1, 243, 6, {1, 3, 9, 27, 81, 243}, {243, 81, 27, 9, 3, 1}},
        {64, 4, 1, 16, 3, {1, 4, 16}, {64, 16, 4}},
        /* A full budget that is not min * eta^k stretches the last rung. */
        {27, 3, 1, 10, 3, {1, 3, 10}, {27, 9, 3}},
        /* Too few candidates for all rungs: the last one left gets the full budget. */
        {4, 3, 1, 81, 2, {1, 81}, {4, 1}},
        {5, 2, 4, 4, 1, {4}, {5}},
        {10, 3, 0.1, 0.9, 3, {0.1, 0.3, 0.9}, {10, 3, 1}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error error;
        json_t *study = virtual_study("sha", cases[i].candidates, cases[i].eta, cases[i].min_budget,
                                      cases[i].max_budget);
        struct search *search = search_create(study, SAMPLES, &error);
        assert_non_null(search);
        assert_int_equal(search_rung_count(search), cases[i].rungs);
        for (size_t rung = 0; rung < cases[i].rungs; rung++) {
            assert_int_equal(search_rung(search, rung)->quota, cases[i].quotas[rung]);
            assert_true(fabs(search_rung(search, rung)->budget - cases[i].budgets[rung]) < 1e-12);
        }
        search_destroy(search);
        json_decref(study);
    }
}

static enum fate mostly_diverges(void *context, uint32_t trial, uint32_t attempt, uint64_t from,
                                 uint64_t to, uint64_t *step, double *value)
{
    const bool *sound = context;
    (void)attempt;
    *step = sound[trial] ? to : from + (to - from) / 2;
    *value = 1.0 + trial;
    return sound[trial] ? FATE_REACHES : FATE_DIVERGES;
}

static void diverged_candidates_are_never_promoted(void **state)
{
    (void)state;
    bool sound[27] = {[5] = true, [20] = true};
    json_t *study = virtual_study("sha", 27, 3, 2, 18);
    struct virtual_cluster cluster = virtual_cluster_start(study, SAMPLES, sound);
    cluster.fate = mostly_diverges;
    virtual_cluster_run(&cluster, 3, 0);
    /* Nine places in the second rung, two survivors: both go on, and both to the end. */
    assert_int_equal(search_rung(cluster.search, 0)->promoted, 2);
    assert_int_equal(search_rung(cluster.search, 1)->promoted, 2);
    uint32_t best;
    assert_true(search_best(cluster.search, &best));
    assert_int_equal(best, 5);
    for (uint32_t i = 0; i < 27; i++) {
        const struct search_trial *trial = search_trial(cluster.search, i);
        assert_int_equal(trial->state, sound[i] ? TRIAL_COMPLETE : TRIAL_DIVERGED);
        assert_int_equal(trial->verdict, sound[i] ? VERDICT_HEALTHY : VERDICT_COLLAPSED);
        assert_int_equal(trial->step, sound[i] ? 18 : 1);
    }
    virtual_cluster_stop(&cluster, study);
}

static void a_search_in_which_all_diverge_ends_without_a_recommendation(void **state)
{
    (void)state;
    bool sound[27] = {false};
    json_t *study = virtual_study("sha", 27, 3, 2, 18);
    struct virtual_cluster cluster = virtual_cluster_start(study, SAMPLES, sound);
    cluster.fate = mostly_diverges;
    virtual_cluster_run(&cluster, 3, 0);
    uint32_t best;
    assert_false(search_best(cluster.search, &best));
    assert_int_equal(search_trial_count(cluster.search), 27);
    virtual_cluster_stop(&cluster, study);
}

static void a_value_that_is_not_finite_counts_as_diverged(void **state)
{
    (void)state;
    double values[] = {0.5, NAN, INFINITY, 0.4};
    json_t *study = virtual_study("none", 4, 3, 1, 1);
    struct virtual_cluster cluster = virtual_cluster_start(study, SAMPLES, values);
    virtual_cluster_run(&cluster, 1, 0);
    assert_int_equal(search_trial(cluster.search, 1)->state, TRIAL_DIVERGED);
    assert_int_equal(search_trial(cluster.search, 2)->state, TRIAL_DIVERGED);
    assert_int_equal(search_trial(cluster.search, 3)->state, TRIAL_COMPLETE);
    virtual_cluster_stop(&cluster, study);
}

static enum fate loses_some(void *context, uint32_t trial, uint32_t attempt, uint64_t from,
                            uint64_t to, uint64_t *step, double *value)
{
    const unsigned *losses = context; /* attempts that are lost at first */
    *value = 1.0 + trial;
    *step = to;
    if (attempt <= losses[trial]) {
        *step = from + (to - from) / 2;
        return FATE_LOST;
    }
    return FATE_REACHES;
}

static void a_lost_attempt_is_tried_again_from_where_it_began_and_then_fails(void **state)
{
    (void)state;
    unsigned losses[3] = {3, 2, 0};
    json_t *study = virtual_study("none", 3, 3, 4, 4);
    struct virtual_cluster cluster = virtual_cluster_start(study, SAMPLES, losses);
    cluster.fate = loses_some;
    virtual_cluster_run(&cluster, 1, 0);
    assert_string_equal(cluster.trace, "[     0] > trainer 0 trains trial 0 from 0 to 4\n"
                                       "[     2] < trial 0 is lost before 2\n"
                                       "[     2] > trainer 0 trains trial 0 from 0 to 4\n"
                                       "[     4] < trial 0 is lost before 2\n"
                                       "[     4] > trainer 0 trains trial 0 from 0 to 4\n"
                                       "[     6] < trial 0 is lost before 2\n"
                                       "           trial 0 failed\n"
                                       "[     6] > trainer 0 trains trial 1 from 0 to 4\n"
                                       "[     8] < trial 1 is lost before 2\n"
                                       "[     8] > trainer 0 trains trial 1 from 0 to 4\n"
                                       "[    10] < trial 1 is lost before 2\n"
                                       "[    10] > trainer 0 trains trial 1 from 0 to 4\n"
                                       "[    14] < trial 1 reaches 4 with 2\n"
                                       "           trial 1 complete\n"
                                       "[    14] > trainer 0 trains trial 2 from 0 to 4\n"
                                       "[    18] < trial 2 reaches 4 with 3\n"
                                       "           trial 2 complete\n");
    virtual_cluster_stop(&cluster, study);
}

/* Two losses are borne; between them it gets on. */
static enum fate gets_on_between_losses(void *context, uint32_t trial, uint32_t attempt,
                                        uint64_t from, uint64_t to, uint64_t *step, double *value)
{
    (void)context;
    (void)trial;
    *value = 1.0;
    *step = attempt == 3 ? from + 1 : to;
    if (attempt == 3)
        return FATE_PAUSED;
    return attempt < 6 ? FATE_LOST : FATE_REACHES;
}

static void losses_are_counted_anew_when_a_trial_got_on(void **state)
{
    (void)state;
    json_t *study = virtual_study("none", 1, 3, 4, 4);
    struct virtual_cluster cluster = virtual_cluster_start(study, SAMPLES, NULL);
    cluster.fate = gets_on_between_losses;
    virtual_cluster_run(&cluster, 1, 0);
    assert_int_equal(search_trial(cluster.search, 0)->state, TRIAL_COMPLETE);
    assert_int_equal(search_trial(cluster.search, 0)->attempts, 6);
    virtual_cluster_stop(&cluster, study);
}

static void messages_of_an_older_attempt_change_nothing(void **state)
{
    (void)state;
    struct error error;
    struct search_update update;
    json_t *study = virtual_study("none", 2, 3, 4, 4);
    struct search *search = search_create(study, SAMPLES, &error);
    struct search_event event = {.kind = SEARCH_FREE};
    assert_true(search_step(search, &event, &update)); /* attempt 1 of trial 0 */
    event = (struct search_event){.kind = SEARCH_LOST, .trial = 0, .attempt = 1};
    assert_true(search_step(search, &event, &update));
    event = (struct search_event){.kind = SEARCH_FREE};
    assert_true(search_step(search, &event, &update)); /* attempt 2 */
    static const struct search_event late[] = {
        {.kind = SEARCH_DONE, .trial = 0, .attempt = 1, .step = 4, .value = 0.1},
        {.kind = SEARCH_LOST, .trial = 0, .attempt = 1},
        {.kind = SEARCH_REPORT, .trial = 0, .attempt = 1, .step = 2, .value = 0.1},
        {.kind = SEARCH_DONE, .trial = 1, .attempt = 1, .step = 4, .value = 0.1},
        {.kind = SEARCH_DONE, .trial = 77, .attempt = 1, .step = 4, .value = 0.1},
        {.kind = SEARCH_DONE, .trial = 0, .attempt = 2, .step = 5, .value = 0.1},
    };
    for (size_t i = 0; i < sizeof late / sizeof late[0]; i++) {
        assert_false(search_step(search, &late[i], &update));
        assert_int_equal(update.count, 0);
    }
    assert_int_equal(search_trial(search, 0)->state, TRIAL_RUNNING);
    assert_true(isnan(search_trial(search, 0)->metric));
    search_destroy(search);
    json_decref(study);
}

static enum fate pauses_once(void *context, uint32_t trial, uint32_t attempt, uint64_t from,
                             uint64_t to, uint64_t *step, double *value)
{
    (void)context;
    *value = 1.0 + trial;
    *step = attempt == 1 ? from + 1 : to;
    return attempt == 1 ? FATE_PAUSED : FATE_REACHES;
}

static void a_paused_trial_goes_on_where_it_stopped(void **state)
{
    (void)state;
    json_t *study = virtual_study("none", 1, 3, 4, 4);
    struct virtual_cluster cluster = virtual_cluster_start(study, SAMPLES, NULL);
    cluster.fate = pauses_once;
    virtual_cluster_run(&cluster, 1, 0);
    assert_string_equal(cluster.trace, "[     0] > trainer 0 trains trial 0 from 0 to 4\n"
                                       "[     1] < trial 0 is paused at 1\n"
                                       "[     1] > trainer 0 trains trial 0 from 1 to 4\n"
                                       "[     4] < trial 0 reaches 4 with 1\n"
                                       "           trial 0 complete\n");
    virtual_cluster_stop(&cluster, study);
}

static void candidates_do_not_depend_on_their_number(void **state)
{
    (void)state;
    json_t *small = virtual_study("none", 5, 3, 1, 1), *large = virtual_study("none", 50, 3, 1, 1);
    double values[50] = {0};
    struct virtual_cluster first = virtual_cluster_start(small, SAMPLES, values),
                           second = virtual_cluster_start(large, SAMPLES, values);
    virtual_cluster_run(&first, 1, 0);
    virtual_cluster_run(&second, 7, 5);
    for (uint32_t i = 0; i < 5; i++)
        for (size_t j = 0; j < search_space(first.search)->count; j++) {
            double a = search_trial(first.search, i)->values[j];
            double b = search_trial(second.search, i)->values[j];
            assert_true(a == b || (isnan(a) && isnan(b)));
        }
    for (uint32_t i = 0; i < 50; i++) {
        const double *candidate = search_trial(second.search, i)->values;
        assert_true(candidate[0] >= 1e-5 && candidate[0] <= 10);
        assert_true(candidate[1] >= 0 && candidate[1] <= 3);
        /* Only the exponential schedule, number 2, has a gamma to search. */
        assert_true(candidate[1] == 2 ? candidate[2] >= 0.1 && candidate[2] <= 0.9
                                      : isnan(candidate[2]));
    }
    virtual_cluster_stop(&first, small);
    virtual_cluster_stop(&second, large);
}

/* Common random numbers: a candidate's seed decides on its weights and its batches. */
static void candidates_share_their_seed_unless_seeds_are_to_be_independent(void **state)
{
    (void)state;
    for (int independent = 0; independent < 2; independent++) {
        double values[9] = {0};
        json_t *study = virtual_study("none", 9, 3, 1, 1);
        virtual_study_set(study, "independent_seeds", json_boolean(independent));
        struct virtual_cluster cluster = virtual_cluster_start(study, SAMPLES, values);
        virtual_cluster_run(&cluster, 2, 0);
        for (uint32_t i = 0; i < 9; i++)
            for (uint32_t j = 0; j < i; j++)
                assert_int_equal(search_trial(cluster.search, i)->seed !=
                                     search_trial(cluster.search, j)->seed,
                                 independent);
        virtual_cluster_stop(&cluster, study);
    }
}

static json_t *grid_study(void)
{
    json_t *study = virtual_study("none", 100, 3, 1, 1);
    virtual_study_set(study, "sampler", json_string("grid"));
    json_object_set_new(study, "space",
                        json_pack("{s:{s:[f, f, f]}, s:[{s:s}, {s:s, s:{s:[f, f]}}], s:{s:[i, i]}}",
                                  "lr", "grid", 0.1, 0.01, 0.001, "schedule", "type", "constant",
                                  "type", "exponential", "gamma", "grid", 0.5, 0.9, "batch_size",
                                  "choice", 32, 64));
    return study;
}

static void a_grid_holds_every_combination_once(void **state)
{
    (void)state;
    /* 3 rates x (constant + 2 gammas) x 2 batch sizes. */
    enum { combinations = 3 * 3 * 2 };
    json_t *study = grid_study();
    double values[combinations] = {0};
    struct virtual_cluster cluster = virtual_cluster_start(study, 640, values);
    assert_int_equal(search_candidates(cluster.search), combinations);
    virtual_cluster_run(&cluster, 3, 0);
    char *seen[combinations];
    for (uint32_t i = 0; i < combinations; i++) {
        const struct search_trial *trial = search_trial(cluster.search, i);
        json_t *params = space_params(search_space(cluster.search), trial->values);
        seen[i] = json_dumps(params, JSON_COMPACT);
        json_decref(params);
        for (uint32_t j = 0; j < i; j++)
            assert_string_not_equal(seen[i], seen[j]);
        /* An epoch of 640 samples is 20 steps of 32, or 10 of 64. */
        assert_int_equal(trial->step, strstr(seen[i], "\"batch_size\":32") ? 20 : 10);
    }
    assert_string_equal(seen[0], "{\"lr\":0.10000000000000001,\"schedule\":{\"type\":\"constant\"},"
                                 "\"batch_size\":32}");
    assert_string_equal(seen[combinations - 1],
                        "{\"lr\":0.001,\"schedule\":{\"type\":\"exponential\",\"gamma\":"
                        "0.90000000000000002},\"batch_size\":64}");
    for (uint32_t i = 0; i < combinations; i++)
        free(seen[i]);
    virtual_cluster_stop(&cluster, study);
}

/* Trainers that leave no checkpoints begin every segment at the start; the table of results stays
 * what it is with them, and what was trained twice is told. */
static void without_checkpoints_every_segment_begins_anew_and_counts_again(void **state)
{
    (void)state;
    double values[] = {0.9, 0.8, 0.5, 0.95, 0.3, 0.7, 0.6, 0.55, 0.85};
    json_t *study = virtual_study("sha", 9, 3, 1, 9);
    struct virtual_cluster cluster = virtual_cluster_start(study, SAMPLES, values);
    struct error error;
    assert_true(search_without_checkpoints(cluster.search, &error));
    virtual_cluster_run(&cluster, 2, 0);
    assert_non_null(strstr(cluster.trace, "trains trial 4 from 0 to 3\n"));
    assert_non_null(strstr(cluster.trace, "trains trial 4 from 0 to 9\n"));
    assert_null(strstr(cluster.trace, "from 1 "));
    assert_int_equal(search_trial(cluster.search, 4)->state, TRIAL_COMPLETE);
    /* Rung 2: three begin anew after one step; rung 3: one after three. An epoch is a step. */
    assert_int_equal(search_steps_again(cluster.search), 3 * 1 + 3);
    assert_true(search_epochs_again(cluster.search) == 6);
    virtual_cluster_stop(&cluster, NULL);
    virtual_study_set(study, "total_epochs", json_real(16));
    cluster = virtual_cluster_start(study, SAMPLES, values);
    assert_true(search_without_checkpoints(cluster.search, &error));
    virtual_cluster_run(&cluster, 1, 0);
    /* 9 + 3 + 3 are below it, 9 + 3 + 3 + 3 are not; with checkpoints it took 9 + 2 + 2 + 2 + 6. */
    assert_int_equal(search_closed(cluster.search), SEARCH_CLOSE_EPOCHS);
    assert_null(strstr(cluster.trace, "to 9\n"));
    virtual_cluster_stop(&cluster, study);
}

/* An epoch is a step. The first rung takes three; the second begins anew, and its first attempt is
 * lost after two. */
static void
without_checkpoints_lost_attempts_count_once_and_diverged_ones_throw_work_away(void **state)
{
    (void)state;
    const struct search_event events[] = {
        {.kind = SEARCH_FREE},
        {.kind = SEARCH_DONE, .trial = 0, .attempt = 1, .step = 1, .value = 0.1},
        {.kind = SEARCH_FREE},
        {.kind = SEARCH_DONE, .trial = 1, .attempt = 1, .step = 1, .value = 0.2},
        {.kind = SEARCH_FREE},
        {.kind = SEARCH_DONE, .trial = 2, .attempt = 1, .step = 1, .value = 0.3},
        {.kind = SEARCH_FREE},
        {.kind = SEARCH_REPORT, .trial = 0, .attempt = 2, .step = 2, .value = 0.1},
        {.kind = SEARCH_LOST, .trial = 0, .attempt = 2},
        {.kind = SEARCH_FREE},
        {.kind = SEARCH_REPORT, .trial = 0, .attempt = 3, .step = 2, .value = 0.1},
        {.kind = SEARCH_DIVERGED, .trial = 0, .attempt = 3, .step = 2, .value = NAN},
    };
    for (int total = 5; total <= 6; total++) {
        struct error error;
        json_t *study = virtual_study("sha", 3, 3, 1, 3);
        virtual_study_set(study, "total_epochs", json_real(total));
        struct search *search = search_create(study, SAMPLES, &error);
        assert_true(search_without_checkpoints(search, &error));
        for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
            struct search_update update;
            if (search_closed(search) == SEARCH_OPEN)
                assert_true(search_step(search, &events[i], &update));
        }
        assert_int_equal(search_closed(search), total == 5 ? SEARCH_CLOSE_EPOCHS : SEARCH_OPEN);
        assert_int_equal(search_steps_again(search), total == 5 ? 0 : 1);
        search_destroy(search);
        json_decref(study);
    }
}

static void without_checkpoints_a_paused_attempt_leaves_nothing(void **state)
{
    (void)state;
    const struct search_event events[] = {
        {.kind = SEARCH_FREE},
        {.kind = SEARCH_DONE, .trial = 0, .attempt = 1, .step = 3, .value = 0.1},
        {.kind = SEARCH_FREE},
        {.kind = SEARCH_DONE, .trial = 1, .attempt = 1, .step = 3, .value = 0.2},
        {.kind = SEARCH_FREE},
        {.kind = SEARCH_DONE, .trial = 2, .attempt = 1, .step = 3, .value = 0.3},
        {.kind = SEARCH_FREE},
        {.kind = SEARCH_REPORT, .trial = 0, .attempt = 2, .step = 2, .value = 0.1},
        {.kind = SEARCH_PAUSED, .trial = 0, .attempt = 2, .step = 5},
        {.kind = SEARCH_FREE},
        {.kind = SEARCH_DONE, .trial = 0, .attempt = 3, .step = 9, .value = 0.1},
    };
    struct error error;
    json_t *study = virtual_study("sha", 3, 3, 3, 9);
    struct search *search = search_create(study, SAMPLES, &error);
    assert_true(search_without_checkpoints(search, &error));
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        struct search_update update;
        assert_true(search_step(search, &events[i], &update));
    }
    assert_int_equal(search_trial(search, 0)->state, TRIAL_COMPLETE);
    /* What a lost attempt trained does not count, and no more does this. */
    assert_int_equal(search_steps_again(search), 3);
    search_destroy(search);
    json_decref(study);
}

static void a_scheduler_that_copies_trials_refuses_trainers_without_checkpoints(void **state)
{
    (void)state;
    static const char *const names[] = {"none", "sha", "asha", "hyperband", "median", "pbt"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        json_t *study = virtual_study(names[i], 9, 3, 1, 9);
        struct error error = {""};
        struct search *search = search_create(study, SAMPLES, &error);
        assert_non_null(search);
        bool copies = strcmp(names[i], "pbt") == 0;
        assert_true(search_without_checkpoints(search, &error) != copies);
        if (copies)
            assert_non_null(strstr(error.text, "pbt"));
        search_destroy(search);
        json_decref(study);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_halving_makes_the_decisions_of_the_paper),
        cmocka_unit_test(ties_go_to_the_lower_number),
        cmocka_unit_test(rungs_hold_the_published_counts),
        cmocka_unit_test(diverged_candidates_are_never_promoted),
        cmocka_unit_test(a_search_in_which_all_diverge_ends_without_a_recommendation),
        cmocka_unit_test(a_value_that_is_not_finite_counts_as_diverged),
        cmocka_unit_test(a_lost_attempt_is_tried_again_from_where_it_began_and_then_fails),
        cmocka_unit_test(losses_are_counted_anew_when_a_trial_got_on),
        cmocka_unit_test(messages_of_an_older_attempt_change_nothing),
        cmocka_unit_test(a_paused_trial_goes_on_where_it_stopped),
        cmocka_unit_test(candidates_do_not_depend_on_their_number),
        cmocka_unit_test(candidates_share_their_seed_unless_seeds_are_to_be_independent),
        cmocka_unit_test(a_grid_holds_every_combination_once),
        cmocka_unit_test(without_checkpoints_every_segment_begins_anew_and_counts_again),
        cmocka_unit_test(
            without_checkpoints_lost_attempts_count_once_and_diverged_ones_throw_work_away),
        cmocka_unit_test(without_checkpoints_a_paused_attempt_leaves_nothing),
        cmocka_unit_test(a_scheduler_that_copies_trials_refuses_trainers_without_checkpoints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
