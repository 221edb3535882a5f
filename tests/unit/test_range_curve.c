/* test_range_curve.c - suggestions from planted curves, whose fall and edge are known. */
#include "common/random.h"
#include "coordinator/find/range_curve.h"
#include "coordinator/find/range_summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { STEPS = 300 };

static const double first_lr = 1e-7, last_lr = 10;

/* A curve that falls from `start` to `bottom` around the rate `fall` and blows up above `edge`. */
struct plan {
    double start, bottom, fall, edge;
    double noise; /* deviation, as a share of the loss */
};

static const struct plan network = {2.3, 0.8, 0.01, 0.5, 0.0};

struct planted {
    double lr[STEPS], loss[STEPS], smoothed[STEPS];
    struct range_curve curve;
    struct range_result result;
};

static double rate(size_t step)
{
    return first_lr * pow(last_lr / first_lr, (double)step / (STEPS - 1));
}

static double planned(const struct plan *plan, double lr)
{
    double done = 1 / (1 + pow(plan->fall / lr, 1.5));
    double blown = lr > plan->edge ? 3 * plan->start * (1 - exp(-3 * log(lr / plan->edge))) : 0;
    return plan->start - (plan->start - plan->bottom) * done + blown;
}

static void plant(struct planted *planted, const struct plan *plan, uint64_t seed)
{
    struct random_stream random;
    random_open(&random, seed, RANDOM_GENERATE, 0);
    for (size_t i = 0; i < STEPS; i++) {
        planted->lr[i] = rate(i);
        planted->loss[i] =
            planned(plan, planted->lr[i]) * (1 + plan->noise * random_normal(&random));
    }
    planted->curve = (struct range_curve){STEPS, planted->lr, planted->loss, 0, false};
}

static void read_curve(struct planted *planted)
{
    assert_true(range_curve_read(&planted->curve, planted->smoothed, &planted->result));
}

static void assert_within(double found, double expected, double factor)
{
    if (!(found > expected / factor && found < expected * factor))
        fail_msg("found %g, expected %g within a factor %g", found, expected, factor);
}

static void assert_none(const struct range_result *result)
{
    for (size_t i = 0; i < RANGE_RATES; i++)
        assert_true(isnan(result->rate[i]));
}

static void assert_status(const struct planted *planted, enum range_status status)
{
    assert_int_equal(planted->result.status, status);
    if (status != RANGE_SOUND)
        assert_none(&planted->result);
}

static void a_clean_valley_gives_all_suggestions_in_order(void **state)
{
    (void)state;
    struct planted planted;
    plant(&planted, &network, 1);
    read_curve(&planted);
    const double *found = planted.result.rate;
    assert_status(&planted, RANGE_SOUND);
    assert_within(planted.result.start, network.start, 1.01);
    assert_within(planted.result.bottom, network.bottom, 1.05);
    assert_within(found[RANGE_STEEPEST], network.fall, 1.1);
    /* The logistic fall is nine tenths done at 9^(1 / 1.5) times its middle, begun at 1 / that. */
    assert_within(found[RANGE_KNEE], network.fall * pow(9, 1 / 1.5), 1.2);
    assert_within(found[RANGE_LOW], network.fall / pow(9, 1 / 1.5) / 3.16, 1.2);
    assert_within(found[RANGE_EDGE], network.edge, 1.3);
    assert_within(found[RANGE_MINIMUM_TENTH], network.edge / 10, 1.5);
    assert_true(found[RANGE_LOW] < found[RANGE_VALLEY]);
    assert_true(found[RANGE_VALLEY] < found[RANGE_EDGE]);
    assert_true(found[RANGE_HIGH] == found[RANGE_EDGE]);
}

static void the_smoothed_curve_follows_the_plan(void **state)
{
    (void)state;
    struct planted planted;
    struct plan noisy = network;
    noisy.noise = 0.1;
    plant(&planted, &noisy, 3);
    read_curve(&planted);
    for (size_t i = 0; i < STEPS; i++)
        if (planted.lr[i] < network.edge / 2)
            assert_within(planted.smoothed[i], planned(&network, planted.lr[i]), 1.15);
}

/* What can go wrong in single steps, at many places. */
static void spike_early(struct planted *planted)
{
    planted->loss[4] = 30;
    planted->loss[5] = 0.01;
}

static void spikes_everywhere(struct planted *planted)
{
    for (size_t i = 0; i < STEPS; i += 11) {
        planted->loss[i] *= 40;
        planted->loss[(i + 5) % STEPS] /= 40;
    }
}

static void spikes_in_pairs(struct planted *planted)
{
    for (size_t i = 10; i + 1 < STEPS; i += 25)
        planted->loss[i] = planted->loss[i + 1] = 1e6;
}

static void single_nans(struct planted *planted)
{
    for (size_t i = 0; i < STEPS; i += 7)
        planted->loss[i] = i % 2 ? (double)NAN : (double)INFINITY;
}

static void a_gap(struct planted *planted)
{
    for (size_t i = 60; i < 80; i++)
        planted->loss[i] = NAN;
}

static void nan_at_the_end(struct planted *planted)
{
    for (size_t i = 0; i < STEPS; i++)
        if (planted->lr[i] > 1.3 * network.edge)
            planted->loss[i] = NAN;
}

static void injected_spikes_and_nan_move_no_suggestion_by_a_factor_2(void **state)
{
    (void)state;
    static void (*const injections[])(struct planted *) = {
        spike_early, spikes_everywhere, spikes_in_pairs, single_nans, a_gap, nan_at_the_end};
    for (uint64_t seed = 1; seed <= 50; seed++) {
        for (size_t j = 0; j < sizeof injections / sizeof injections[0]; j++) {
            struct planted clean, injected;
            struct plan noisy = network;
            noisy.noise = seed % 2 ? 0.03 : 0;
            plant(&clean, &noisy, seed);
            plant(&injected, &noisy, seed);
            injections[j](&injected);
            read_curve(&clean);
            read_curve(&injected);
            assert_status(&clean, RANGE_SOUND);
            assert_status(&injected, RANGE_SOUND);
            for (size_t i = 0; i < RANGE_RATES; i++)
                assert_within(injected.result.rate[i], clean.result.rate[i], 2);
        }
    }
}

static void noise_moves_no_suggestion_far(void **state)
{
    (void)state;
    struct planted clean, noisy;
    struct plan plan = network;
    plant(&clean, &network, 1);
    read_curve(&clean);
    plan.noise = 0.1;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        plant(&noisy, &plan, seed);
        read_curve(&noisy);
        assert_status(&noisy, RANGE_SOUND);
        assert_within(noisy.result.rate[RANGE_KNEE], clean.result.rate[RANGE_KNEE], 2);
        assert_within(noisy.result.rate[RANGE_EDGE], clean.result.rate[RANGE_EDGE], 2);
        assert_within(noisy.result.rate[RANGE_STEEPEST], clean.result.rate[RANGE_STEEPEST], 3);
        assert_within(noisy.result.rate[RANGE_LOW], clean.result.rate[RANGE_LOW], 4);
    }
}

static void a_valley_without_a_rise_has_no_edge_and_ends_at_the_last_rate(void **state)
{
    (void)state;
    struct planted planted;
    struct plan plan = network;
    plan.edge = 1000;
    plant(&planted, &plan, 1);
    read_curve(&planted);
    assert_status(&planted, RANGE_SOUND);
    assert_true(isnan(planted.result.rate[RANGE_EDGE]));
    assert_true(planted.result.rate[RANGE_HIGH] == planted.lr[STEPS - 1]);
}

static void a_run_that_ends_in_the_valley_has_its_edge_there(void **state)
{
    (void)state;
    struct planted planted;
    plant(&planted, &network, 1);
    size_t end = 0;
    while (planted.lr[end] < 0.1)
        end++;
    for (size_t i = end; i < STEPS; i++)
        planted.loss[i] = NAN;
    read_curve(&planted);
    assert_status(&planted, RANGE_SOUND);
    assert_true(planted.result.rate[RANGE_EDGE] == planted.lr[end]);
    for (size_t i = end; i < STEPS; i++)
        assert_true(isnan(planted.smoothed[i]));
}

static void nothing_finite_gives_no_suggestion(void **state)
{
    (void)state;
    struct planted planted;
    plant(&planted, &network, 1);
    for (size_t i = 0; i < STEPS; i++)
        planted.loss[i] = NAN;
    read_curve(&planted);
    assert_status(&planted, RANGE_EMPTY);
    planted.loss[0] = 2.3; /* the first loss is measured before any step */
    read_curve(&planted);
    assert_status(&planted, RANGE_EMPTY);
}

static void a_plateau_and_pure_noise_give_no_suggestion(void **state)
{
    (void)state;
    static const double noises[] = {0, 0.01, 0.1, 0.3};
    struct plan plan = {2.3, 2.3, 0.01, 1e6, 0};
    for (size_t i = 0; i < sizeof noises / sizeof noises[0]; i++) {
        for (uint64_t seed = 0; seed < 200; seed++) {
            struct planted planted;
            plan.noise = noises[i];
            plant(&planted, &plan, seed);
            read_curve(&planted);
            assert_true(planted.result.status != RANGE_SOUND);
            assert_none(&planted.result);
        }
    }
}

/* The loss times e to a normal number: as batches of few samples scatter. */
static void scatter(struct planted *planted, uint64_t seed, double deviation)
{
    struct random_stream random;
    random_open(&random, seed, RANDOM_GENERATE, 1);
    for (size_t i = 0; i < STEPS; i++)
        planted->loss[i] *= exp(deviation * random_normal(&random));
}

static void scatter_by_orders_of_magnitude_hides_no_deep_fall_and_feigns_none(void **state)
{
    (void)state;
    struct plan deep = {5, 0.1, 0.01, 0.5, 0}, flat = {5, 5, 0.01, 1e6, 0};
    size_t missed = 0;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct planted planted;
        plant(&planted, &deep, seed);
        scatter(&planted, seed, 1.0);
        read_curve(&planted);
        missed += planted.result.status != RANGE_SOUND;
        if (planted.result.status == RANGE_SOUND)
            assert_within(planted.result.rate[RANGE_KNEE], deep.fall * pow(9, 1 / 1.5), 5);
    }
    assert_true(missed <= 4);
    for (uint64_t seed = 0; seed < 1000; seed++) {
        struct planted planted;
        plant(&planted, &flat, seed);
        scatter(&planted, seed, 1.5);
        read_curve(&planted);
        assert_true(planted.result.status != RANGE_SOUND);
    }
}

static void a_plateau_that_blows_up_is_rising_from_its_edge(void **state)
{
    (void)state;
    struct planted planted;
    struct plan plan = {2.3, 2.3, 0.01, 0.1, 0.02};
    plant(&planted, &plan, 1);
    read_curve(&planted);
    assert_status(&planted, RANGE_RISING);
    assert_within(planted.result.rising, 0.1, 1.5);
}

static void a_monotone_rise_gives_no_suggestion(void **state)
{
    (void)state;
    struct planted planted;
    plant(&planted, &network, 1);
    for (size_t i = 0; i < STEPS; i++)
        planted.loss[i] = 2.3 * exp(0.02 * (double)i);
    read_curve(&planted);
    assert_status(&planted, RANGE_RISING);
    assert_true(planted.result.rising < 20 * first_lr);
    for (size_t i = 0; i < STEPS; i++) /* explodes at once, then overflows */
        planted.loss[i] = i < 22 ? 2.3 * pow(30, (double)i) : (double)INFINITY;
    read_curve(&planted);
    assert_status(&planted, RANGE_RISING);
    assert_true(planted.result.rising < 20 * first_lr);
}

/* Gradient descent along two directions, as least squares is trained; momentum as PyTorch has it.
 */
static void the_edge_of_least_squares_is_found_through_its_growth(void **state)
{
    (void)state;
    static const struct {
        double low, high, momentum;
        bool nesterov;
        double far; /* from the minimum, where the curvature is low */
    } cases[] = {{0.1, 2, 0, false, 1},    {1, 1.5, 0, false, 1},    {1e-4, 3, 0, false, 1},
                 {1e-6, 100, 0, false, 1}, {1, 1e4, 0, false, 1},    {0.1, 1, 0.9, false, 1},
                 {1e-4, 3, 0.9, false, 1}, {1e-3, 5, 0.5, false, 1}, {0.1, 1, 0.99, false, 1},
                 {0.1, 2, 0.9, true, 1},   {1e-4, 3, 0.5, true, 1},  {1e-6, 100, 0.9, true, 1},
                 {0.05, 3, 0, false, 20},  {0.05, 3, 0.9, false, 20}};
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        struct planted planted;
        double m = cases[c].momentum;
        const double curvature[2] = {cases[c].low, cases[c].high};
        double w[2] = {cases[c].far, 1}, v[2] = {0, 0};
        plant(&planted, &network, 1);
        planted.curve.momentum = m;
        planted.curve.nesterov = cases[c].nesterov;
        for (size_t i = 0; i < STEPS; i++) {
            planted.loss[i] = (curvature[0] * w[0] * w[0] + curvature[1] * w[1] * w[1]) / 2;
            for (size_t j = 0; j < 2; j++) {
                /* As in float: what is left never falls below its rounding. */
                double gradient = curvature[j] * (w[j] + 1e-7 * sin((double)(i + j)));
                v[j] = m * v[j] + gradient;
                w[j] -= planted.lr[i] * (cases[c].nesterov ? gradient + m * v[j] : v[j]);
            }
        }
        read_curve(&planted);
        assert_status(&planted, RANGE_SOUND);
        double product = cases[c].nesterov ? (2 + 2 * m) / (1 + 2 * m) : 2 * (1 + m);
        assert_within(planted.result.rate[RANGE_EDGE], product / cases[c].high, 1.25);
        for (size_t i = 0; i < RANGE_RATES; i++) /* though the loss still falls beyond it */
            assert_true(planted.result.rate[i] <= planted.result.rate[RANGE_EDGE]);
    }
}

static void seeds_are_summarised_by_their_median(void **state)
{
    (void)state;
    static const double edges[] = {0.1, 0.4, 0.2, NAN};
    struct range_result results[4];
    struct range_summary summary;
    for (size_t i = 0; i < 4; i++) {
        results[i] = (struct range_result){.status = RANGE_SOUND, .rising = NAN};
        for (size_t j = 0; j < RANGE_RATES; j++)
            results[i].rate[j] = 0.01;
        results[i].rate[RANGE_EDGE] = edges[i];
    }
    assert_true(range_summarise(results, 4, &summary));
    assert_int_equal(summary.status, RANGE_SOUND);
    assert_int_equal(summary.rate[RANGE_EDGE].seeds, 3);
    assert_within(summary.rate[RANGE_EDGE].median, 0.2, 1.0001);
    assert_within(summary.rate[RANGE_EDGE].low, 0.1, 1.0001);
    assert_within(summary.rate[RANGE_EDGE].high, 0.4, 1.0001);
    assert_within(summary.rate[RANGE_KNEE].median, 0.01, 1.0001);
    results[0].rate[RANGE_EDGE] = NAN; /* half of them have none */
    assert_true(range_summarise(results, 4, &summary));
    assert_true(isnan(summary.rate[RANGE_EDGE].median));
}

static void half_of_the_seeds_are_not_enough(void **state)
{
    (void)state;
    struct range_result results[4] = {{.status = RANGE_SOUND},
                                      {.status = RANGE_SOUND},
                                      {.status = RANGE_RISING, .rising = 0.5},
                                      {.status = RANGE_RISING, .rising = 2}};
    struct range_summary summary;
    assert_true(range_summarise(results, 4, &summary));
    assert_int_equal(summary.status, RANGE_RISING);
    assert_int_equal(summary.sound, 2);
    assert_within(summary.rising, 1, 1.0001);
    assert_true(isnan(summary.rate[RANGE_KNEE].median));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clean_valley_gives_all_suggestions_in_order),
        cmocka_unit_test(the_smoothed_curve_follows_the_plan),
        cmocka_unit_test(injected_spikes_and_nan_move_no_suggestion_by_a_factor_2),
        cmocka_unit_test(noise_moves_no_suggestion_far),
        cmocka_unit_test(a_valley_without_a_rise_has_no_edge_and_ends_at_the_last_rate),
        cmocka_unit_test(a_run_that_ends_in_the_valley_has_its_edge_there),
        cmocka_unit_test(nothing_finite_gives_no_suggestion),
        cmocka_unit_test(a_plateau_and_pure_noise_give_no_suggestion),
        cmocka_unit_test(scatter_by_orders_of_magnitude_hides_no_deep_fall_and_feigns_none),
        cmocka_unit_test(a_plateau_that_blows_up_is_rising_from_its_edge),
        cmocka_unit_test(a_monotone_rise_gives_no_suggestion),
        cmocka_unit_test(the_edge_of_least_squares_is_found_through_its_growth),
        cmocka_unit_test(seeds_are_summarised_by_their_median),
        cmocka_unit_test(half_of_the_seeds_are_not_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
