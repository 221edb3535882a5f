/* test_samplers.c - candidates: against published points, by their strata, and by what is found
 * with them. */
#include "common/random.h"
#include "coordinator/search/samplers/sampler.h"
#include "coordinator/search/samplers/sobol_points.h"
#include "tests/support/surfaces.h"
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

static const char tpe_settings[] =
    "{\"sampler\": \"tpe\", \"n_startup_trials\": 10, \"n_ei_candidates\": 24, \"gamma\": 0.1,"
    " \"prior_weight\": 1.0, \"multivariate\": true, \"constant_liar\": true}";

static json_t *parse(const char *text)
{
    json_error_t error;
    json_t *json = json_loads(text, 0, &error);
    if (!json)
        fail_msg("%s in %s", error.text, text);
    return json;
}

/* --- Sobol --- */

static void sobols_first_thousand_points_are_the_published_ones(void **state)
{
    (void)state;
    json_error_t error;
    json_t *points = json_load_file(TEST_SOURCE_DIR "/reference/sobol.json", 0, &error);
    assert_int_equal(json_array_size(points), 1000);
    for (uint32_t i = 0; i < 1000; i++)
        for (unsigned dimension = 0; dimension < 8; dimension++) {
            json_int_t published =
                json_integer_value(json_array_get(json_array_get(points, i), dimension));
            assert_int_equal(sobol_point(i, dimension), (uint32_t)published << 22);
        }
    json_decref(points);
}

/* Sobol's first two dimensions are a (0, m, 2)-net in base 2: each elementary interval of area 2^-m
 * holds one of 2^m points. So is a scrambled one, or it is not Owen's. */
static void a_scrambled_net_holds_one_point_in_each_elementary_interval(void **state)
{
    (void)state;
    enum { M = 8, POINTS = 1 << M };
    for (uint64_t seed = 1; seed <= 20; seed++)
        for (unsigned bits = 0; bits <= M; bits++) {
            bool held[POINTS] = {false};
            for (uint32_t i = 0; i < POINTS; i++) {
                uint32_t x = sobol_scramble(sobol_point(i, 0), seed, 0);
                uint32_t y = sobol_scramble(sobol_point(i, 1), seed, 1);
                uint32_t column = bits ? x >> (32 - bits) : 0;
                uint32_t row = bits < M ? y >> (32 - (M - bits)) : 0;
                uint32_t interval = column << (M - bits) | row;
                assert_false(held[interval]);
                held[interval] = true;
            }
        }
}

static void every_scrambled_dimension_is_stratified(void **state)
{
    (void)state;
    for (unsigned dimension = 0; dimension < SOBOL_DIMENSIONS_MAX; dimension++) {
        bool held[256] = {false};
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t stratum = sobol_scramble(sobol_point(i, dimension), 7, dimension) >> 24;
            assert_false(held[stratum]);
            held[stratum] = true;
        }
    }
}

/* The flip of a digit depends on the digits before it: a shift by exclusive or, which keeps nets as
 * well, flips the same ones in every point. */
static void scrambling_depends_on_the_seed_and_is_more_than_a_shift(void **state)
{
    (void)state;
    unsigned same = 0;
    bool shifted = true;
    uint32_t shift = sobol_scramble(0, 1, 0);
    double mean = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        uint32_t point = sobol_point(i, 0);
        same += sobol_scramble(point, 1, 0) == sobol_scramble(point, 2, 0);
        shifted = shifted && (point ^ sobol_scramble(point, 1, 0)) == shift;
        mean += sobol_scramble(0, i, 0) / 4294967296.0 / 1000;
    }
    assert_int_equal(same, 0);
    assert_false(shifted);
    /* Over seeds a point is uniform: its mean of 1,000 is within 4 deviations of 1 / 2. */
    assert_true(fabs(mean - 0.5) < 4 / sqrt(12.0 * 1000));
}

/* --- a search on virtual trainers --- */

/* The loss of a candidate is the distance of its rate from 0.01, in decades; above 1 it diverges.
 */
static enum fate by_rate(void *context, uint32_t trial, uint32_t attempt, uint64_t from,
                         uint64_t to, uint64_t *step, double *value)
{
    const struct virtual_cluster *cluster = context;
    double rate = search_trial(cluster->search, trial)->values[0];
    (void)attempt;
    *step = rate > 1 ? from + (to - from) / 2 : to;
    *value = fabs(log10(rate) + 2);
    return rate > 1 ? FATE_DIVERGES : FATE_REACHES;
}

static json_t *study_with(const char *sampler, const char *scheduler, int candidates)
{
    json_t *study = virtual_study(scheduler, candidates, 3, 1, 9);
    json_t *settings = parse(sampler);
    json_object_update(json_object_get(study, "search"), settings);
    json_decref(settings);
    return study;
}

static void run(struct virtual_cluster *cluster, const json_t *study, size_t trainers,
                uint64_t order)
{
    struct error error;
    *cluster =
        (struct virtual_cluster){.search = search_create(study, SAMPLES, &error), .fate = by_rate};
    if (!cluster->search)
        fail_msg("%s", error.text);
    cluster->context = cluster;
    virtual_cluster_run(cluster, trainers, order);
}

static void drop(struct virtual_cluster *cluster)
{
    search_destroy(cluster->search);
    free(cluster->events);
}

static bool same_candidates(const struct search *one, const struct search *other)
{
    size_t parameters = search_space(one)->count;
    assert_int_equal(search_trial_count(one), search_trial_count(other));
    for (uint32_t i = 0; i < search_trial_count(one); i++)
        for (size_t j = 0; j < parameters; j++) {
            double a = search_trial(one, i)->values[j], b = search_trial(other, i)->values[j];
            if (a != b && !(isnan(a) && isnan(b)))
                return false;
        }
    return true;
}

static const char four_points[] =
    "{\"sampler\": \"list\", \"points\": [[0.5, 0, null], [0.25, 2, 0.3], [0.001, 1, null],"
    " [0.125, 2, 0.9]]}";

static void what_does_not_learn_makes_the_same_candidates_in_any_order_of_events(void **state)
{
    (void)state;
    static const char *const samplers[] = {"{\"sampler\": \"random\"}", "{\"sampler\": \"sobol\"}",
                                           "{\"sampler\": \"lhs\"}", four_points, tpe_settings};
    for (size_t i = 0; i < 5; i++) {
        struct virtual_cluster one, many;
        json_t *study = study_with(samplers[i], "sha", 27);
        run(&one, study, 1, 0);
        run(&many, study, 7, 3);
        assert_int_equal(same_candidates(one.search, many.search), i < 4);
        drop(&one);
        drop(&many);
        json_decref(study);
    }
}

static void a_replay_makes_the_same_candidates(void **state)
{
    (void)state;
    for (uint64_t order = 1; order <= 50; order++) {
        struct error error;
        struct search_update update;
        struct virtual_cluster cluster;
        json_t *study = study_with(tpe_settings, order % 2 ? "sha" : "none", 60);
        virtual_study_set(study, "multivariate", json_boolean(order % 3 != 0));
        run(&cluster, study, 1 + order % 9, order);
        struct search *again = search_create(study, SAMPLES, &error);
        assert_non_null(again);
        for (size_t i = 0; i < cluster.event_count; i++)
            assert_true(search_step(again, &cluster.events[i], &update));
        assert_true(same_candidates(again, cluster.search));
        search_destroy(again);
        drop(&cluster);
        json_decref(study);
    }
}

static void a_list_is_taken_row_by_row(void **state)
{
    (void)state;
    static const double expected[4][3] = {
        {0.5, 0, NAN}, {0.25, 2, 0.3}, {0.001, 1, NAN}, {0.125, 2, 0.9}};
    struct virtual_cluster cluster;
    json_t *study = study_with(four_points, "none", 100);
    run(&cluster, study, 2, 0);
    assert_int_equal(search_trial_count(cluster.search), 4);
    for (uint32_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 3; j++) {
            double value = search_trial(cluster.search, i)->values[j];
            assert_true(value == expected[i][j] || (isnan(value) && isnan(expected[i][j])));
        }
    drop(&cluster);
    json_decref(study);
}

static void a_list_that_does_not_fit_the_space_is_refused(void **state)
{
    (void)state;
    static const char *const points[] = {
        "[]",
        "[[0.5, 0, null], [0.5, 0]]", /* too short */
        "[[20.0, 0, null]]",          /* out of range */
        "[[0.5, 4, null]]",           /* no such schedule */
        "[[0.5, 0.5, null]]",         /* no index */
        "[[0.5, 0, 0.3]]",            /* a constant rate has no gamma */
        "[[0.5, 2, null]]",           /* an exponential one has */
        "[[null, 0, null]]",
        "[[\"a\", 0, null]]",
        "{}",
        "[7]",
    };
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        struct error error;
        json_t *study = virtual_study("none", 4, 3, 1, 1);
        json_t *search = json_object_get(study, "search");
        json_object_set_new(search, "sampler", json_string("list"));
        json_object_set_new(search, "points", parse(points[i]));
        assert_null(search_create(study, SAMPLES, &error));
        assert_non_null(strstr(error.text, "search.points"));
        json_decref(study);
    }
}

static void a_latin_hypercube_has_one_candidate_in_each_stratum(void **state)
{
    (void)state;
    enum { COUNT = 50 };
    double first[COUNT];
    for (int seed = 1; seed <= 2; seed++) {
        struct virtual_cluster cluster;
        json_t *study = study_with("{\"sampler\": \"lhs\"}", "none", COUNT);
        json_object_set_new(json_object_get(study, "study"), "seed", json_integer(seed));
        json_object_set_new(study, "space",
                            parse("{\"lr\": {\"log_uniform\": [1e-4, 1.0]}, \"momentum\":"
                                  " {\"uniform\": [0.0, 0.5]}, \"batch_size\": {\"choice\":"
                                  " [10, 20, 30, 40, 50]}}"));
        run(&cluster, study, 3, 0);
        bool rate[COUNT] = {false}, momentum[COUNT] = {false};
        int batch[5] = {0};
        bool same = true;
        for (uint32_t i = 0; i < COUNT; i++) {
            const double *values = search_trial(cluster.search, i)->values;
            rate[(int)((log10(values[0]) + 4) / 4 * COUNT)] = true;
            momentum[(int)(values[1] / 0.5 * COUNT)] = true;
            batch[(int)values[2]]++;
            same = same && seed == 2 && first[i] == values[0];
            first[i] = values[0];
        }
        for (int i = 0; i < COUNT; i++)
            assert_true(rate[i] && momentum[i]);
        for (int i = 0; i < 5; i++)
            assert_int_equal(batch[i], COUNT / 5);
        assert_false(same); /* another seed, another hypercube */
        drop(&cluster);
        json_decref(study);
    }
}

/* --- TPE --- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median_regret(const struct surface *surface, const char *settings)
{
    enum { SEEDS = 11, CANDIDATES = 100 };
    double best[SEEDS], regret[CANDIDATES];
    json_t *sampler = parse(settings);
    for (unsigned seed = 0; seed < SEEDS; seed++) {
        surface_search(surface, sampler, CANDIDATES, 1000 + seed, regret);
        best[seed] = regret[CANDIDATES - 1];
    }
    qsort(best, SEEDS, sizeof *best, by_value);
    json_decref(sampler);
    return best[SEEDS / 2];
}

static void tpe_comes_nearer_to_the_best_than_random_search(void **state)
{
    (void)state;
    for (size_t i = 0; i < surface_count; i++) {
        double by_chance = median_regret(&surfaces[i], "{\"sampler\": \"random\"}");
        double learned = median_regret(&surfaces[i], tpe_settings);
        /* Of the others some are rugged. */
        if (!(learned < by_chance / (surfaces[i].fitted ? 3 : 1)))
            fail_msg("%s: %g with tpe, %g at random", surfaces[i].name, learned, by_chance);
    }
}

static const struct surface *find_surface(const char *name)
{
    for (size_t i = 0; i < surface_count; i++)
        if (strcmp(surfaces[i].name, name) == 0)
            return &surfaces[i];
    for (size_t i = 0; i < blind_surface_count; i++)
        if (strcmp(blind_surfaces[i].name, name) == 0)
            return &blind_surfaces[i];
    fail_msg("no surface %s", name);
    return NULL;
}

/* What was drawn of the space: the values by the parameters' names, a choice's by its index. */
static void read_point(const struct surface *surface, const json_t *drawn, double *values)
{
    struct space space;
    struct error error;
    json_t *study = json_pack("{s:o}", "space", parse(surface->space));
    if (!space_create(&space, study, &error))
        fail_msg("%s: %s", surface->name, error.text);
    size_t found = 0;
    for (size_t i = 0; i < space.count; i++) {
        const json_t *value = json_object_get(drawn, space.parameters[i].name);
        values[i] = value ? json_number_value(value) : (double)NAN;
        found += value != NULL;
    }
    if (found != json_object_size(drawn) || !space_accepts(&space, values))
        fail_msg("%s: not a point of its space", surface->name);
    json_decref(study);
}

static void surfaces_are_those_that_optuna_is_run_on(void **state)
{
    (void)state;
    json_error_t error;
    json_t *points = json_load_file(TEST_SOURCE_DIR "/reference/surfaces.json", 0, &error);
    if (!points)
        fail_msg("surfaces.json: %s", error.text);
    assert_int_equal(json_object_size(points), surface_count + blind_surface_count);
    const char *name;
    json_t *list, *point;
    json_object_foreach(points, name, list)
    {
        size_t i;
        assert_true(json_array_size(list) > 0);
        json_array_foreach(list, i, point)
        {
            double values[SPACE_MAX];
            const struct surface *surface = find_surface(name);
            read_point(surface, json_object_get(point, "point"), values);
            double expected = json_number_value(json_object_get(point, "measured"));
            double measured = surface_measured(surface, values);
            if (!(fabs(measured - expected) <= 1e-7 * fmax(1, fabs(expected))))
                fail_msg("%s[%zu]: %.17g, Python has %.17g", name, i, measured, expected);
            assert_true(surface->value(values) > surface->minimum);
        }
    }
    json_decref(points);
}

/* The mean distance in decades between the rates of twenty candidates that are made at once, after
 * twenty results. */
static double spread_at_once(const char *settings, int seed)
{
    enum { RESULTS = 20, AT_ONCE = 20 };
    struct error error;
    struct search_update update;
    json_t *study = study_with(settings, "none", 1000);
    json_object_set_new(json_object_get(study, "study"), "seed", json_integer(seed));
    struct search *search = search_create(study, SAMPLES, &error);
    assert_non_null(search);
    for (uint32_t i = 0; i < RESULTS + AT_ONCE; i++) {
        struct search_event event = {.kind = SEARCH_FREE, .value = 1};
        assert_true(search_step(search, &event, &update));
        if (i >= RESULTS)
            continue;
        event = (struct search_event){.kind = SEARCH_DONE, .trial = i, .attempt = 1, .step = 9};
        event.value = fabs(log10(search_trial(search, i)->values[0]) + 2);
        assert_true(search_step(search, &event, &update));
    }
    double sum = 0;
    for (uint32_t i = RESULTS; i < RESULTS + AT_ONCE; i++)
        for (uint32_t j = RESULTS; j < i; j++)
            sum += fabs(
                log10(search_trial(search, i)->values[0] / search_trial(search, j)->values[0]));
    search_destroy(search);
    json_decref(study);
    return sum / (AT_ONCE * (AT_ONCE - 1) / 2);
}

static void a_running_candidate_keeps_others_away(void **state)
{
    (void)state;
    char honest[sizeof tpe_settings + 1];
    (void)snprintf(honest, sizeof honest, "%s", tpe_settings);
    char *liar = strstr(honest, "\"constant_liar\": true");
    assert_non_null(liar);
    memcpy(liar, "\"constant_liar\":false", strlen("\"constant_liar\":false"));
    double with = 0, without = 0;
    for (int seed = 1; seed <= 20; seed++) {
        with += spread_at_once(tpe_settings, seed) / 20;
        without += spread_at_once(honest, seed) / 20;
    }
    if (!(with > 1.1 * without))
        fail_msg("%g decades apart with the liar, %g without", with, without);
}

/* A fifth of the rates between 1e-5 and 10 diverge. */
static void tpe_keeps_away_from_what_diverged(void **state)
{
    (void)state;
    unsigned early = 0, late = 0;
    for (uint64_t order = 1; order <= 10; order++) {
        struct virtual_cluster cluster;
        json_t *study = study_with(tpe_settings, "sha", 81);
        json_object_set_new(json_object_get(study, "study"), "seed", json_integer((int)order));
        run(&cluster, study, 4, order);
        for (uint32_t i = 0; i < 81; i++) {
            bool diverged = search_trial(cluster.search, i)->state == TRIAL_DIVERGED;
            early += i < 20 && diverged;
            late += i >= 61 && diverged;
        }
        drop(&cluster);
        json_decref(study);
    }
    assert_true(early > 0);
    if (!(4 * late < early))
        fail_msg("%u diverged of the first 200, %u of the last", early, late);
}

/* When all that is known is that everything diverges, there is no best: it goes on as it began. */
static enum fate all_diverge(void *context, uint32_t trial, uint32_t attempt, uint64_t from,
                             uint64_t to, uint64_t *step, double *value)
{
    (void)context;
    (void)trial;
    (void)attempt;
    (void)from;
    *step = to;
    *value = NAN;
    return FATE_REACHES;
}

static void a_model_of_nothing_but_diverged_runs_is_no_model(void **state)
{
    (void)state;
    struct error error;
    json_t *study = study_with(tpe_settings, "none", 40);
    struct virtual_cluster cluster = {.search = search_create(study, SAMPLES, &error),
                                      .fate = all_diverge};
    virtual_cluster_run(&cluster, 3, 0);
    json_t *other = study_with("{\"sampler\": \"sobol\"}", "none", 40);
    struct virtual_cluster sobol = {.search = search_create(other, SAMPLES, &error),
                                    .fate = all_diverge};
    virtual_cluster_run(&sobol, 3, 0);
    assert_true(same_candidates(cluster.search, sobol.search));
    drop(&cluster);
    drop(&sobol);
    json_decref(study);
    json_decref(other);
}

static void check_candidate(const struct space *space, const double *values)
{
    for (size_t i = 0; i < space->count; i++) {
        const struct parameter *parameter = &space->parameters[i];
        double value = values[i];
        if (parameter->parent >= 0 &&
            values[parameter->parent] != (double)parameter->parent_choice) {
            assert_true(isnan(value));
            continue;
        }
        if (parameter->values) {
            assert_true(value == floor(value));
            assert_true(value >= 0 && value < (double)parameter->count);
        } else {
            assert_true(value >= parameter->low && value <= parameter->high);
            assert_true(parameter->distribution != DISTRIBUTION_INT || value == floor(value));
        }
    }
}

/* Tells the sampler that a trial settled in rung `level` of the only bracket. */
static void settle(struct search *search, uint32_t trial, uint32_t level, double value)
{
    search->trials[trial].rung = level;
    search->trials[trial].state = TRIAL_PAUSED;
    search->trials[trial].final = value;
    assert_true(search->sampler->observed(search->sampler_state, search, trial));
}

/* That it diverged there. */
static void lose(struct search *search, uint32_t trial, uint32_t level)
{
    search->trials[trial].rung = level;
    search->trials[trial].state = TRIAL_DIVERGED;
    assert_true(search->sampler->observed(search->sampler_state, search, trial));
}

/* The mean decade of twenty candidates, when by `early` of thirty trials low rates seemed best
 * after one epoch, and `later` of them (the next ones, or the same) have told after nine that high
 * ones are. */
static double mean_decade(uint32_t early, uint32_t later)
{
    enum { FIRST = 30, ASKED = 20 };
    struct error error;
    struct search_update update;
    const struct search_event idle = {.kind = SEARCH_FREE, .value = 1};
    json_t *study = study_with(tpe_settings, "sha", 1000);
    struct search *search = search_create(study, SAMPLES, &error);
    assert_non_null(search);
    for (uint32_t i = 0; i < FIRST; i++)
        assert_true(search_step(search, &idle, &update));
    for (uint32_t i = 0; i < early; i++)
        settle(search, i, 0, log10(search->trials[i].values[0]));
    for (uint32_t i = early; i < early + later; i++)
        settle(search, i % FIRST, 2, -log10(search->trials[i % FIRST].values[0]));
    double sum = 0;
    for (uint32_t i = FIRST; i < FIRST + ASKED; i++) {
        assert_true(search_step(search, &idle, &update));
        sum += log10(search->trials[i].values[0]);
    }
    search_destroy(search);
    json_decref(study);
    return sum / ASKED;
}

/* Three parameters, so that six results are enough. */
static void the_model_is_of_the_largest_budget_with_results_enough(void **state)
{
    (void)state;
    assert_true(mean_decade(30, 0) < -3);
    assert_true(mean_decade(30, 5) < -3);
    assert_true(mean_decade(30, 6) > -1);
    /* With enough of neither it is of the smallest. */
    assert_true(mean_decade(5, 5) < -2.5);
}

/* Settles the next `count` trials that have a schedule, from `*next` on. */
static void settle_those(struct search *search, double schedule, unsigned count, double value,
                         uint32_t *next)
{
    for (; count > 0; (*next)++)
        if (search->trials[*next].values[1] == schedule) {
            settle(search, *next, 0, value);
            count--;
        }
}

/* Of the best seven three have a schedule and four a second, and so have `others` that are worse.
 * By how many of 100 candidates the first leads. between: how many come in between, with another
 * schedule. */
static int lead_of_the_first(unsigned between, unsigned others)
{
    enum { FIRST = 500, ASKED = 100 };
    struct error error;
    struct search_update update;
    const struct search_event idle = {.kind = SEARCH_FREE, .value = 1};
    json_t *study = study_with(tpe_settings, "none", 1000);
    virtual_study_set(study, "constant_liar", json_false());
    virtual_study_set(study, "multivariate", json_false()); /* the rates do not matter then */
    virtual_study_set(study, "gamma", json_real(6.5 / (7 + between + others)));
    struct search *search = search_create(study, SAMPLES, &error);
    assert_non_null(search);
    for (uint32_t i = 0; i < FIRST; i++)
        assert_true(search_step(search, &idle, &update));
    uint32_t firsts = 0, seconds = 0, thirds = 0;
    settle_those(search, 0, 3, 0, &firsts);
    settle_those(search, 1, 4, 0, &seconds);
    settle_those(search, 2, between, 0.5, &thirds);
    settle_those(search, 1, others, 1, &seconds);
    int lead = 0;
    for (uint32_t i = FIRST; i < FIRST + ASKED; i++) {
        assert_true(search_step(search, &idle, &update));
        lead += (search->trials[i].values[1] == 0) - (search->trials[i].values[1] == 1);
    }
    search_destroy(search);
    json_decref(study);
    return lead;
}

/* Of the others the better ones are all kept, and of the rest a sample. */
static void what_is_common_among_the_others_is_avoided(void **state)
{
    (void)state;
    int few = lead_of_the_first(0, 19), many = lead_of_the_first(19, 64);
    if (few < 50 || many < 50)
        fail_msg("ahead by %d where few have results, by %d where many have", few, many);
}

/* Five candidates with two results each are not ten. */
static void a_candidate_counts_once_towards_the_start(void **state)
{
    (void)state;
    enum { FIRST = 20, KNOWN = 5 };
    static const char *const samplers[] = {tpe_settings, "{\"sampler\": \"sobol\"}"};
    struct search *search[2];
    json_t *study[2];
    for (int i = 0; i < 2; i++) {
        struct error error;
        study[i] = study_with(samplers[i], "sha", 1000);
        search[i] = search_create(study[i], SAMPLES, &error);
        assert_non_null(search[i]);
        for (uint32_t trial = 0; trial < FIRST; trial++) {
            struct search_update update;
            const struct search_event idle = {.kind = SEARCH_FREE, .value = 1};
            assert_true(search_step(search[i], &idle, &update));
            for (uint32_t of = 0; i == 0 && trial == KNOWN && of < 2 * KNOWN; of++)
                settle(search[i], of / 2, of % 2, of);
        }
    }
    assert_true(same_candidates(search[0], search[1]));
    for (int i = 0; i < 2; i++) {
        search_destroy(search[i]);
        json_decref(study[i]);
    }
}

/* Rates above 0.1 diverge within an epoch, all others get to nine epochs, and the higher the
 * better. */
static void what_diverged_at_a_small_budget_counts_at_all_above_it(void **state)
{
    (void)state;
    enum { FIRST = 60, ASKED = 100 };
    struct error error;
    struct search_update update;
    const struct search_event idle = {.kind = SEARCH_FREE, .value = 1};
    json_t *study = study_with(tpe_settings, "sha", 1000);
    struct search *search = search_create(study, SAMPLES, &error);
    assert_non_null(search);
    unsigned above = 0;
    for (uint32_t i = 0; i < FIRST; i++)
        assert_true(search_step(search, &idle, &update));
    for (uint32_t i = 0; i < FIRST; i++) {
        double decade = log10(search->trials[i].values[0]);
        if (decade > -1)
            lose(search, i, 0);
        else
            settle(search, i, 2, -decade);
    }
    for (uint32_t i = FIRST; i < FIRST + ASKED; i++) {
        assert_true(search_step(search, &idle, &update));
        above += log10(search->trials[i].values[0]) > -0.8;
    }
    if (above > 2)
        fail_msg("%u of %d above the edge", above, ASKED);
    search_destroy(search);
    json_decref(study);
}

/* All there is room for, of everything: AddressSanitizer tells whether it is enough. */
static void a_model_of_very_many_trials_has_room(void **state)
{
    (void)state;
    enum { RESULTS = 200, DIVERGED = 100, RUNNING = 100 };
    struct error error;
    struct search_update update;
    const struct search_event idle = {.kind = SEARCH_FREE, .value = 1};
    json_t *study = study_with(tpe_settings, "sha", 1000);
    struct search *search = search_create(study, SAMPLES, &error);
    assert_non_null(search);
    for (uint32_t i = 0; i < RESULTS + 2 * DIVERGED + RUNNING; i++)
        assert_true(search_step(search, &idle, &update));
    for (uint32_t i = 0; i < RESULTS; i++)
        settle(search, i, 1, i);
    for (uint32_t i = 0; i < DIVERGED; i++) {
        lose(search, RESULTS + i, 0);
        lose(search, RESULTS + DIVERGED + i, 1);
    }
    assert_true(search_step(search, &idle, &update));
    check_candidate(search_space(search), search->trials[search_trial_count(search) - 1].values);
    search_destroy(search);
    json_decref(study);
}

/* How many of 400 candidates have the schedule of the best of ten good ones (0.46 of twenty,
 * rounded up), when each is a single draw from their density and the others improve on the rest by
 * `improvement` of what it does. */
static unsigned like_the_best(double improvement)
{
    enum { FIRST = 20, ASKED = 400 };
    struct error error;
    struct search_update update;
    const struct search_event idle = {.kind = SEARCH_FREE, .value = 1};
    json_t *study = study_with("{\"sampler\": \"tpe\", \"n_startup_trials\": 10,"
                               " \"n_ei_candidates\": 1, \"gamma\": 0.46, \"prior_weight\": 0.5,"
                               " \"multivariate\": true, \"constant_liar\": false}",
                               "none", 1000);
    struct search *search = search_create(study, SAMPLES, &error);
    assert_non_null(search);
    for (uint32_t i = 0; i < FIRST; i++)
        assert_true(search_step(search, &idle, &update));
    const double *of = search->trials[0].values;
    unsigned good = 0, like = 0;
    for (uint32_t i = 1; i < FIRST; i++) {
        bool other = search->trials[i].values[1] != of[1] && good < 9;
        good += other;
        settle(search, i, 0, other ? 1 - improvement : 1);
    }
    settle(search, 0, 0, 0);
    assert_int_equal(good, 9);
    for (uint32_t i = FIRST; i < FIRST + ASKED; i++) {
        assert_true(search_step(search, &idle, &update));
        like += search->trials[i].values[1] == search->trials[0].values[1];
    }
    search_destroy(search);
    json_decref(study);
    return like;
}

/* With weights of 10, 0 ... 0 and a prior of 0.5, kernels that leave their own of four schedules in
 * 0.5 / 11 * 4 : 1 of the draws, 0.86 of the draws are expected; with 1 ... 1, 0.11. */
static void the_best_weigh_as_much_as_they_improve_and_one_on_average(void **state)
{
    (void)state;
    unsigned one = like_the_best(1e-9), all = like_the_best(1 - 1e-9);
    if (one < 322 || one > 366 || all > 80)
        fail_msg("%u of 400 like the only good one, %u like one of ten", one, all);
}

/* --- any space --- */

static json_t *draw_distribution(struct random_stream *stream)
{
    double low = 0.001 + random_uniform(stream), high = low + 0.001 + 10 * random_uniform(stream);
    int first = (int)random_below(stream, 5);
    json_t *list;
    switch (random_below(stream, 6)) {
    case 0:
        return json_pack("{s:[f, f]}", "uniform", low - 1, high);
    case 1:
        return json_pack("{s:[f, f]}", "log_uniform", low, high);
    case 2:
        return json_pack("{s:[i, i]}", "int", first, first + 1 + (int)random_below(stream, 9));
    case 3:
        return json_pack("{s:[f, f, f]}", "grid", low, low + 1, low + 2);
    case 4:
        return json_pack("{s:[f, f, f]}", "grid", low, low + 1, low - 2);
    default:
        list = json_array();
        for (uint32_t i = 0, count = 1 + random_below(stream, 6); i < count; i++)
            json_array_append_new(list, json_integer(i));
        return json_pack("{s:o}", "choice", list);
    }
}

static json_t *draw_space(struct random_stream *stream)
{
    json_t *space = json_object(), *schedules = json_array();
    for (uint32_t i = 0, count = 1 + random_below(stream, 4); i < count; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "p%u", i);
        json_object_set_new(space, name, draw_distribution(stream));
    }
    for (uint32_t i = 0, count = 1 + random_below(stream, 4); i < count; i++) {
        json_t *schedule = json_pack("{s:s}", "type", "any");
        for (uint32_t j = 0, own = random_below(stream, 4); j < own; j++) {
            char name[16];
            (void)snprintf(name, sizeof name, "q%u", j);
            json_object_set_new(schedule, name, draw_distribution(stream));
        }
        json_array_append_new(schedules, schedule);
    }
    json_object_set_new(space, "schedule", schedules);
    return space;
}

struct any_world {
    uint64_t seed;
};

static enum fate any_fate(void *context, uint32_t trial, uint32_t attempt, uint64_t from,
                          uint64_t to, uint64_t *step, double *value)
{
    static const double values[] = {NAN, INFINITY, -1e308, 1e308, 0, 1, 2, 2};
    const struct any_world *world = context;
    struct random_stream stream;
    random_open(&stream, world->seed, RANDOM_GENERATE, (uint64_t)trial << 32 | attempt);
    *step = to;
    *value = values[random_below(&stream, 8)];
    *step = from + random_below(&stream, (uint32_t)(to - from) + 1);
    switch (random_below(&stream, 8)) {
    case 0:
        return FATE_LOST;
    case 1:
        return FATE_DIVERGES;
    case 2:
        return FATE_PAUSED;
    default:
        *step = to;
        return FATE_REACHES;
    }
}

static void every_candidate_of_any_space_is_a_point_of_it(void **state)
{
    (void)state;
    static const char *const samplers[] = {"{\"sampler\": \"random\"}",
                                           "{\"sampler\": \"sobol\"}",
                                           "{\"sampler\": \"lhs\"}",
                                           tpe_settings,
                                           tpe_settings,
                                           tpe_settings};
    static const char *const schedulers[] = {"none", "sha", "asha", "hyperband", "median", "pbt"};
    for (uint64_t seed = 1; seed <= 1200; seed++) {
        struct error error;
        struct random_stream stream;
        struct any_world world = {.seed = seed};
        random_open(&stream, seed, RANDOM_SIMULATE, 0);
        json_t *study = study_with(samplers[seed % 6], schedulers[seed / 6 % 6],
                                   6 + (int)random_below(&stream, 80));
        json_t *search = json_object_get(study, "search");
        json_object_set_new(study, "space", draw_space(&stream));
        json_object_set_new(search, "multivariate", json_boolean(seed % 12 < 8));
        json_object_set_new(search, "n_startup_trials", json_integer(1 + seed % 20));
        struct virtual_cluster cluster = {
            .search = search_create(study, SAMPLES, &error), .fate = any_fate, .context = &world};
        if (!cluster.search)
            fail_msg("seed %d: %s", (int)seed, error.text);
        virtual_cluster_run(&cluster, 1 + seed % 12, seed);
        for (uint32_t i = 0; i < search_trial_count(cluster.search); i++)
            check_candidate(search_space(cluster.search), search_trial(cluster.search, i)->values);
        drop(&cluster);
        json_decref(study);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sobols_first_thousand_points_are_the_published_ones),
        cmocka_unit_test(a_scrambled_net_holds_one_point_in_each_elementary_interval),
        cmocka_unit_test(every_scrambled_dimension_is_stratified),
        cmocka_unit_test(scrambling_depends_on_the_seed_and_is_more_than_a_shift),
        cmocka_unit_test(what_does_not_learn_makes_the_same_candidates_in_any_order_of_events),
        cmocka_unit_test(a_replay_makes_the_same_candidates),
        cmocka_unit_test(a_list_is_taken_row_by_row),
        cmocka_unit_test(a_list_that_does_not_fit_the_space_is_refused),
        cmocka_unit_test(a_latin_hypercube_has_one_candidate_in_each_stratum),
        cmocka_unit_test(surfaces_are_those_that_optuna_is_run_on),
        cmocka_unit_test(tpe_comes_nearer_to_the_best_than_random_search),
        cmocka_unit_test(a_running_candidate_keeps_others_away),
        cmocka_unit_test(tpe_keeps_away_from_what_diverged),
        cmocka_unit_test(a_model_of_nothing_but_diverged_runs_is_no_model),
        cmocka_unit_test(the_model_is_of_the_largest_budget_with_results_enough),
        cmocka_unit_test(what_is_common_among_the_others_is_avoided),
        cmocka_unit_test(a_candidate_counts_once_towards_the_start),
        cmocka_unit_test(what_diverged_at_a_small_budget_counts_at_all_above_it),
        cmocka_unit_test(a_model_of_very_many_trials_has_room),
        cmocka_unit_test(the_best_weigh_as_much_as_they_improve_and_one_on_average),
        cmocka_unit_test(every_candidate_of_any_space_is_a_point_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
