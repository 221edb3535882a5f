/* test_monitor.c - traces of losses and dead units, and the verdicts that they must get. */
#include "worker/trainer/monitor.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CONSTANT_LOSS 2.3026

enum { LAYERS = 2, NEVER = -1 };

/* A trace: the loss of step `step` (1 is the first), and the dead share of each layer after it. */
struct trace {
    const char *name;
    double (*loss)(int step);
    void (*dead)(int step, double share[LAYERS]);
    int steps;
    enum verdict verdict; /* that ends it, or VERDICT_HEALTHY */
    int earliest, latest; /* the step it ends at */
};

/* Pseudo-random in [-1, 1], the same in every run. */
static double noise(int step)
{
    return sin(12.9898 * step) * cos(78.233 * step);
}

static double learns(int step)
{
    return 0.3 + 2.0 * exp(-step / 200.0) + 0.05 * noise(step);
}
static double never_learns(int step)
{
    return 2.303 + 0.01 * noise(step);
}
static double nan_at_57(int step)
{
    return step == 57 ? NAN : 1.0;
}
static double infinite_at_3(int step)
{
    return step == 3 ? INFINITY : 50.0 * step;
}
static double spike_that_recovers(int step)
{
    return step < 30 ? 20.0 * exp(-step / 15.0) + 2 : learns(step);
}
static double huge_spike_later(int step)
{
    return step >= 500 && step < 520 ? 1e6 : learns(step);
}
static double thrown_at_once(int step)
{
    return step < 20 ? 18.0 : 2.33 + 0.02 * noise(step);
}
static double dies_slowly(int step)
{
    return step < 700 ? 1.07 : 2.31 + 0.02 * noise(step);
}
static double crippled(int step)
{
    return 1.2 + 0.1 * noise(step);
}
static double flickers(int step)
{
    return step % 50 == 0 ? 4.0 : 2.29 + 0.03 * noise(step);
}

static void none(int step, double share[LAYERS])
{
    (void)step;
    share[0] = 0.2;
    share[1] = 0.1;
}
static void all_of_the_first(int step, double share[LAYERS])
{
    share[0] = step > 10 ? 1.0 : 0.3;
    share[1] = 0.1;
}
static void all_of_the_second_from_700(int step, double share[LAYERS])
{
    share[0] = 0.9;
    share[1] = step < 700 ? 0.9 : 1.0;
}
static void nearly_all(int step, double share[LAYERS])
{
    (void)step;
    share[0] = 0.96;
    share[1] = 0.97;
}
static void flickering(int step, double share[LAYERS])
{
    share[0] = step % 50 == 0 ? 0.97 : 0.992;
    share[1] = 0.5;
}
/* Early on, a few batches in which hardly anything is alive: small batches show that by chance. */
static void now_and_then(int step, double share[LAYERS])
{
    share[0] = step % 40 == 0 ? 1.0 : 0.6;
    share[1] = 0.5;
}

static const struct trace traces[] = {
    {"a run that learns", learns, none, 3000, VERDICT_HEALTHY, 0, 0},
    {"a rate so small that nothing is learned", never_learns, none, 3000, VERDICT_HEALTHY, 0, 0},
    {"a loss that is not a number", nan_at_57, none, 100, VERDICT_DIVERGED, 57, 57},
    {"an infinite loss", infinite_at_3, none, 100, VERDICT_DIVERGED, 3, 3},
    {"a spike that recovers", spike_that_recovers, none, 2000, VERDICT_HEALTHY, 0, 0},
    {"a huge spike that recovers", huge_spike_later, none, 2000, VERDICT_HEALTHY, 0, 0},
    {"a spike with many dead units", spike_that_recovers, nearly_all, 2000, VERDICT_HEALTHY, 0, 0},
    {"collapsed at once", thrown_at_once, all_of_the_first, 2000, VERDICT_COLLAPSED, 200, 220},
    {"dying slowly", dies_slowly, all_of_the_second_from_700, 2000, VERDICT_COLLAPSED, 800, 900},
    {"dead but learning", crippled, all_of_the_first, 2000, VERDICT_HEALTHY, 0, 0},
    {"nearly dead and not learning", never_learns, nearly_all, 2000, VERDICT_HEALTHY, 0, 0},
    {"flickering near the constant predictor", flickers, flickering, 2000, VERDICT_COLLAPSED, 200,
     220},
    {"a batch that looks dead now and then", never_learns, now_and_then, 2000, VERDICT_HEALTHY, 0,
     0},
};

static bool ends(enum verdict verdict)
{
    return verdict == VERDICT_DIVERGED || verdict == VERDICT_COLLAPSED;
}

/* Feeds steps first .. last; returns the step that a verdict ends the run at, or NEVER. */
static int feed(struct monitor *monitor, const struct trace *trace, int first, int last,
                enum verdict *verdict)
{
    for (int step = first; step <= last; step++) {
        *verdict = monitor_step(monitor, trace->loss(step));
        if (!ends(*verdict) && monitor_wants_dead_units(monitor)) {
            double share[LAYERS];
            trace->dead(step, share);
            *verdict = monitor_dead_units(monitor, share);
        }
        if (ends(*verdict))
            return step;
    }
    return NEVER;
}

static void every_trace_gets_its_verdict_at_its_step(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof traces / sizeof traces[0]; i++) {
        const struct trace *trace = &traces[i];
        struct monitor *monitor = monitor_create(CONSTANT_LOSS, LAYERS);
        enum verdict verdict = VERDICT_NONE;
        int step = feed(monitor, trace, 1, trace->steps, &verdict);
        if (verdict != trace->verdict)
            fail_msg("%s: %s at step %d", trace->name, verdict_name(verdict), step);
        if (ends(verdict) && (step < trace->earliest || step > trace->latest))
            fail_msg("%s: at step %d, not in %d to %d", trace->name, step, trace->earliest,
                     trace->latest);
        monitor_destroy(monitor);
    }
}

static void without_units_that_can_die_nothing_is_called_collapsed(void **state)
{
    (void)state;
    struct monitor *monitor = monitor_create(CONSTANT_LOSS, 0);
    for (int step = 1; step < 1000; step++) {
        assert_int_equal(monitor_step(monitor, 2.35), VERDICT_HEALTHY);
        assert_false(monitor_wants_dead_units(monitor));
    }
    monitor_destroy(monitor);
}

static void a_validation_loss_that_is_not_finite_ends_a_run(void **state)
{
    (void)state;
    struct monitor *monitor = monitor_create(CONSTANT_LOSS, 1);
    assert_int_equal(monitor_step(monitor, 1.0), VERDICT_HEALTHY);
    assert_int_equal(monitor_validation(monitor, 1.5), VERDICT_HEALTHY);
    assert_int_equal(monitor_validation(monitor, INFINITY), VERDICT_DIVERGED);
    monitor_destroy(monitor);
}

static void the_explanation_holds_what_was_seen_and_what_to_do(void **state)
{
    (void)state;
    char text[1024];
    enum verdict verdict;
    struct monitor *monitor = monitor_create(CONSTANT_LOSS, LAYERS);
    (void)feed(monitor, &traces[8], 1, 2000, &verdict); /* dying slowly */
    monitor_explain(monitor, 0.9, text, sizeof text);
    static const char *const collapsed[] = {"at 2.2",         "2.303", "200 steps", "layer 2",
                                            "since step 700", "0.9",   "a third",   "warm-up"};
    for (size_t i = 0; i < sizeof collapsed / sizeof collapsed[0]; i++)
        if (!strstr(text, collapsed[i]))
            fail_msg("\"%s\" does not hold \"%s\"", text, collapsed[i]);
    monitor_destroy(monitor);

    monitor = monitor_create(CONSTANT_LOSS, LAYERS);
    (void)feed(monitor, &traces[2], 1, 100, &verdict); /* not a number */
    monitor_explain(monitor, 30, text, sizeof text);
    static const char *const diverged[] = {"not finite", "step 57", "30", "a third"};
    for (size_t i = 0; i < sizeof diverged / sizeof diverged[0]; i++)
        if (!strstr(text, diverged[i]))
            fail_msg("\"%s\" does not hold \"%s\"", text, diverged[i]);
    monitor_destroy(monitor);
}

static void a_saved_monitor_goes_on_as_if_nothing_had_been(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof traces / sizeof traces[0]; i++) {
        const struct trace *trace = &traces[i];
        for (int cut = 1; cut < 1000; cut += 83) {
            enum verdict verdict = VERDICT_NONE, expected = VERDICT_NONE;
            struct monitor *whole = monitor_create(CONSTANT_LOSS, LAYERS);
            struct monitor *before = monitor_create(CONSTANT_LOSS, LAYERS);
            struct monitor *after = monitor_create(CONSTANT_LOSS, LAYERS);
            int expected_step = feed(whole, trace, 1, trace->steps, &expected);
            int step = feed(before, trace, 1, cut, &verdict);
            if (step == NEVER) {
                double *saved = malloc(monitor_state_count(before) * sizeof *saved);
                monitor_save(before, saved);
                assert_true(monitor_load(after, saved));
                free(saved);
                step = feed(after, trace, cut + 1, trace->steps, &verdict);
            }
            assert_int_equal(step, expected_step);
            assert_int_equal(verdict, expected);
            monitor_destroy(whole);
            monitor_destroy(before);
            monitor_destroy(after);
        }
    }
}

static void impossible_states_are_not_loaded(void **state)
{
    (void)state;
    struct monitor *monitor = monitor_create(CONSTANT_LOSS, LAYERS);
    size_t count = monitor_state_count(monitor);
    double *saved = malloc(count * sizeof *saved);
    static const double impossible[] = {NAN, -1, 0.5, 1e300};
    for (size_t i = 0; i < sizeof impossible / sizeof impossible[0]; i++) {
        monitor_save(monitor, saved);
        saved[0] = impossible[i]; /* steps come first */
        struct monitor *other = monitor_create(CONSTANT_LOSS, LAYERS);
        assert_false(monitor_load(other, saved));
        monitor_destroy(other);
    }
    free(saved);
    monitor_destroy(monitor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_trace_gets_its_verdict_at_its_step),
        cmocka_unit_test(without_units_that_can_die_nothing_is_called_collapsed),
        cmocka_unit_test(a_validation_loss_that_is_not_finite_ends_a_run),
        cmocka_unit_test(the_explanation_holds_what_was_seen_and_what_to_do),
        cmocka_unit_test(a_saved_monitor_goes_on_as_if_nothing_had_been),
        cmocka_unit_test(impossible_states_are_not_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
