/* test_search_properties.c - what must hold for a search in whatever order its events come.
 *
 * Every seed makes a search of its own size, a number of trainers, an order of events, and a fate
 * for every attempt: reached, diverged, lost, paused. The number of seeds can be given as the first
 * argument; a failing seed is printed. */
#include "common/random.h"
#include "tests/support/virtual_cluster.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SAMPLES 10 /* of batches of ten: an epoch is one step */

static unsigned long seeds = 3000;

struct world {
    uint64_t seed;
    double diverging, losing, pausing; /* probabilities */
    uint64_t steps_kept;               /* that an undisturbed search would train */
};

/* A trial's values and whether it diverges depend on the trial alone; losses and pauses on the
 * attempt. */
static enum fate fate(void *context, uint32_t trial, uint32_t attempt, uint64_t from, uint64_t to,
                      uint64_t *step, double *value)
{
    struct world *world = context;
    struct random_stream stream;
    random_open(&stream, world->seed, RANDOM_GENERATE, trial);
    bool diverges = random_uniform(&stream) < world->diverging;
    uint64_t lost_at = 1 + random_below(&stream, 40);
    /* Values from a few levels, so that ties are common. */
    *value = 0.25 * (double)random_below(&stream, 6) + 1.0 / (double)to;
    random_open(&stream, world->seed, RANDOM_DROPOUT, ((uint64_t)trial << 32) | attempt);
    double draw = random_uniform(&stream);
    uint64_t within = random_below(&stream, (uint32_t)(to - from) + 1);
    if (draw < world->losing) {
        *step = from + within;
        return FATE_LOST;
    }
    if (draw < world->losing + world->pausing) {
        *step = from + within;
        if (diverges && *step >= lost_at)
            *step = lost_at > from ? lost_at - 1 : from;
        return FATE_PAUSED;
    }
    if (diverges && lost_at <= to) {
        *step = lost_at > from ? lost_at : from;
        return FATE_DIVERGES;
    }
    *step = to;
    return FATE_REACHES;
}

struct setting {
    int candidates, eta;
    double min_budget, max_budget;
    size_t trainers;
    struct world world;
};

static struct setting draw_setting(uint64_t seed)
{
    struct random_stream stream;
    random_open(&stream, seed, RANDOM_SEARCH, 1);
    struct setting setting = {
        .candidates = 1 + (int)random_below(&stream, 60),
        .eta = 2 + (int)random_below(&stream, 3),
        .min_budget = 1 + random_below(&stream, 4),
        .trainers = 1 + random_below(&stream, 12),
        .world = {.seed = seed,
                  .diverging = 0.8 * random_uniform(&stream),
                  .losing = 0.3 * random_uniform(&stream),
                  .pausing = 0.3 * random_uniform(&stream)},
    };
    setting.max_budget = setting.min_budget + random_below(&stream, 60);
    return setting;
}

static struct virtual_cluster run_search(const struct setting *setting, const char *scheduler,
                                         struct world *world, size_t trainers, uint64_t order,
                                         json_t **study)
{
    struct error error;
    *study = virtual_study(scheduler, setting->candidates, setting->eta, setting->min_budget,
                           setting->max_budget);
    struct virtual_cluster cluster = {
        .search = search_create(*study, SAMPLES, &error), .fate = fate, .context = world};
    assert_non_null(cluster.search);
    virtual_cluster_run(&cluster, trainers, order);
    return cluster;
}

static void drop(struct virtual_cluster *cluster, json_t *study)
{
    search_destroy(cluster->search);
    free(cluster->events);
    json_decref(study);
}

static bool same_number(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static bool same_result(const struct search_trial *a, const struct search_trial *b)
{
    return a->state == b->state && a->verdict == b->verdict && a->rung == b->rung &&
           a->step == b->step && same_number(a->final, b->final) &&
           same_number(a->metric, b->metric);
}

static void check_invariants(const struct search *search)
{
    uint32_t candidates = search_candidates(search), settled = 0;
    assert_true(search_finished(search));
    assert_int_equal(search_trial_count(search), candidates);
    assert_int_equal(search_rung(search, 0)->entered, candidates);
    for (size_t i = 0; i < search_rung_count(search); i++) {
        const struct search_rung *rung = search_rung(search, i);
        uint32_t promoted =
            i + 1 < search_rung_count(search) ? search_rung(search, i + 1)->entered : 0;
        assert_true(rung->entered <= rung->quota);
        assert_int_equal(rung->settled, rung->entered);
        assert_int_equal(rung->promoted, promoted);
        settled += rung->settled;
    }
    uint32_t visits = 0;
    for (uint32_t i = 0; i < candidates; i++) {
        const struct search_trial *trial = search_trial(search, i);
        double budget = search_rung(search, trial->rung)->budget;
        visits += trial->rung + 1;
        assert_true(trial->state >= TRIAL_COMPLETE);
        assert_true(trial->step <= search_budget_steps(search, i, budget));
        if (trial->state == TRIAL_COMPLETE || trial->state == TRIAL_STOPPED)
            assert_int_equal(trial->step, search_budget_steps(search, i, budget));
        if (trial->state == TRIAL_COMPLETE)
            assert_int_equal(trial->rung, search_rung_count(search) - 1);
        if (trial->state == TRIAL_FAILED)
            assert_true(trial->losses == 3);
    }
    /* Nobody is in a rung twice, nobody skips one. */
    assert_int_equal(visits, settled);
}

/* The best of a rung among those that got there whole is never left behind. */
static void check_the_best_is_never_lost(const struct search *search)
{
    uint32_t best;
    for (uint32_t i = 0; i < search_trial_count(search); i++) {
        const struct search_trial *stopped = search_trial(search, i);
        if (stopped->state != TRIAL_STOPPED)
            continue;
        assert_true(stopped->final >= search_rung(search, stopped->rung)->cutoff);
    }
    if (!search_best(search, &best))
        return;
    for (uint32_t i = 0; i < search_trial_count(search); i++) {
        const struct search_trial *trial = search_trial(search, i);
        if (trial->state == TRIAL_COMPLETE)
            assert_true(search_trial(search, best)->final < trial->final ||
                        (search_trial(search, best)->final == trial->final && best <= i));
    }
}

static void check_replay(const struct virtual_cluster *cluster, const json_t *study)
{
    struct error error;
    struct search_update update;
    struct search *again = search_create(study, SAMPLES, &error);
    assert_non_null(again);
    for (size_t i = 0; i < cluster->event_count; i++)
        assert_true(search_step(again, &cluster->events[i], &update));
    assert_int_equal(search_trial_count(again), search_trial_count(cluster->search));
    for (uint32_t i = 0; i < search_trial_count(again); i++) {
        const struct search_trial *one = search_trial(again, i);
        const struct search_trial *other = search_trial(cluster->search, i);
        assert_true(same_result(one, other));
        assert_int_equal(one->attempts, other->attempts);
    }
    search_destroy(again);
}

static void any_order_of_events_ends_in_a_sound_search(void **state)
{
    (void)state;
    static const char *const schedulers[] = {"sha", "none"};
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        struct setting setting = draw_setting(seed);
        json_t *study;
        if (getenv("SHOW_SEEDS"))
            printf("seed %llu\n", (unsigned long long)seed);
        struct virtual_cluster cluster = run_search(&setting, schedulers[seed % 2], &setting.world,
                                                    setting.trainers, seed, &study);
        check_invariants(cluster.search);
        check_the_best_is_never_lost(cluster.search);
        check_replay(&cluster, study);
        drop(&cluster, study);
    }
}

/* Pauses and losses that are made good change nothing; neither do trainers or the order. */
static void the_table_does_not_depend_on_trainers_order_or_interruptions(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        struct setting setting = draw_setting(seed);
        struct world calm = setting.world, rough = setting.world;
        calm.losing = calm.pausing = rough.losing = 0;
        json_t *study, *other;
        struct virtual_cluster one = run_search(&setting, "sha", &calm, 1, 0, &study);
        struct virtual_cluster many =
            run_search(&setting, "sha", &rough, setting.trainers, seed, &other);
        for (uint32_t i = 0; i < search_trial_count(one.search); i++)
            assert_true(same_result(search_trial(one.search, i), search_trial(many.search, i)));
        drop(&one, study);
        drop(&many, other);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_order_of_events_ends_in_a_sound_search),
        cmocka_unit_test(the_table_does_not_depend_on_trainers_order_or_interruptions),
    };
    if (argc > 1)
        seeds = strtoul(argv[1], NULL, 10);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
