/* test_search_ends.c - how a search ends: stopping rules, finalists and their repeats. */
#include "tests/support/virtual_cluster.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* Ten training samples and batches of ten: an epoch is one step. */
#define SAMPLES 10

static void a_rule_closes_the_search(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        double value;
        enum search_close close;
        uint32_t trials, best;
    } cases[] = {
        {"target", 0.35, SEARCH_CLOSE_TARGET, 4, 3},
        {"target", 0.05, SEARCH_OPEN, 6, 5},
        {"total_epochs", 10, SEARCH_CLOSE_EPOCHS, 3, 1}, /* 4 epochs each */
        {"total_epochs", 12, SEARCH_CLOSE_EPOCHS, 3, 1},
        {"total_epochs", 12.5, SEARCH_CLOSE_EPOCHS, 4, 3},
        {"patience", 1, SEARCH_CLOSE_PATIENCE, 3, 1},
        {"patience", 2, SEARCH_OPEN, 6, 5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double values[] = {0.5, 0.4, 0.6, 0.3, 0.7, 0.1};
        json_t *study = virtual_study("none", 6, 3, 4, 4);
        bool whole = cases[i].close == SEARCH_CLOSE_PATIENCE || cases[i].key[0] == 'p';
        virtual_study_set(study, cases[i].key,
                          whole ? json_integer((json_int_t)cases[i].value)
                                : json_real(cases[i].value));
        struct virtual_cluster cluster = virtual_cluster_start(study, SAMPLES, values);
        uint32_t best;
        virtual_cluster_run(&cluster, 1, 0);
        assert_int_equal(search_closed(cluster.search), cases[i].close);
        assert_int_equal(search_trial_count(cluster.search), cases[i].trials);
        assert_true(search_best(cluster.search, &best));
        assert_int_equal(best, cases[i].best);
        virtual_cluster_stop(&cluster, study);
    }
}

/* Four places, four epochs each, whoever holds them. */
static void what_a_copy_was_given_by_its_parent_is_not_counted_again(void **state)
{
    (void)state;
    double values[] = {0.1, 0.2, 0.3, 0.4, 0.4, 0.4, 0.4};
    json_t *study = virtual_study("pbt", 4, 3, 4, 4);
    virtual_study_set(study, "quantile", json_real(0.25));
    virtual_study_set(study, "total_epochs", json_real(16.5));
    struct virtual_cluster cluster = virtual_cluster_start(study, SAMPLES, values);
    virtual_cluster_run(&cluster, 1, 0);
    assert_int_equal(search_trial_count(cluster.search), 7);
    assert_int_equal(cluster.steps_trained, 16);
    assert_int_equal(search_closed(cluster.search), SEARCH_OPEN);
    virtual_cluster_stop(&cluster, study);
}

static void tell(struct search *search, enum search_event_kind kind, uint32_t trial, uint64_t step,
                 double value, bool *released)
{
    const struct search_event event = {
        .kind = kind, .trial = trial, .attempt = 1, .step = step, .value = value};
    struct search_update update;
    assert_true(search_step(search, &event, &update));
    for (size_t i = 0; i < update.count; i++)
        if (update.actions[i].kind == SEARCH_RELEASE)
            released[update.actions[i].trial] = true;
}

static void a_candidate_that_was_better_on_its_way_is_not_fruitless(void **state)
{
    (void)state;
    struct error error;
    json_t *study = virtual_study("none", 9, 3, 4, 4);
    virtual_study_set(study, "patience", json_integer(1));
    struct search *search = search_create(study, SAMPLES, &error);
    bool released[9];
    assert_non_null(search);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(search_closed(search), SEARCH_OPEN);
        tell(search, SEARCH_FREE, 0, 0, NAN, released);
        if (i < 2)
            tell(search, SEARCH_REPORT, i, 2, i == 0 ? 0.5 : 0.4, released);
        tell(search, SEARCH_DONE, i, 4, 0.6, released);
    }
    assert_int_equal(search_closed(search), SEARCH_CLOSE_PATIENCE);
    search_destroy(search);
    json_decref(study);
}

/* Nine candidates, of which the first is the best: eight bring nothing better, however often the
 * best of them come to a further rung. */
static void patience_counts_a_candidate_once(void **state)
{
    (void)state;
    for (json_int_t patience = 8; patience <= 9; patience++) {
        double values[] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};
        json_t *study = virtual_study("sha", 9, 3, 1, 9);
        virtual_study_set(study, "patience", json_integer(patience));
        struct virtual_cluster cluster = virtual_cluster_start(study, SAMPLES, values);
        virtual_cluster_run(&cluster, 1, 0);
        assert_int_equal(search_closed(cluster.search),
                         patience == 8 ? SEARCH_CLOSE_PATIENCE : SEARCH_OPEN);
        virtual_cluster_stop(&cluster, study);
    }
}

static void
when_time_is_over_all_trials_are_taken_back_and_the_best_keeps_its_checkpoint(void **state)
{
    (void)state;
    struct error error;
    struct search_update update;
    json_t *study = virtual_study("none", 9, 3, 4, 4);
    struct search *search = search_create(study, SAMPLES, &error);
    struct search_event event = {.kind = SEARCH_FREE};
    assert_non_null(search);
    for (int i = 0; i < 3; i++)
        assert_true(search_step(search, &event, &update));
    for (uint32_t i = 0; i < 3; i++) {
        event = (struct search_event){.kind = SEARCH_REPORT,
                                      .trial = i,
                                      .attempt = 1,
                                      .step = 1,
                                      .value = i == 1 ? 0.2 : 0.5};
        assert_true(search_step(search, &event, &update));
    }
    event = (struct search_event){.kind = SEARCH_TIME_OVER};
    assert_true(search_step(search, &event, &update));
    assert_int_equal(update.count, 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(update.actions[i].kind, SEARCH_STOP);
        assert_int_equal(update.actions[i].trial, i);
    }
    assert_false(search_step(search, &event, &update));
    bool released[3] = {false};
    for (uint32_t i = 0; i < 3; i++) {
        event = (struct search_event){.kind = SEARCH_PAUSED, .trial = i, .attempt = 1, .step = 2};
        assert_false(search_finished(search));
        assert_true(search_step(search, &event, &update));
        for (size_t j = 0; j < update.count; j++)
            if (update.actions[j].kind == SEARCH_RELEASE)
                released[update.actions[j].trial] = true;
    }
    assert_true(search_finished(search));
    assert_int_equal(search_closed(search), SEARCH_CLOSE_TIME);
    uint32_t best;
    assert_true(search_best(search, &best));
    assert_int_equal(best, 1);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(search_trial(search, i)->state, TRIAL_STOPPED);
        assert_int_equal(search_trial(search, i)->stop, SEARCH_STOP_CLOSED);
        assert_int_equal(released[i], i != 1);
    }
    search_destroy(search);
    json_decref(study);
}

/* Trial 0 has the best value on its way and the worst at the end of its rung. Its checkpoint is
 * gone when the search is closed, or by then: what is recommended is what can be tested. */
static void a_closed_search_recommends_none_whose_checkpoint_is_gone(void **state)
{
    (void)state;
    static const struct {
        const char *scheduler, *variant;
        uint32_t closes_after; /* of the trials that settle one after the other */
    } cases[] = {
        {"sha", "promotion", 3},  /* 0 can be none of the best two */
        {"sha", "promotion", 0},  /* the same, while what runs is being stopped */
        {"asha", "promotion", 3}, /* 0 can be none of the best two */
        {"asha", "stopping", 3},  /* 0 was stopped for its rank */
        {"asha", "stopping", 0},  /* the same, while what runs is being stopped */
    };
    static const double values[] = {0.3, 0.4, 0.9};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error error;
        bool released[6] = {false};
        json_t *study = virtual_study(cases[i].scheduler, 6, 3, 2, 6);
        virtual_study_set(study, "variant", json_string(cases[i].variant));
        struct search *search = search_create(study, SAMPLES, &error);
        assert_non_null(search);
        for (uint32_t j = 0; j < 3; j++)
            tell(search, SEARCH_FREE, 0, 0, NAN, released);
        tell(search, SEARCH_REPORT, 0, 1, 0.1, released);
        for (uint32_t j = 0; j < 3; j++) {
            if (j == cases[i].closes_after)
                tell(search, SEARCH_TIME_OVER, 0, 0, NAN, released);
            tell(search, SEARCH_DONE, (j + 1) % 3, 2, values[j], released);
        }
        if (cases[i].closes_after == 3)
            tell(search, SEARCH_TIME_OVER, 0, 0, NAN, released);
        uint32_t best;
        assert_true(search_finished(search));
        assert_true(search_best(search, &best));
        assert_true(released[0]);
        assert_int_equal(best, 1);
        assert_false(released[1]);
        search_destroy(search);
        json_decref(study);
    }
}

/* Trial 0 was given back and waits to go on when the search is closed: a repeat comes, not it. */
static void what_waited_when_the_search_was_closed_is_not_trained_among_the_finals(void **state)
{
    (void)state;
    struct error error;
    bool released[9];
    json_t *study = virtual_study("none", 9, 3, 4, 4);
    virtual_study_set(study, "finalists", json_integer(1));
    virtual_study_set(study, "repeats", json_integer(1));
    struct search *search = search_create(study, SAMPLES, &error);
    assert_non_null(search);
    tell(search, SEARCH_FREE, 0, 0, NAN, released);
    tell(search, SEARCH_REPORT, 0, 1, 0.5, released);
    tell(search, SEARCH_PAUSED, 0, 2, NAN, released);
    tell(search, SEARCH_TIME_OVER, 0, 0, NAN, released);
    assert_false(search_finished(search));
    tell(search, SEARCH_FREE, 0, 0, NAN, released);
    assert_int_equal(search_trial(search, 0)->state, TRIAL_STOPPED);
    assert_int_equal(search_trial_count(search), 2);
    assert_true(search_trial(search, 1)->repeat);
    tell(search, SEARCH_DONE, 1, 4, 0.6, released);
    assert_true(search_finished(search));
    search_destroy(search);
    json_decref(study);
}

/* Context: a value by trial; negative: it diverges; below -1: all its attempts are lost. */
static enum fate by_trial(void *context, uint32_t trial, uint32_t attempt, uint64_t from,
                          uint64_t to, uint64_t *step, double *value)
{
    const double *values = context;
    (void)attempt;
    (void)from;
    *step = to;
    *value = values[trial];
    if (values[trial] < -1)
        return FATE_LOST;
    return values[trial] < 0 ? FATE_DIVERGES : FATE_REACHES;
}

/* Four candidates, of which 2 and 1 are the finalists; trials 4 and 6 repeat 2, 5 and 7 repeat 1.
 */
static void finalists_are_weighed_by_the_means_of_their_repeats(void **state)
{
    (void)state;
    static const struct {
        double repeats[4];
        uint32_t best;
        bool tied[2];
        uint32_t lost[2];
        double means[2], errors[2];
    } cases[] = {
        /* The winner of the search is not that of the repeats. */
        {{0.40, 0.30, 0.42, 0.34}, 1, {false, true}, {0, 0}, {0.41, 0.32}, {0.01, 0.02}},
        {{0.34, 0.30, 0.36, 0.34}, 1, {false, true}, {0, 0}, {0.35, 0.32}, {0.01, 0.02}},
        /* 0.34 and 0.32 differ by less than their errors: the one that spreads less. */
        {{0.31, 0.30, 0.37, 0.34}, 1, {true, true}, {0, 0}, {0.34, 0.32}, {0.03, 0.02}},
        {{0.33, 0.29, 0.35, 0.37}, 2, {true, true}, {0, 0}, {0.34, 0.33}, {0.01, 0.04}},
        /* One whose repeat diverged, or failed, is not recommended, however good the other was. */
        {{0.40, -1, 0.42, 0.01}, 2, {true, false}, {0, 1}, {0.41, 0.01}, {0.01, NAN}},
        {{0.40, -2, 0.42, 0.01}, 2, {true, false}, {0, 1}, {0.41, 0.01}, {0.01, NAN}},
        /* All lost: what the search itself had found best. */
        {{-1, -1, -1, -1}, 2, {false, false}, {2, 2}, {NAN, NAN}, {NAN, NAN}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double values[8] = {0.5, 0.3, 0.2, 0.4};
        for (int j = 0; j < 4; j++)
            values[4 + j] = cases[i].repeats[j];
        json_t *study = virtual_study("none", 4, 3, 2, 2);
        virtual_study_set(study, "finalists", json_integer(2));
        virtual_study_set(study, "repeats", json_integer(2));
        struct virtual_cluster cluster = virtual_cluster_start(study, SAMPLES, values);
        cluster.fate = by_trial;
        virtual_cluster_run(&cluster, 3, 0);
        const struct search *search = cluster.search;
        uint32_t best;
        assert_int_equal(search_trial_count(search), 8);
        assert_int_equal(search_finalist_count(search), 2);
        for (size_t j = 0; j < 2; j++) {
            const struct search_finalist *finalist = search_finalist(search, j);
            assert_int_equal(finalist->trial, j == 0 ? 2 : 1);
            assert_int_equal(finalist->tied, cases[i].tied[j]);
            assert_int_equal(finalist->lost, cases[i].lost[j]);
            assert_int_equal(finalist->repeats, 2 - cases[i].lost[j]);
            assert_int_equal(isnan(finalist->mean), isnan(cases[i].means[j]));
            assert_false(fabs(finalist->mean - cases[i].means[j]) > 1e-12);
            assert_int_equal(isnan(finalist->standard_error), isnan(cases[i].errors[j]));
            assert_false(fabs(finalist->standard_error - cases[i].errors[j]) > 1e-12);
        }
        assert_true(search_best(search, &best));
        assert_int_equal(best, cases[i].best);
        for (uint32_t j = 4; j < 8; j++) {
            assert_true(search_trial(search, j)->repeat);
            assert_int_equal(search_trial(search, j)->parent, j % 2 == 0 ? 2 : 1);
            assert_true(search_trial(search, j)->seed != search_trial(search, 0)->seed);
        }
        /* The same seed for each finalist, another for each repeat. */
        assert_true(search_trial(search, 4)->seed == search_trial(search, 5)->seed);
        assert_true(search_trial(search, 4)->seed != search_trial(search, 6)->seed);
        assert_int_equal(search_rung(search, search_rung_count(search) - 1)->settled, 4);
        virtual_cluster_stop(&cluster, study);
    }
}

/* Two candidates whose epochs have one step and two; their repeats 2 and 4, 3 and 5. */
static void of_tied_finalists_the_cheapest_is_recommended(void **state)
{
    (void)state;
    static const struct {
        double
            apart; /* the mean of the cheaper one above the other's; both have an error of 0.02 */
        bool cheaper;
    } cases[] = {{0.02, true}, {-0.02, true}, {0.05, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double values[6] = {0.3, 0.3, 0.28, 0.28, 0.32, 0.32};
        json_t *study = virtual_study("none", 2, 3, 2, 2);
        json_t *space = json_object_get(study, "space");
        json_object_del(space, "schedule");
        json_object_set_new(space, "lr", json_real(0.1));
        json_object_set_new(space, "batch_size", json_pack("{s:[i, i]}", "grid", 5, 10));
        json_object_del(json_object_get(study, "train"), "batch_size");
        virtual_study_set(study, "sampler", json_string("grid"));
        virtual_study_set(study, "finalists", json_integer(2));
        virtual_study_set(study, "repeats", json_integer(2));
        struct virtual_cluster cluster = virtual_cluster_start(study, SAMPLES, values);
        uint32_t best, cheap = 1;
        values[3] += cases[i].apart;
        values[5] += cases[i].apart;
        virtual_cluster_run(&cluster, 1, 0);
        assert_int_equal(search_trial(cluster.search, cheap)->step, 2);
        assert_int_equal(search_trial(cluster.search, 1 - cheap)->step, 4);
        assert_true(search_best(cluster.search, &best));
        assert_int_equal(best, cases[i].cheaper ? cheap : 1 - cheap);
        virtual_cluster_stop(&cluster, study);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patience_counts_a_candidate_once),
        cmocka_unit_test(a_rule_closes_the_search),
        cmocka_unit_test(what_a_copy_was_given_by_its_parent_is_not_counted_again),
        cmocka_unit_test(a_candidate_that_was_better_on_its_way_is_not_fruitless),
        cmocka_unit_test(
            when_time_is_over_all_trials_are_taken_back_and_the_best_keeps_its_checkpoint),
        cmocka_unit_test(a_closed_search_recommends_none_whose_checkpoint_is_gone),
        cmocka_unit_test(what_waited_when_the_search_was_closed_is_not_trained_among_the_finals),
        cmocka_unit_test(finalists_are_weighed_by_the_means_of_their_repeats),
        cmocka_unit_test(of_tied_finalists_the_cheapest_is_recommended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
