/* test_schedulers.c - each scheduler by the trace of its decisions and by published tables. */
#include "coordinator/search/heap.h"
#include "coordinator/search/schedulers/explore.h"
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

/* Context: values[trial][step - 1], STEPS a trial. A negative one: it diverges there. */
enum { STEPS = 9 };

static enum fate by_step(void *context, uint32_t trial, uint32_t attempt, uint64_t from,
                         uint64_t to, uint64_t *step, double *value)
{
    const double(*values)[STEPS] = context;
    (void)attempt;
    (void)from;
    *step = to;
    *value = values[trial][to - 1];
    return *value < 0 ? FATE_DIVERGES : FATE_REACHES;
}

/* --- what they are made of ----------------------------------------------------------------------
 */

static void a_queue_keeps_its_order_while_it_wraps_and_grows(void **state)
{
    (void)state;
    struct queue queue = {0};
    uint32_t in = 0, out = 0;
    for (int round = 0; round < 200; round++) {
        for (int i = 0; i < 7; i++)
            assert_true(queue_push(&queue, in++));
        for (int i = 0; i < 5; i++)
            assert_int_equal(queue_pop(&queue), out++);
        assert_int_equal(queue.count, in - out);
    }
    while (queue.count > 0)
        assert_int_equal(queue_pop(&queue), out++);
    assert_int_equal(in, out);
    queue_destroy(&queue);
}

static void a_heap_gives_its_items_in_order_ties_by_number(void **state)
{
    (void)state;
    enum { COUNT = 500 };
    for (int descending = 0; descending < 2; descending++) {
        struct heap heap = {.descending = descending};
        for (uint32_t i = 0; i < COUNT; i++)
            assert_true(heap_push(&heap, (struct heap_item){i * 37 % 50, i * 101 % COUNT}));
        struct heap_item last = heap_pop(&heap);
        for (int i = 1; i < COUNT; i++) {
            struct heap_item item = heap_pop(&heap);
            assert_true(descending ? heap_item_before(item, last) : heap_item_before(last, item));
            last = item;
        }
        assert_int_equal(heap.count, 0);
        heap_destroy(&heap);
    }
}

/* --- successive halving and Hyperband -----------------------------------------------------------
 */

static void halving_trains_the_published_numbers(void **state)
{
    (void)state;
    static const struct {
        int candidates, max_budget;
        uint32_t counts[6];
    } cases[] = {
        {27, 27, {27, 9, 3, 1}},
        {81, 81, {81, 27, 9, 3, 1}},
        {243, 243, {243, 81, 27, 9, 3, 1}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double values[243];
        for (int j = 0; j < 243; j++)
            values[j] = (double)(j * 100 % 243); /* an order of its own */
        json_t *study = virtual_study("sha", cases[i].candidates, 3, 1, cases[i].max_budget);
        struct virtual_cluster cluster = virtual_cluster_start(study, SAMPLES, values);
        virtual_cluster_run(&cluster, 5, 0);
        uint64_t steps = 0, below = 0;
        for (size_t rung = 0; rung < search_rung_count(cluster.search); rung++) {
            const struct search_rung *found = search_rung(cluster.search, rung);
            assert_int_equal(found->entered, cases[i].counts[rung]);
            steps += found->entered * ((uint64_t)found->budget - below);
            below = (uint64_t)found->budget;
        }
        assert_int_equal(cluster.steps_trained, steps);
        virtual_cluster_stop(&cluster, study);
    }
}

static void what_remains_counts_those_that_can_still_come(void **state)
{
    (void)state;
    struct error error;
    struct search_update update;
    json_t *study = virtual_study("sha", 9, 3, 1, 9);
    struct search *search = search_create(study, SAMPLES, &error);
    struct search_event event = {.kind = SEARCH_FREE};
    assert_non_null(search);
    /* 9 x 1, 3 x 2, 1 x 6 */
    assert_true(search_remaining_budget(search) == 21);
    for (int i = 0; i < 9; i++)
        assert_true(search_step(search, &event, &update));
    for (uint32_t i = 0; i < 7; i++) {
        event = (struct search_event){
            .kind = SEARCH_DIVERGED, .trial = i, .attempt = 1, .step = 1, .value = NAN};
        assert_true(search_step(search, &event, &update));
        /* The two that are left after the seventh go on both. */
        assert_true(search_remaining_budget(search) == (i < 6 ? 20 - i : 12));
    }
    for (uint32_t i = 7; i < 9; i++) {
        event = (struct search_event){
            .kind = SEARCH_DONE, .trial = i, .attempt = 1, .step = 1, .value = 1};
        assert_true(search_step(search, &event, &update));
        assert_true(search_remaining_budget(search) == (i == 7 ? 11 : 10));
    }
    search_destroy(search);
    json_decref(study);
}

/* Li et al. 2018, table 1: R = 81, eta = 3. One pass takes 143 candidates. */
static const struct {
    uint32_t count, first; /* of rungs; the first rung's budget */
    uint32_t quotas[5];
} published[] = {
    {5, 1, {81, 27, 9, 3, 1}}, {4, 3, {34, 11, 3, 1}}, {3, 9, {15, 5, 1}},
    {2, 27, {8, 2}},           {1, 81, {5}},
};

static void hyperband_has_the_published_brackets(void **state)
{
    (void)state;
    for (int passes = 1; passes <= 2; passes++) {
        double values[286];
        for (int i = 0; i < 286; i++)
            values[i] = (double)(i * 101 % 286);
        json_t *study = virtual_study("hyperband", 143 * passes, 3, 1, 81);
        struct virtual_cluster cluster = virtual_cluster_start(study, SAMPLES, values);
        size_t index = 0;
        virtual_cluster_run(&cluster, 7, 3);
        for (size_t i = 0; i < sizeof published / sizeof published[0]; i++) {
            double budget = published[i].first;
            for (uint32_t level = 0; level < published[i].count; level++, budget *= 3) {
                const struct search_rung *rung = search_rung(cluster.search, index++);
                assert_int_equal(rung->bracket, i);
                assert_int_equal(rung->level, level);
                assert_true(fabs(rung->budget - budget) < 1e-9);
                assert_int_equal(rung->quota, passes * published[i].quotas[level]);
                assert_int_equal(rung->entered, rung->quota);
            }
        }
        assert_int_equal(search_rung_count(cluster.search), index);
        virtual_cluster_stop(&cluster, study);
    }
}

/* 143 + 81 + 5: the second pass ends in its second bracket, which then promotes 1 of 5 twice. */
static void the_last_bracket_takes_what_is_left(void **state)
{
    (void)state;
    static const uint32_t quotas[] = {162, 54, 18, 6, 2, 39, 12, 4, 2, 15, 5, 1, 8, 2, 5};
    double values[229];
    for (int i = 0; i < 229; i++)
        values[i] = i;
    json_t *study = virtual_study("hyperband", 229, 3, 1, 81);
    struct virtual_cluster cluster = virtual_cluster_start(study, SAMPLES, values);
    virtual_cluster_run(&cluster, 3, 0);
    for (size_t i = 0; i < sizeof quotas / sizeof quotas[0]; i++) {
        assert_int_equal(search_rung(cluster.search, i)->quota, quotas[i]);
        assert_int_equal(search_rung(cluster.search, i)->entered, quotas[i]);
    }
    virtual_cluster_stop(&cluster, study);
}

static void asynchronous_hyperband_deals_candidates_like_the_synchronous_one(void **state)
{
    (void)state;
    double values[150];
    for (int i = 0; i < 150; i++)
        values[i] = (double)(i * 7 % 150);
    json_t *study = virtual_study("hyperband", 150, 3, 1, 81);
    virtual_study_set(study, "asynchronous", json_true());
    struct virtual_cluster cluster = virtual_cluster_start(study, SAMPLES, values);
    virtual_cluster_run(&cluster, 9, 4);
    uint32_t next = 0;
    for (uint32_t i = 0; i < 5; i++)
        for (uint32_t j = 0; j < published[i].quotas[0]; j++)
            assert_int_equal(search_trial(cluster.search, next++)->bracket, i);
    for (; next < 150; next++)
        assert_int_equal(search_trial(cluster.search, next)->bracket, 0);
    virtual_cluster_stop(&cluster, study);
}

static uint32_t ask(struct search *search)
{
    const struct search_event event = {.kind = SEARCH_FREE, .value = NAN};
    struct search_update update;
    assert_true(search_step(search, &event, &update));
    for (size_t i = 0; i < update.count; i++)
        if (update.actions[i].kind == SEARCH_TRAIN)
            return update.actions[i].trial;
    return SEARCH_NO_TRIAL;
}

static void reach(struct search *search, uint32_t first, uint32_t last)
{
    for (uint32_t i = first; i <= last; i++) {
        struct search_update update;
        const struct search_trial *trial = search_trial(search, i);
        const struct search_event event = {.kind = SEARCH_DONE,
                                           .trial = i,
                                           .attempt = trial->attempts,
                                           .step = trial->target,
                                           .value = i};
        assert_true(search_step(search, &event, &update));
    }
}

/* Brackets of four, three and three candidates. The first two wait with promoted trials; before the
 * second time that the first does so a trainer asked in vain, or did not: no event tells of that.
 */
static void a_trainer_that_finds_no_work_changes_nothing_in_hyperband(void **state)
{
    (void)state;
    for (int vain = 0; vain < 2; vain++) {
        struct error error;
        json_t *study = virtual_study("hyperband", 10, 2, 1, 4);
        struct search *search = search_create(study, SAMPLES, &error);
        assert_non_null(search);
        for (uint32_t i = 0; i < 10; i++)
            assert_int_equal(ask(search), i);
        reach(search, 0, 3);
        assert_int_equal(ask(search), 0);
        assert_int_equal(ask(search), 1);
        if (vain)
            assert_int_equal(ask(search), SEARCH_NO_TRIAL);
        reach(search, 4, 6);
        reach(search, 0, 1);
        assert_int_equal(ask(search), 4);
        assert_int_equal(ask(search), 0);
        search_destroy(search);
        json_decref(study);
    }
}

/* --- ASHA ---------------------------------------------------------------------------------------
 */

/* Bracket 0 of the paper's example, n = 9, r = 1, R = 9, eta = 3, with one worker. The first, the
 * sixth and the eighth configuration (0, 5 and 7 here) are the best of the bottom rung, the eighth
 * of the next: each is promoted as soon as three, six and nine have come. */
static void asha_promotes_as_soon_as_a_trial_is_among_the_best_third(void **state)
{
    (void)state;
    double values[] = {0.3, 0.9, 0.8, 0.7, 0.65, 0.2, 0.6, 0.1, 0.55};
    json_t *study = virtual_study("asha", 9, 3, 1, 9);
    struct virtual_cluster cluster = virtual_cluster_start(study, SAMPLES, values);
    virtual_cluster_run(&cluster, 1, 0);
    assert_string_equal(cluster.trace, "[     0] > trainer 0 trains trial 0 from 0 to 1\n"
                                       "[     1] < trial 0 reaches 1 with 0.3\n"
                                       "[     1] > trainer 0 trains trial 1 from 0 to 1\n"
                                       "[     2] < trial 1 reaches 1 with 0.9\n"
                                       "[     2] > trainer 0 trains trial 2 from 0 to 1\n"
                                       "[     3] < trial 2 reaches 1 with 0.8\n"
                                       "[     3] > trainer 0 trains trial 0 from 1 to 3\n"
                                       "[     5] < trial 0 reaches 3 with 0.3\n"
                                       "[     5] > trainer 0 trains trial 3 from 0 to 1\n"
                                       "[     6] < trial 3 reaches 1 with 0.7\n"
                                       "[     6] > trainer 0 trains trial 4 from 0 to 1\n"
                                       "[     7] < trial 4 reaches 1 with 0.65\n"
                                       "[     7] > trainer 0 trains trial 5 from 0 to 1\n"
                                       "[     8] < trial 5 reaches 1 with 0.2\n"
                                       "[     8] > trainer 0 trains trial 5 from 1 to 3\n"
                                       "[    10] < trial 5 reaches 3 with 0.2\n"
                                       "[    10] > trainer 0 trains trial 6 from 0 to 1\n"
                                       "[    11] < trial 6 reaches 1 with 0.6\n"
                                       "[    11] > trainer 0 trains trial 7 from 0 to 1\n"
                                       "[    12] < trial 7 reaches 1 with 0.1\n"
                                       "[    12] > trainer 0 trains trial 7 from 1 to 3\n"
                                       "[    14] < trial 7 reaches 3 with 0.1\n"
                                       "[    14] > trainer 0 trains trial 7 from 3 to 9\n"
                                       "[    20] < trial 7 reaches 9 with 0.1\n"
                                       "           trial 7 complete\n"
                                       "[    20] > trainer 0 trains trial 8 from 0 to 1\n"
                                       "[    21] < trial 8 reaches 1 with 0.55\n"
                                       "           trial 8 stopped\n"
                                       "           trial 6 stopped\n"
                                       "           trial 4 stopped\n"
                                       "           trial 3 stopped\n"
                                       "           trial 2 stopped\n"
                                       "           trial 1 stopped\n"
                                       "           trial 5 stopped\n"
                                       "           trial 0 stopped\n");
    virtual_cluster_stop(&cluster, study);
}

static void asha_trains_one_in_full_even_if_too_few_come_to_promote_any(void **state)
{
    (void)state;
    double values[STEPS][STEPS] = {{0.5, 0, -1}, {0.4, 0, 0.4, 0, 0, 0, 0, 0, -1}};
    for (int step = 0; step < STEPS; step++)
        values[2][step] = 0.6;
    json_t *study = virtual_study("asha", 3, 4, 1, 9);
    virtual_study_set(study, "eta", json_integer(3));
    virtual_study_set(study, "candidates", json_integer(3));
    struct virtual_cluster cluster = virtual_cluster_start(study, SAMPLES, values);
    cluster.fate = by_step;
    virtual_cluster_run(&cluster, 2, 0);
    uint32_t best;
    /* 1 is promotable, and diverges at 9; 0 follows it, and diverges at 3; then 2 has its turn. */
    assert_int_equal(search_trial(cluster.search, 1)->state, TRIAL_DIVERGED);
    assert_int_equal(search_trial(cluster.search, 1)->step, 9);
    assert_int_equal(search_trial(cluster.search, 0)->state, TRIAL_DIVERGED);
    assert_true(search_best(cluster.search, &best));
    assert_int_equal(best, 2);
    /* One of three can be promotable: the others' checkpoints were not kept. */
    assert_non_null(strstr(cluster.trace, "trains trial 1 from 1 to 3"));
    assert_non_null(strstr(cluster.trace, "trains trial 0 from 0 to 3"));
    assert_non_null(strstr(cluster.trace, "trains trial 2 from 0 to 3"));
    assert_int_equal(search_trial(cluster.search, 2)->step, 9);
    virtual_cluster_stop(&cluster, study);
}

/* Places for two of four. Trial 0 is promoted as the best of two, is paused on its way, and falls
 * behind two others in the rung that it left. */
static void asha_keeps_the_checkpoint_of_a_promoted_trial_that_others_overtake(void **state)
{
    (void)state;
    static const struct search_event events[] = {
        {.kind = SEARCH_FREE},
        {.kind = SEARCH_FREE},
        {.kind = SEARCH_DONE, .trial = 0, .attempt = 1, .step = 2, .value = 0.5},
        {.kind = SEARCH_DONE, .trial = 1, .attempt = 1, .step = 2, .value = 0.6},
        {.kind = SEARCH_FREE}, /* trial 0, promoted */
        {.kind = SEARCH_FREE},
        {.kind = SEARCH_FREE},
        {.kind = SEARCH_PAUSED, .trial = 0, .attempt = 2, .step = 3},
        {.kind = SEARCH_DONE, .trial = 2, .attempt = 1, .step = 2, .value = 0.1},
        {.kind = SEARCH_DONE, .trial = 3, .attempt = 1, .step = 2, .value = 0.2},
        {.kind = SEARCH_FREE},
    };
    struct error error;
    struct search_update update;
    json_t *study = virtual_study("asha", 4, 2, 2, 8);
    struct search *search = search_create(study, SAMPLES, &error);
    assert_non_null(search);
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        assert_true(search_step(search, &events[i], &update));
    assert_int_equal(update.count, 2);
    assert_int_equal(update.actions[1].kind, SEARCH_TRAIN);
    assert_int_equal(update.actions[1].trial, 0);
    assert_int_equal(update.actions[1].from, 3);
    search_destroy(search);
    json_decref(study);
}

static void the_stopping_variant_decides_at_once(void **state)
{
    (void)state;
    /* eta 2, rungs at 1, 2 and 4. The first comes alone to every rung, and goes on. 1 is not the
     * best of two; 2 is the best of three, then not the best of two; 3 is the second of four, then
     * the best of three. */
    double values[4][STEPS] = {{0.5, 0.45, 0, 0.4}, {0.6}, {0.4, 0.5}, {0.45, 0.3, 0, 0.2}};
    json_t *study = virtual_study("asha", 4, 2, 1, 4);
    virtual_study_set(study, "variant", json_string("stopping"));
    struct virtual_cluster cluster = virtual_cluster_start(study, SAMPLES, values);
    cluster.fate = by_step;
    virtual_cluster_run(&cluster, 1, 0);
    assert_string_equal(cluster.trace, "[     0] > trainer 0 trains trial 0 from 0 to 1\n"
                                       "[     1] < trial 0 reaches 1 with 0.5\n"
                                       "           trial 0 promoted to rung 1\n"
                                       "[     1] > trainer 0 trains trial 0 from 1 to 2\n"
                                       "[     2] < trial 0 reaches 2 with 0.45\n"
                                       "           trial 0 promoted to rung 2\n"
                                       "[     2] > trainer 0 trains trial 0 from 2 to 4\n"
                                       "[     4] < trial 0 reaches 4 with 0.4\n"
                                       "           trial 0 complete\n"
                                       "[     4] > trainer 0 trains trial 1 from 0 to 1\n"
                                       "[     5] < trial 1 reaches 1 with 0.6\n"
                                       "           trial 1 stopped\n"
                                       "[     5] > trainer 0 trains trial 2 from 0 to 1\n"
                                       "[     6] < trial 2 reaches 1 with 0.4\n"
                                       "           trial 2 promoted to rung 1\n"
                                       "[     6] > trainer 0 trains trial 2 from 1 to 2\n"
                                       "[     7] < trial 2 reaches 2 with 0.5\n"
                                       "           trial 2 stopped\n"
                                       "[     7] > trainer 0 trains trial 3 from 0 to 1\n"
                                       "[     8] < trial 3 reaches 1 with 0.45\n"
                                       "           trial 3 promoted to rung 1\n"
                                       "[     8] > trainer 0 trains trial 3 from 1 to 2\n"
                                       "[     9] < trial 3 reaches 2 with 0.3\n"
                                       "           trial 3 promoted to rung 2\n"
                                       "[     9] > trainer 0 trains trial 3 from 2 to 4\n"
                                       "[    11] < trial 3 reaches 4 with 0.2\n"
                                       "           trial 3 complete\n");
    assert_true(search_trial(cluster.search, 1)->against == 0.5);
    assert_true(search_trial(cluster.search, 2)->against == 0.45);
    virtual_cluster_stop(&cluster, study);
}

/* --- the median rule ----------------------------------------------------------------------------
 */

static void the_median_rule_compares_the_best_with_the_others_averages(void **state)
{
    (void)state;
    /* Averages at 1 and 2: 0.9 and 0.85, 0.7 and 0.65. Trial 2 is not worse than their median 0.8
     * at 1, but its best is worse than 0.75 at 2. Trial 3 is worse than the median of 0.9, 0.7 and
     * 0.8 at 1. Trial 4 was good once: its best counts, not its last. */
    double values[5][STEPS] = {
        {0.9, 0.8, 0.7}, {0.7, 0.6, 0.5}, {0.8, 0.76}, {0.81}, {0.6, 2.0, 0.9}};
    json_t *study = virtual_study("median", 5, 3, 1, 3);
    virtual_study_set(study, "min_trials", json_integer(2));
    struct virtual_cluster cluster = virtual_cluster_start(study, SAMPLES, values);
    cluster.fate = by_step;
    virtual_cluster_run(&cluster, 1, 0);
    static const struct {
        enum trial_state state;
        uint64_t step;
        double against;
    } expected[] = {{TRIAL_COMPLETE, 3, NAN},
                    {TRIAL_COMPLETE, 3, NAN},
                    {TRIAL_STOPPED, 2, 0.75},
                    {TRIAL_STOPPED, 1, 0.8},
                    {TRIAL_COMPLETE, 3, NAN}};
    for (uint32_t i = 0; i < 5; i++) {
        const struct search_trial *trial = search_trial(cluster.search, i);
        assert_int_equal(trial->state, expected[i].state);
        assert_int_equal(trial->step, expected[i].step);
        if (trial->state == TRIAL_STOPPED) {
            assert_int_equal(trial->stop, SEARCH_STOP_MEDIAN);
            assert_true(fabs(trial->against - expected[i].against) < 1e-12);
        }
    }
    virtual_cluster_stop(&cluster, study);
}

static void looks_fall_on_multiples_of_the_interval_from_the_grace_on(void **state)
{
    (void)state;
    static const struct {
        double interval, grace, max_budget;
        size_t count;
        double budgets[5];
    } cases[] = {
        {2, 0, 9, 5, {2, 4, 6, 8, 9}},       {2, 3, 9, 4, {4, 6, 8, 9}}, {3, 6, 9, 2, {6, 9}},
        {0.1, 0.3, 0.5, 3, {0.3, 0.4, 0.5}}, {3, 8, 9, 1, {9}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error error;
        json_t *study = virtual_study("median", 3, 3, 0.01, cases[i].max_budget);
        virtual_study_set(study, "interval", json_real(cases[i].interval));
        virtual_study_set(study, "grace", json_real(cases[i].grace));
        struct search *search = search_create(study, SAMPLES, &error);
        assert_non_null(search);
        assert_int_equal(search_rung_count(search), cases[i].count);
        for (size_t j = 0; j < cases[i].count; j++)
            assert_true(fabs(search_rung(search, j)->budget - cases[i].budgets[j]) < 1e-12);
        search_destroy(search);
        json_decref(study);
    }
}

/* --- population-based training ------------------------------------------------------------------
 */

/* A population of ten, a fifth of which is replaced: the two worst by copies of the two best. */
static void pbt_replaces_the_worst_fifth_by_copies_of_the_best(void **state)
{
    (void)state;
    double values[40];
    for (int i = 0; i < 40; i++)
        values[i] = i < 10 ? 0.1 * (i + 1) : 0.05;
    json_t *study = virtual_study("pbt", 10, 3, 1, 2);
    virtual_study_set(study, "resample_probability", json_real(0));
    struct virtual_cluster cluster = virtual_cluster_start(study, SAMPLES, values);
    virtual_cluster_run(&cluster, 10, 0);
    const struct search *search = cluster.search;
    assert_int_equal(search_trial_count(search), 12);
    for (uint32_t i = 0; i < 12; i++) {
        const struct search_trial *trial = search_trial(search, i);
        bool worst = i == 8 || i == 9;
        assert_int_equal(trial->state, worst ? TRIAL_STOPPED : TRIAL_COMPLETE);
        assert_int_equal(trial->step, worst ? 1 : 2);
        if (worst) {
            assert_int_equal(trial->stop, SEARCH_STOP_REPLACED);
            assert_true(trial->replaced_by < 2);
            assert_true(trial->against == values[trial->replaced_by]);
        }
        if (i < 10)
            continue;
        assert_true(trial->parent < 2 && trial->begun == 1);
        assert_int_equal(trial->parent, search_trial(search, i - 2)->replaced_by);
        const double *from = search_trial(search, trial->parent)->values;
        double factor = trial->values[0] / from[0];
        assert_true(fabs(factor - 0.8) < 1e-12 || fabs(factor - 1.2) < 1e-12 ||
                    trial->values[0] == 10);
        assert_true(trial->values[1] == from[1]); /* a choice stays */
    }
    assert_non_null(strstr(cluster.trace, "           trial 10 copies trial "));
    assert_non_null(strstr(cluster.trace, "trains trial 10 from 1 to 2\n"));
    virtual_cluster_stop(&cluster, study);
}

static void pbt_copies_every_one_of_the_best(void **state)
{
    (void)state;
    unsigned copies[2] = {0};
    for (int seed = 1; seed <= 16; seed++) {
        double values[40];
        for (int i = 0; i < 40; i++)
            values[i] = i < 10 ? 0.1 * (i + 1) : 0.05;
        json_t *study = virtual_study("pbt", 10, 3, 1, 2);
        json_object_set_new(json_object_get(study, "study"), "seed", json_integer(seed));
        struct virtual_cluster cluster = virtual_cluster_start(study, SAMPLES, values);
        virtual_cluster_run(&cluster, 10, 0);
        for (uint32_t i = 10; i < 12; i++)
            copies[search_trial(cluster.search, i)->parent]++;
        virtual_cluster_stop(&cluster, study);
    }
    assert_true(copies[0] > 8 && copies[1] > 8);
    assert_int_equal(copies[0] + copies[1], 32);
}

static void pbt_replaces_all_that_were_lost(void **state)
{
    (void)state;
    double values[20][STEPS];
    for (int i = 0; i < 20; i++)
        for (int step = 0; step < STEPS; step++)
            values[i][step] = i >= 4 && i < 9 ? -1 : 0.5 + 0.01 * i;
    json_t *study = virtual_study("pbt", 10, 3, 1, 3);
    struct virtual_cluster cluster = virtual_cluster_start(study, SAMPLES, values);
    cluster.fate = by_step;
    virtual_cluster_run(&cluster, 3, 0);
    const struct search *search = cluster.search;
    /* Five diverge: more than a fifth, so 9, the worst of the others, stays. */
    assert_int_equal(search_trial(search, 9)->rung > 0, true);
    for (uint32_t i = 0; i < search_rung_count(search); i++)
        assert_int_equal(search_rung(search, i)->entered, 10);
    for (uint32_t i = 10; i < 15; i++)
        assert_true(search_trial(search, i)->parent < 2 && search_trial(search, i)->begun == 1);
    virtual_cluster_stop(&cluster, study);
}

/* Every outcome of many copies of one candidate. */
static void exploring_respects_ranges_whole_numbers_and_choices(void **state)
{
    (void)state;
    enum { COPIES = 2000, LR, RATE, WHOLE, CHOICE, GRID, BATCH };
    struct error error;
    json_t *study = virtual_study("pbt", 10, 3, 1, 9);
    json_object_set_new(
        study, "space",
        json_pack("{s:{s:[f, f]}, s:{s:[f, f]}, s:{s:[i, i]}, s:{s:[s, s]}, s:{s:[f, f, f, f]}, "
                  "s:{s:[i, i]}}",
                  "lr", "log_uniform", 1e-4, 1.0, "momentum", "uniform", 0.0, 0.95, "warm", "int",
                  1, 20, "kind", "choice", "a", "b", "decay", "grid", 0.1, 0.2, 0.3, 0.4,
                  "batch_size", "choice", 32, 64));
    struct search *search = search_create(study, 6400, &error);
    assert_non_null(search);
    const double original[] = {0.9, 0.5, 10, 1, 3, 1};
    const struct explore perturb = {.factors = {0.8, 1.2}};
    const struct explore both = {.factors = {0.8, 1.2}, .resample_probability = 0.25};
    unsigned up = 0, drawn[6] = {0};
    for (uint32_t i = 0; i < COPIES; i++) {
        double values[6];
        memcpy(values, original, sizeof values);
        explore_change(&perturb, search, i, values);
        assert_true(values[0] == 0.9 * 0.8 || values[0] == 1); /* the bound, not 1.08 */
        assert_true(values[1] == 0.5 * 0.8 || values[1] == 0.5 * 1.2);
        assert_true(values[2] == 8 || values[2] == 12);
        assert_true(values[3] == 1);
        assert_true(values[4] == 2 || values[4] == 3); /* the neighbour, or the end */
        assert_true(values[5] == 1);
        up += values[1] > 0.5;
        memcpy(values, original, sizeof values);
        explore_change(&both, search, i, values);
        for (size_t j = 0; j < 3; j++)
            drawn[j] += fabs(values[j] / original[j] - 0.8) > 1e-9 &&
                        fabs(values[j] / original[j] - 1.2) > 1e-9 && values[j] != 1;
        drawn[3] += values[3] != 1;
        assert_true(values[5] == 1);
        assert_true(values[2] == floor(values[2]) && values[2] >= 1 && values[2] <= 20);
    }
    assert_true(up > 0.45 * COPIES && up < 0.55 * COPIES);
    assert_true(drawn[0] > 0.2 * COPIES && drawn[0] < 0.3 * COPIES);
    assert_true(drawn[1] > 0.2 * COPIES && drawn[1] < 0.3 * COPIES);
    assert_true(drawn[3] > 0.08 * COPIES && drawn[3] < 0.17 * COPIES); /* half of a quarter */
    search_destroy(search);
    json_decref(study);
}

/* With two trainers the members get on one after the other: the first that is judged among five is
 * the fifth, which the best that has come so far replaces. */
static void an_asynchronous_population_judges_by_what_has_come(void **state)
{
    (void)state;
    double values[20] = {0.1, 0.2, 0.3, 0.4, 0.9, 0.5, 0.15, 0.6, 0.7, 0.8};
    for (int i = 10; i < 20; i++)
        values[i] = 0.15;
    json_t *study = virtual_study("pbt", 10, 3, 1, 2);
    virtual_study_set(study, "asynchronous", json_true());
    struct virtual_cluster cluster = virtual_cluster_start(study, SAMPLES, values);
    virtual_cluster_run(&cluster, 2, 0);
    const struct search *search = cluster.search;
    assert_int_equal(search_trial(search, 4)->stop, SEARCH_STOP_REPLACED);
    assert_int_equal(search_trial(search, 4)->replaced_by, 0);
    assert_non_null(strstr(cluster.trace, "[     3] < trial 4 reaches 1 with 0.9\n"
                                          "           trial 4 stopped\n"));
    assert_int_equal(search_trial(search, 6)->parent, 0);
    /* Of eight that have come 9 is the worst; 3, the last of four, could not be among a fifth. */
    assert_int_equal(search_trial(search, 9)->stop, SEARCH_STOP_REPLACED);
    assert_int_equal(search_trial(search, 3)->state, TRIAL_COMPLETE);
    virtual_cluster_stop(&cluster, study);
}

/* --- turns --------------------------------------------------------------------------------------
 */

static void the_last_of_a_cohort_take_turns(void **state)
{
    (void)state;
    static const struct {
        int candidates;
        size_t trainers;
        double budgets; /* that the search takes */
    } cases[] = {{3, 2, 1.5}, {5, 2, 2.5}, {4, 3, 4.0 / 3}, {5, 4, 1.25}, {4, 2, 2}, {2, 3, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double values[5] = {0.5, 0.4, 0.3, 0.2, 0.1};
        json_t *study = virtual_study("none", cases[i].candidates, 3, 1, 1);
        struct virtual_cluster cluster = virtual_cluster_start(study, 12000, values);
        cluster.tells_trainers = true;
        virtual_cluster_run(&cluster, cases[i].trainers, 0);
        assert_int_equal(cluster.now, (uint64_t)llround(1200 * cases[i].budgets));
        assert_int_equal(cluster.steps_trained, 1200 * (uint64_t)cases[i].candidates);
        virtual_cluster_stop(&cluster, study);
    }
}

/* Nothing would be left of the turn before. */
static void without_checkpoints_nobody_takes_turns(void **state)
{
    (void)state;
    double values[3] = {0.5, 0.4, 0.3};
    struct error error;
    json_t *study = virtual_study("none", 3, 3, 1, 1);
    struct virtual_cluster cluster = virtual_cluster_start(study, 12000, values);
    assert_true(search_without_checkpoints(cluster.search, &error));
    cluster.tells_trainers = true;
    virtual_cluster_run(&cluster, 2, 0);
    assert_null(strstr(cluster.trace, "paused"));
    assert_int_equal(cluster.now, 2 * 1200);
    virtual_cluster_stop(&cluster, study);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_queue_keeps_its_order_while_it_wraps_and_grows),
        cmocka_unit_test(a_heap_gives_its_items_in_order_ties_by_number),
        cmocka_unit_test(halving_trains_the_published_numbers),
        cmocka_unit_test(what_remains_counts_those_that_can_still_come),
        cmocka_unit_test(hyperband_has_the_published_brackets),
        cmocka_unit_test(the_last_bracket_takes_what_is_left),
        cmocka_unit_test(asynchronous_hyperband_deals_candidates_like_the_synchronous_one),
        cmocka_unit_test(a_trainer_that_finds_no_work_changes_nothing_in_hyperband),
        cmocka_unit_test(asha_promotes_as_soon_as_a_trial_is_among_the_best_third),
        cmocka_unit_test(asha_trains_one_in_full_even_if_too_few_come_to_promote_any),
        cmocka_unit_test(asha_keeps_the_checkpoint_of_a_promoted_trial_that_others_overtake),
        cmocka_unit_test(the_stopping_variant_decides_at_once),
        cmocka_unit_test(the_median_rule_compares_the_best_with_the_others_averages),
        cmocka_unit_test(looks_fall_on_multiples_of_the_interval_from_the_grace_on),
        cmocka_unit_test(pbt_replaces_the_worst_fifth_by_copies_of_the_best),
        cmocka_unit_test(pbt_copies_every_one_of_the_best),
        cmocka_unit_test(pbt_replaces_all_that_were_lost),
        cmocka_unit_test(exploring_respects_ranges_whole_numbers_and_choices),
        cmocka_unit_test(an_asynchronous_population_judges_by_what_has_come),
        cmocka_unit_test(the_last_of_a_cohort_take_turns),
        cmocka_unit_test(without_checkpoints_nobody_takes_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
