/* test_search_properties.c - what must hold for a search in whatever order its events come.
 *
 * Every seed makes a search of its own size, a number of trainers, an order of events, and a fate
 * for every attempt: reached, diverged, lost, paused. Every event comes twice, and late again. The
 * number of seeds for each scheduler can be given as the first argument; a failing seed is printed.
 */
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

static unsigned long seeds = 300;

/* The schedulers, in each of their ways. */
struct way {
    const char *scheduler;
    const char *variant; /* NULL: the default */
    bool asynchronous;   /* the key, and whether no trainer may be idle while there is work */
    bool halves;         /* promotes the best 1/eta of what came to a rung */
    bool all_go_on;      /* to the next rung, but for those that are stopped */
};

static const struct way ways[] = {
    {.scheduler = "none"},
    {.scheduler = "sha"},
    {.scheduler = "asha", .asynchronous = true, .halves = true},
    {.scheduler = "asha", .variant = "stopping", .asynchronous = true},
    {.scheduler = "hyperband"},
    {.scheduler = "hyperband", .asynchronous = true, .halves = true},
    {.scheduler = "median", .asynchronous = true, .all_go_on = true},
    {.scheduler = "pbt"},
    {.scheduler = "pbt", .asynchronous = true, .all_go_on = true},
};

enum { WAYS = sizeof ways / sizeof ways[0] };

struct world {
    uint64_t seed;
    double diverging, losing, pausing; /* probabilities */
    const struct way *way;
    uint32_t eta;
};

/* Values from a few levels, so that ties are common; in part the trial's own, in part chance. */
static double value_at(const struct world *world, uint32_t trial, uint64_t step)
{
    struct random_stream stream;
    random_open(&stream, world->seed, RANDOM_GENERATE, trial);
    double own = random_below(&stream, 5);
    random_open(&stream, world->seed, RANDOM_SPLIT, (step << 32) | trial);
    return 0.5 * own + 0.25 * random_below(&stream, 4);
}

/* A trial's values and whether it diverges depend on the trial alone; losses and pauses on the
 * attempt. */
static enum fate fate(void *context, uint32_t trial, uint32_t attempt, uint64_t from, uint64_t to,
                      uint64_t *step, double *value)
{
    struct world *world = context;
    struct random_stream stream;
    random_open(&stream, world->seed, RANDOM_AUGMENT, trial);
    bool diverges = random_uniform(&stream) < world->diverging;
    uint64_t lost_at = 1 + random_below(&stream, 40);
    *value = value_at(world, trial, to);
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
    double interval, grace, quantile;
    uint64_t samples; /* of batches of ten */
    size_t trainers;
    struct world world;
};

static struct setting draw_setting(uint64_t seed, const struct way *way)
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
                  .pausing = 0.3 * random_uniform(&stream),
                  .way = way},
    };
    setting.max_budget = setting.min_budget + random_below(&stream, 60);
    setting.interval = 1 + random_below(&stream, 10);
    setting.grace = random_below(&stream, 4);
    setting.quantile = 0.5 * random_uniform(&stream);
    /* An epoch is one step, or so many that trials take turns. */
    setting.samples = random_below(&stream, 2) ? 10 : 4000;
    setting.world.eta = (uint32_t)setting.eta;
    return setting;
}

static json_t *study_of(const struct setting *setting)
{
    const struct way *way = setting->world.way;
    json_t *study = virtual_study(way->scheduler, setting->candidates, setting->eta,
                                  setting->min_budget, setting->max_budget);
    json_t *search = json_object_get(study, "search");
    if (way->variant)
        json_object_set_new(search, "variant", json_string(way->variant));
    json_object_set_new(search, "asynchronous", json_boolean(way->asynchronous));
    json_object_set_new(search, "interval", json_real(setting->interval));
    json_object_set_new(search, "grace", json_real(setting->grace));
    json_object_set_new(search, "quantile", json_real(setting->quantile));
    return study;
}

/* --- no trainer is idle while there is work -----------------------------------------------------
 */

/* Whether a trial came to the end of a rung of its bracket: with a value, or by diverging in it. */
static bool came(const struct search_trial *trial, uint32_t level)
{
    bool settled = trial->state == TRIAL_PAUSED || trial->state == TRIAL_DIVERGED ||
                   trial->state == TRIAL_COMPLETE;
    return trial->rung > level || (trial->rung == level && settled && !isnan(trial->final)) ||
           (trial->rung == level && trial->state == TRIAL_DIVERGED);
}

static double value_in(const struct search *search, const struct world *world, uint32_t number,
                       const struct search_rung *rung)
{
    const struct search_trial *trial = search_trial(search, number);
    if (trial->rung == rung->level && trial->state == TRIAL_DIVERGED)
        return INFINITY;
    return value_at(world, number, search_budget_steps(search, number, rung->budget));
}

/* The plain form of algorithm 2's rule: is this trial among the best 1/eta of what came? */
static bool promotable(const struct search *search, const struct world *world, uint32_t number,
                       const struct search_rung *rung)
{
    uint32_t count = 0, better = 0;
    double own = value_in(search, world, number, rung);
    for (uint32_t i = 0; i < search_trial_count(search); i++) {
        const struct search_trial *trial = search_trial(search, i);
        if (trial->bracket != rung->bracket || !came(trial, rung->level))
            continue;
        double value = value_in(search, world, i, rung);
        count++;
        better += value < own || (value == own && i < number);
    }
    return isfinite(own) && better < count / world->eta;
}

static bool waits_at_the_end_of_its_rung(const struct search *search, uint32_t number)
{
    const struct search_trial *trial = search_trial(search, number);
    return trial->state == TRIAL_PAUSED &&
           trial->step ==
               search_budget_steps(search, number, search_trial_rung(search, number)->budget);
}

static uint32_t originals(const struct search *search)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < search_trial_count(search); i++)
        count += search_trial(search, i)->parent == SEARCH_NO_TRIAL;
    return count;
}

static void check_idle(struct virtual_cluster *cluster)
{
    const struct world *world = cluster->context;
    const struct search *search = cluster->search;
    if (!world->way->asynchronous)
        return;
    assert_int_equal(originals(search), search_candidates(search));
    for (uint32_t i = 0; i < search_trial_count(search); i++) {
        const struct search_trial *trial = search_trial(search, i);
        assert_true(trial->state != TRIAL_WAITING);
        if (trial->state != TRIAL_PAUSED)
            continue;
        /* Only in a rung's end may a trial wait, and only if it is not to go on. */
        assert_true(world->way->halves && waits_at_the_end_of_its_rung(search, i));
        assert_false(promotable(search, world, i, search_trial_rung(search, i)));
    }
}

/* The last resort: nothing runs, there is nothing new, none is complete. */
static bool is_stuck(const struct search *search, uint32_t but)
{
    if (search_trial_count(search) < search_candidates(search))
        return false;
    for (uint32_t i = 0; i < search_trial_count(search); i++) {
        enum trial_state state = search_trial(search, i)->state;
        if (i != but && (state == TRIAL_RUNNING || state == TRIAL_COMPLETE))
            return false;
    }
    return true;
}

static void check_assigned(struct virtual_cluster *cluster, uint32_t number)
{
    const struct world *world = cluster->context;
    const struct search_trial *trial = search_trial(cluster->search, number);
    const struct search_rung *rung = search_trial_rung(cluster->search, number);
    assert_true(trial->target == search_budget_steps(cluster->search, number, rung->budget));
    if (!world->way->halves || trial->rung == 0 || trial->losses > 0 ||
        trial->step > search_budget_steps(cluster->search, number, rung[-1].budget))
        return;
    /* It may have been promoted, lost and paused before: others came since. */
    if (trial->attempts > trial->rung + 1 || is_stuck(cluster->search, number))
        return;
    assert_true(promotable(cluster->search, world, number, rung - 1));
}

static struct virtual_cluster run_search(const struct setting *setting, struct world *world,
                                         size_t trainers, uint64_t order, json_t **study)
{
    struct error error;
    *study = study_of(setting);
    struct virtual_cluster cluster = {.search = search_create(*study, setting->samples, &error),
                                      .fate = fate,
                                      .context = world,
                                      .idle = check_idle,
                                      .assigned = check_assigned,
                                      .tells_trainers = order != 0,
                                      .stutters = order != 0};
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

static bool same_candidate(const struct search *search, const struct search_trial *a,
                           const struct search_trial *b)
{
    for (size_t i = 0; i < search_space(search)->count; i++)
        if (!same_number(a->values[i], b->values[i]))
            return false;
    return true;
}

static bool same_result(const struct search_trial *a, const struct search_trial *b)
{
    return a->state == b->state && a->verdict == b->verdict && a->bracket == b->bracket &&
           a->rung == b->rung && a->parent == b->parent && a->stop == b->stop &&
           a->step == b->step && same_number(a->final, b->final);
}

/* --- what must hold at the end ------------------------------------------------------------------
 */

static bool is_last(const struct search *search, const struct search_rung *rung)
{
    return rung == search_rung(search, search_rung_count(search) - 1) ||
           rung[1].bracket != rung->bracket;
}

static void check_rungs(const struct search *search, const struct world *world)
{
    uint32_t first = 0, ended = 0;
    for (size_t i = 0; i < search_rung_count(search); i++) {
        const struct search_rung *rung = search_rung(search, i);
        first += rung->level == 0 ? rung->entered : 0;
        ended += rung->left;
        /* Only where more than the best 1/eta of all may be promoted. */
        if (!world->way->asynchronous || world->way->all_go_on)
            assert_true(rung->entered <= rung->quota);
        assert_int_equal(rung->settled, rung->entered);
        assert_int_equal(rung->promoted, is_last(search, rung) ? 0 : rung[1].entered);
    }
    assert_int_equal(first, search_candidates(search));
    for (uint32_t i = 0; i < search_trial_count(search); i++)
        ended += search_trial(search, i)->state == TRIAL_COMPLETE;
    assert_int_equal(ended, search_trial_count(search));
}

static void check_trials(const struct search *search, const struct setting *setting)
{
    uint32_t made = search_trial_count(search);
    bool copies = strcmp(setting->world.way->scheduler, "pbt") == 0;
    assert_true(search_finished(search));
    for (uint32_t i = 0; i < made; i++) {
        const struct search_trial *trial = search_trial(search, i);
        const struct search_rung *rung = search_trial_rung(search, i);
        uint64_t budget = search_budget_steps(search, i, rung->budget);
        assert_true(rung->budget <= setting->max_budget * (1 + 1e-9));
        assert_true(trial->state >= TRIAL_COMPLETE);
        assert_true(trial->step <= budget && trial->begun <= trial->step);
        if (trial->state == TRIAL_COMPLETE || trial->state == TRIAL_STOPPED)
            assert_true(trial->step == budget);
        if (trial->state == TRIAL_COMPLETE)
            assert_true(is_last(search, rung) && rung->budget == setting->max_budget);
        if (trial->state == TRIAL_FAILED)
            assert_true(trial->losses == 3);
        assert_int_equal(trial->state == TRIAL_STOPPED, trial->stop != SEARCH_STOP_NONE);
        if (trial->parent == SEARCH_NO_TRIAL) {
            assert_int_equal(trial->begun, 0);
            continue;
        }
        assert_true(copies && trial->parent < i && trial->begun > 0);
        assert_true(search_trial(search, trial->parent)->step >= trial->begun);
    }
    assert_int_equal(originals(search), search_candidates(search));
}

/* Nobody comes to the end of a rung twice, nobody goes back. */
static void check_steps_rise(const struct virtual_cluster *cluster)
{
    uint64_t *reached = calloc(search_trial_count(cluster->search), sizeof *reached);
    assert_non_null(reached);
    for (size_t i = 0; i < cluster->event_count; i++) {
        const struct search_event *event = &cluster->events[i];
        if (event->kind != SEARCH_DONE)
            continue;
        assert_true(event->step > reached[event->trial]);
        reached[event->trial] = event->step;
    }
    free(reached);
}

/* Who is stopped is no better than what it was compared with; the recommendation is the best that
 * had the full budget. */
static void check_the_best_is_never_lost(const struct search *search, const struct world *world)
{
    uint32_t best, sound = 0, complete = 0;
    bool recommends = search_best(search, &best);
    for (uint32_t i = 0; i < search_trial_count(search); i++) {
        const struct search_trial *trial = search_trial(search, i);
        sound += trial->state == TRIAL_COMPLETE || trial->state == TRIAL_STOPPED;
        complete += trial->state == TRIAL_COMPLETE;
        if (trial->stop == SEARCH_STOP_RANK || trial->stop == SEARCH_STOP_REPLACED)
            assert_false(trial->final < trial->against);
        if (trial->stop == SEARCH_STOP_MEDIAN)
            assert_true(trial->metric > trial->against);
        if (trial->state == TRIAL_COMPLETE)
            assert_true(search_trial(search, best)->final < trial->final ||
                        (search_trial(search, best)->final == trial->final && best <= i));
    }
    assert_int_equal(recommends, complete > 0);
    if (world->way->halves)
        assert_int_equal(complete > 0, sound > 0);
}

static void check_replay(const struct virtual_cluster *cluster, const json_t *study,
                         uint64_t samples)
{
    struct error error;
    struct search_update update;
    struct search *again = search_create(study, samples, &error);
    assert_non_null(again);
    for (size_t i = 0; i < cluster->event_count; i++)
        assert_true(search_step(again, &cluster->events[i], &update));
    assert_int_equal(search_trial_count(again), search_trial_count(cluster->search));
    for (uint32_t i = 0; i < search_trial_count(again); i++) {
        const struct search_trial *one = search_trial(again, i);
        const struct search_trial *other = search_trial(cluster->search, i);
        assert_true(same_result(one, other) && same_number(one->metric, other->metric));
        assert_true(same_candidate(again, one, other));
        assert_int_equal(one->attempts, other->attempts);
    }
    search_destroy(again);
}

/* --- checkpoints --------------------------------------------------------------------------------
 */

enum { ATTEMPTS = 1024 };

/* [attempt] of a trial: its checkpoint is there. */
typedef bool checkpoints[ATTEMPTS];

/* Feeds an event and does with the checkpoints what it leads to. None may be missing that is to be
 * copied or gone on from. */
static void step_with_checkpoints(struct search *search, const struct search_event *event,
                                  checkpoints *held)
{
    struct search_update update;
    assert_true(search_step(search, event, &update));
    if (event->kind == SEARCH_DONE || event->kind == SEARCH_PAUSED || event->kind == SEARCH_LOST)
        held[event->trial][event->attempt] = true;
    for (size_t i = 0; i < update.count; i++) {
        uint32_t number = update.actions[i].trial, parent = search_trial(search, number)->parent;
        if (update.actions[i].kind != SEARCH_BRANCH)
            continue;
        assert_true(held[parent][search_trial(search, parent)->kept]);
        held[number][0] = true;
    }
    for (size_t i = 0; i < update.count; i++) {
        const struct search_action *action = &update.actions[i];
        assert_true(action->attempt < ATTEMPTS);
        if (action->kind == SEARCH_TRAIN && action->from > 0)
            assert_true(held[action->trial][search_trial(search, action->trial)->kept]);
        if (action->kind == SEARCH_RELEASE)
            held[action->trial][action->attempt] = false;
    }
}

/* Time is over: what runs ends in one way or another. */
static void close_at_once(struct search *search, struct random_stream *stream, checkpoints *held)
{
    static const enum search_event_kind ends[] = {SEARCH_DONE, SEARCH_PAUSED, SEARCH_LOST};
    step_with_checkpoints(search, &(struct search_event){.kind = SEARCH_TIME_OVER}, held);
    for (uint32_t i = 0; i < search_trial_count(search); i++) {
        const struct search_trial *trial = search_trial(search, i);
        if (trial->state != TRIAL_RUNNING)
            continue;
        uint32_t left = (uint32_t)(trial->target - trial->step);
        struct search_event event = {.kind = ends[random_below(stream, 3)],
                                     .trial = i,
                                     .attempt = trial->attempts,
                                     .value = 0.25 * random_below(stream, 10)};
        event.step = event.kind == SEARCH_DONE ? trial->target
                                               : trial->step + random_below(stream, left + 1);
        step_with_checkpoints(search, &event, held);
    }
}

/* A search that is closed after so many of its events, or comes to its end. */
static void check_checkpoints(const struct virtual_cluster *cluster, const json_t *study,
                              const struct setting *setting, size_t events)
{
    struct error error;
    struct random_stream stream;
    size_t room = search_trial_count(cluster->search) + (size_t)setting->candidates;
    checkpoints *held = calloc(room, sizeof *held);
    struct search *search = search_create(study, setting->samples, &error);
    assert_non_null(held);
    assert_non_null(search);
    random_open(&stream, setting->world.seed, RANDOM_SHUFFLE, events);
    for (size_t i = 0; i < events; i++)
        step_with_checkpoints(search, &cluster->events[i], held);
    if (!search_finished(search))
        close_at_once(search, &stream, held);
    assert_true(search_finished(search) && search_trial_count(search) <= room);
    uint32_t best = SEARCH_NO_TRIAL;
    (void)search_best(search, &best);
    for (uint32_t i = 0; i < search_trial_count(search); i++) {
        const struct search_trial *trial = search_trial(search, i);
        for (uint32_t j = 0; j < ATTEMPTS; j++)
            assert_int_equal(held[i][j], i == best && j == trial->kept);
    }
    search_destroy(search);
    free(held);
}

static void show(uint64_t seed, const struct way *way)
{
    if (getenv("SHOW_SEEDS"))
        printf("seed %llu %s %s%s\n", (unsigned long long)seed, way->scheduler,
               way->variant ? way->variant : "", way->asynchronous ? " asynchronous" : "");
}

static void any_order_of_events_ends_in_a_sound_search(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= seeds; seed++)
        for (size_t i = 0; i < WAYS; i++) {
            struct setting setting = draw_setting(seed, &ways[i]);
            json_t *study;
            show(seed, &ways[i]);
            struct virtual_cluster cluster =
                run_search(&setting, &setting.world, setting.trainers, seed, &study);
            check_rungs(cluster.search, &setting.world);
            check_trials(cluster.search, &setting);
            check_steps_rise(&cluster);
            check_the_best_is_never_lost(cluster.search, &setting.world);
            check_replay(&cluster, study, setting.samples);
            drop(&cluster, study);
        }
}

/* A synchronous search in which nothing is lost trains what it said at its start that it would. */
static void what_remains_at_the_start_is_what_is_trained(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= seeds; seed++)
        for (size_t i = 0; i < WAYS; i++) {
            struct setting setting = draw_setting(seed, &ways[i]);
            struct error error;
            json_t *study = study_of(&setting);
            show(seed, &ways[i]);
            setting.world.diverging = setting.world.losing = setting.world.pausing = 0;
            struct virtual_cluster cluster = {.search = search_create(study, 10, &error),
                                              .fate = fate,
                                              .context = &setting.world};
            assert_non_null(cluster.search);
            double said = search_remaining_budget(cluster.search);
            assert_true(said > 0);
            virtual_cluster_run(&cluster, setting.trainers, seed);
            assert_true(search_remaining_budget(cluster.search) == 0);
            /* An epoch is a step here; budgets that are no whole steps are rounded, each by half.
             */
            double trained = (double)cluster.steps_trained;
            if (!ways[i].asynchronous)
                assert_true(fabs(said - trained) <= 0.5 * search_trial_count(cluster.search));
            drop(&cluster, study);
        }
}

/* Pauses and losses that are made good change nothing; neither do trainers or the order. */
static void a_synchronous_table_does_not_depend_on_trainers_order_or_interruptions(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= seeds; seed++)
        for (size_t i = 0; i < WAYS; i++) {
            if (ways[i].asynchronous)
                continue;
            struct setting setting = draw_setting(seed, &ways[i]);
            struct world calm = setting.world, rough = setting.world;
            calm.losing = calm.pausing = rough.losing = 0;
            json_t *study, *other;
            show(seed, &ways[i]);
            struct virtual_cluster one = run_search(&setting, &calm, 1, 0, &study);
            struct virtual_cluster many =
                run_search(&setting, &rough, setting.trainers, seed, &other);
            assert_int_equal(search_trial_count(one.search), search_trial_count(many.search));
            for (uint32_t j = 0; j < search_trial_count(one.search); j++) {
                const struct search_trial *a = search_trial(one.search, j);
                const struct search_trial *b = search_trial(many.search, j);
                assert_true(same_result(a, b) && same_candidate(one.search, a, b));
            }
            drop(&one, study);
            drop(&many, other);
        }
}

static void no_checkpoint_is_missed_and_none_is_left_whenever_the_search_is_closed(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= seeds; seed++)
        for (size_t i = 0; i < WAYS; i++) {
            struct setting setting = draw_setting(seed, &ways[i]);
            struct random_stream stream;
            json_t *study;
            show(seed, &ways[i]);
            struct virtual_cluster cluster =
                run_search(&setting, &setting.world, setting.trainers, seed, &study);
            random_open(&stream, seed, RANDOM_SHUFFLE, i);
            for (int closing = 0; closing < 3; closing++)
                check_checkpoints(&cluster, study, &setting,
                                  random_below(&stream, (uint32_t)cluster.event_count));
            check_checkpoints(&cluster, study, &setting, cluster.event_count);
            drop(&cluster, study);
        }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_order_of_events_ends_in_a_sound_search),
        cmocka_unit_test(what_remains_at_the_start_is_what_is_trained),
        cmocka_unit_test(no_checkpoint_is_missed_and_none_is_left_whenever_the_search_is_closed),
        cmocka_unit_test(a_synchronous_table_does_not_depend_on_trainers_order_or_interruptions),
    };
    if (argc > 1)
        seeds = strtoul(argv[1], NULL, 10);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
