/* test_monitor.c - traces of losses and silent units, and the verdicts that they must get. */
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

/* A trace: the loss of step `step` (1 is the first), and the share of each layer's units that say
 * the same to every sample after it. */
struct trace {
    const char *name;
    double (*loss)(int step);
    void (*silent)(int step, double share[LAYERS]);
    int steps;
    enum verdict verdict;             /* that ends it, or VERDICT_HEALTHY */
    int earliest, latest;             /* the step it ends at */
    struct monitor_settings settings; /* beside the usual */
    double constant_from;             /* the outputs are constant from this step on; 0: never */
};

/* Pseudo-random in [-1, 1], the same in every run. */
static double noise(int step)
{
    uint32_t x = (uint32_t)step * 0x9e3779b9U;
    x = (x ^ (x >> 16)) * 0x7feb352dU;
    x = (x ^ (x >> 15)) * 0x846ca68bU;
    return (x ^ (x >> 16)) / 2147483647.5 - 1;
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
static double thrown_high(int step)
{
    return step < 5 ? 2.3 : 20 + 8 * noise(step);
}
static double thrown_far(int step)
{
    return step < 5 ? 2.3 : 60 + 20 * noise(step);
}
static double far_but_for_dips(int step)
{
    return (step - 1) / 10 % 3 == 2 ? 3 + noise(step) : 10 * thrown_far(step);
}
static double far_but_for_moments(int step)
{
    return step % 5 == 0 ? 3 : thrown_far(step);
}
static double comes_down(int step)
{
    return 1e5 / step * (1 + 0.3 * noise(step));
}
static double comes_down_fast(int step)
{
    return comes_down(step) / sqrt(step);
}
static double stands_above(int step)
{
    return 2.6 + 0.05 * noise(step);
}
static double stands_below(int step)
{
    return 2.15 + 0.02 * noise(step);
}
static double one_huge_loss(int step)
{
    return step == 330 ? 40 : 2.35 + 0.02 * noise(step);
}
/* Learns at first and loses it after some steps. */
static double lost_at_1400(int step)
{
    return step < 1400 ? 1.2 : 2.3 + 0.02 * noise(step);
}
static double lost_at_900(int step)
{
    return step < 900 ? 1.2 : 2.3 + 0.02 * noise(step);
}
static double lost_at_1700(int step)
{
    return step < 1700 ? 1.2 : 2.3 + 0.02 * noise(step);
}
static double back_in_time(int step)
{
    return step < 100 ? 1.2 : step < 1600 ? 2.9 : 2.9 - 1.1 * (step - 1600) / 400;
}
static double once_better(int step)
{
    return (step - 1) / 10 == 180 ? 1.9 : lost_at_1400(step);
}
/* Stands at the constant predictor's level after ten losses above it; which never learned. */
static double thrown_to_4(int step)
{
    return step > 10 && step <= 20 ? 4 : never_learns(step);
}
static double thrown_to_8(int step)
{
    return step > 10 && step <= 20 ? 8 : never_learns(step);
}
static double starts_at_4(int step)
{
    return step <= 10 ? 4 : never_learns(step);
}
static double lost_at_5(int step)
{
    return step < 5 ? 1.2 : 2.3 + 0.02 * noise(step);
}
static double grows(int step)
{
    return 2.3 * pow(1.02, step);
}
static double catapult(int step)
{
    return step < 100 ? 0.02 * pow(1.1, step) : 0.02;
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
    share[0] = step % 50 == 0 ? 0.984 : 1.0;
    share[1] = 0.5;
}
/* One unit of 64 that comes back now and then has brought networks back. */
static void one_comes_back(int step, double share[LAYERS])
{
    share[0] = step % 150 == 0 ? 0.969 : 1.0;
    share[1] = 0.5;
}
/* Early on, a few batches in which hardly anything is alive: small batches show that by chance. */
static void now_and_then(int step, double share[LAYERS])
{
    share[0] = step % 40 == 0 ? 1.0 : 0.6;
    share[1] = 0.5;
}

static void from_the_start(int step, double share[LAYERS])
{
    (void)step;
    share[0] = share[1] = 1;
}
/* Silent for a check at step 100, then for 150 steps. */
static void woken_twice(int step, double share[LAYERS])
{
    share[0] = step == 100 || (step >= 300 && step < 450) ? 1 : 0.9;
    share[1] = 0.5;
}
static void woken_and_dead(int step, double share[LAYERS])
{
    share[0] = step == 100 || step >= 300 ? 1 : 0.9;
    share[1] = 0.5;
}

/* Whose steps stay as they are, and whose do not. */
#define CLASSES                                                                                    \
    {                                                                                              \
        .classes = true, .step_length = STEP_LENGTH_RATE                                           \
    }
#define NUMBERS                                                                                    \
    {                                                                                              \
        .step_length = STEP_LENGTH_GRADIENT                                                        \
    }
#define CLASSES_IN(budget)                                                                         \
    {                                                                                              \
        .classes = true, .step_length = STEP_LENGTH_RATE, .budget_steps = (budget)                 \
    }
#define NUMBERS_IN(budget)                                                                         \
    {                                                                                              \
        .step_length = STEP_LENGTH_GRADIENT, .budget_steps = (budget)                              \
    }

static const struct trace traces[] = {
    {"a run that learns", learns, none, .steps = 3000, .verdict = VERDICT_HEALTHY},
    {"a rate so small that nothing is learned", never_learns, none, .steps = 3000,
     .verdict = VERDICT_HEALTHY},
    {"a loss that is not a number", nan_at_57, none, .steps = 100, .verdict = VERDICT_DIVERGED,
     .earliest = 57, .latest = 57},
    {"an infinite loss", infinite_at_3, none, .steps = 100, .verdict = VERDICT_DIVERGED,
     .earliest = 3, .latest = 3},
    {"a spike that recovers", spike_that_recovers, none, .steps = 2000, .verdict = VERDICT_HEALTHY},
    {"a huge spike that recovers", huge_spike_later, none, .steps = 2000,
     .verdict = VERDICT_HEALTHY},
    {"a spike with many dead units", spike_that_recovers, nearly_all, .steps = 2000,
     .verdict = VERDICT_HEALTHY},
    {"collapsed at once", thrown_at_once, all_of_the_first, .steps = 2000,
     .verdict = VERDICT_COLLAPSED, .earliest = 40, .latest = 40},
    {"dying slowly", dies_slowly, all_of_the_second_from_700, .steps = 2000,
     .verdict = VERDICT_COLLAPSED, .earliest = 890, .latest = 910, .settings = CLASSES},
    {"the same under a rate that falls", dies_slowly, all_of_the_second_from_700, .steps = 2000,
     .verdict = VERDICT_HEALTHY,
     .settings = {.classes = true, .step_length = STEP_LENGTH_RATE, .falling = true}},
    {"the same with an optimizer that shortens its steps", dies_slowly, all_of_the_second_from_700,
     .steps = 2000, .verdict = VERDICT_HEALTHY, .settings = {.classes = true}},
    {"dead above the constant predictor, whatever the rate does", stands_above, woken_and_dead,
     .steps = 2000, .verdict = VERDICT_COLLAPSED, .earliest = 340, .latest = 350,
     .settings = {.classes = true, .falling = true}},
    {"dead at its level, but for one huge loss", one_huge_loss, woken_and_dead, .steps = 450,
     .verdict = VERDICT_HEALTHY, .settings = CLASSES},
    {"dead but learning", crippled, all_of_the_first, .steps = 2000, .verdict = VERDICT_HEALTHY,
     .settings = CLASSES},
    {"dead and hardly learning", stands_below, all_of_the_first, .steps = 2000,
     .verdict = VERDICT_HEALTHY, .settings = CLASSES},
    {"nearly dead and not learning", never_learns, nearly_all, .steps = 2000,
     .verdict = VERDICT_HEALTHY},
    {"silent but for a unit now and then", flickers, flickering, .steps = 2000,
     .verdict = VERDICT_HEALTHY},
    {"dead units of which one comes back", flickers, one_comes_back, .steps = 2000,
     .verdict = VERDICT_HEALTHY},
    {"a batch that looks dead now and then", never_learns, now_and_then, .steps = 2000,
     .verdict = VERDICT_HEALTHY},
    {"silent from the start", never_learns, from_the_start, .steps = 2000,
     .verdict = VERDICT_HEALTHY, .settings = CLASSES},
    {"a long silence of a layer that was woken before", flickers, woken_twice, .steps = 2000,
     .verdict = VERDICT_HEALTHY},
    {"one that does not end", flickers, woken_and_dead, .steps = 2000, .verdict = VERDICT_COLLAPSED,
     .earliest = 490, .latest = 510, .settings = CLASSES},
    {"the same answer to every sample", flickers, none, .steps = 2000, .verdict = VERDICT_COLLAPSED,
     .earliest = 290, .latest = 310, .constant_from = 100, .settings = CLASSES},
    {"thrown up, and no way down", thrown_high, none, .steps = 2000, .verdict = VERDICT_COLLAPSED,
     .earliest = 60, .latest = 80, .settings = CLASSES},
    {"the same before the rate falls", thrown_high, none, .steps = 2000, .verdict = VERDICT_HEALTHY,
     .settings = {.classes = true, .step_length = STEP_LENGTH_RATE, .falling = true}},
    {"the same with an optimizer that will shorten its steps", thrown_high, none, .steps = 2000,
     .verdict = VERDICT_HEALTHY, .settings = {.classes = true}},
    {"the same where numbers are predicted", thrown_high, none, .steps = 2000,
     .verdict = VERDICT_HEALTHY, .settings = NUMBERS},
    {"the same, and nobody wants it ended", thrown_high, all_of_the_first, .steps = 2000,
     .verdict = VERDICT_HEALTHY,
     .settings = {.classes = true, .step_length = STEP_LENGTH_RATE, .patient = true}},
    {"thrown far", thrown_far, none, .steps = 2000, .verdict = VERDICT_COLLAPSED, .earliest = 40,
     .latest = 42, .settings = CLASSES},
    {"thrown far where numbers are predicted", thrown_far, none, .steps = 2000,
     .verdict = VERDICT_COLLAPSED, .earliest = 60, .latest = 64, .settings = NUMBERS},
    {"thrown far, but for dips", far_but_for_dips, none, .steps = 2000, .verdict = VERDICT_HEALTHY,
     .settings = NUMBERS},
    {"thrown far, but for single steps", far_but_for_moments, none, .steps = 2000,
     .verdict = VERDICT_COLLAPSED, .earliest = 40, .latest = 42, .settings = CLASSES},
    {"thrown far without noise, in steps as long as the gradient", thrown_far, none, .steps = 2000,
     .verdict = VERDICT_COLLAPSED, .earliest = 60, .latest = 64,
     .settings = {.step_length = STEP_LENGTH_GRADIENT, .whole_set = true}},
    {"thrown far without noise, in steps as long as the rate", thrown_far, none, .steps = 2000,
     .verdict = VERDICT_HEALTHY, .settings = {.step_length = STEP_LENGTH_RATE, .whole_set = true}},
    {"thrown up a thousand times, and coming down in time", comes_down_fast, none, .steps = 3000,
     .verdict = VERDICT_HEALTHY, .settings = CLASSES_IN(3000)},
    {"coming down, but not in its budget", comes_down, none, .steps = 3000,
     .verdict = VERDICT_COLLAPSED, .earliest = 40, .latest = 64, .settings = CLASSES_IN(3000)},
    {"the same in thirty times the budget", comes_down, none, .steps = 3000,
     .verdict = VERDICT_HEALTHY, .settings = CLASSES_IN(90000)},
    {"the same where numbers are predicted, whatever the budget", comes_down, none, .steps = 1000,
     .verdict = VERDICT_HEALTHY, .settings = NUMBERS_IN(3000)},
    {"a loss that grows without bound", grows, none, .steps = 2000, .verdict = VERDICT_DIVERGED,
     .earliest = 140, .latest = 212, .settings = NUMBERS},
    {"the same under a rate that falls, at the end of its budget", grows, none, .steps = 1000,
     .verdict = VERDICT_DIVERGED, .earliest = 950, .latest = 970,
     .settings = {.step_length = STEP_LENGTH_GRADIENT, .falling = true, .budget_steps = 1000}},
    {"the same in steps as long as the rate: nothing feeds the growth", grows, none, .steps = 2000,
     .verdict = VERDICT_COLLAPSED, .earliest = 140, .latest = 212,
     .settings = {.step_length = STEP_LENGTH_RATE}},
    {"the same of classes", grows, none, .steps = 2000, .verdict = VERDICT_COLLAPSED,
     .earliest = 40, .latest = 212,
     .settings = {.classes = true, .step_length = STEP_LENGTH_GRADIENT}},
    {"a catapult", catapult, none, .steps = 2000, .verdict = VERDICT_HEALTHY, .settings = NUMBERS},
    {"lost since long before the end of its budget", lost_at_1400, none, .steps = 2000,
     .verdict = VERDICT_COLLAPSED, .earliest = 1970, .latest = 1980,
     .settings = {.classes = true, .falling = true, .budget_steps = 2000}},
    {"the same in a larger budget", lost_at_1400, none, .steps = 2000, .verdict = VERDICT_HEALTHY,
     .settings = CLASSES_IN(4000)},
    {"the same where numbers are predicted", lost_at_1400, none, .steps = 2000,
     .verdict = VERDICT_HEALTHY, .settings = NUMBERS_IN(2000)},
    {"numbers for half of the budget", lost_at_900, none, .steps = 2000,
     .verdict = VERDICT_COLLAPSED, .earliest = 1940, .latest = 1960, .settings = NUMBERS_IN(2000)},
    {"lost shortly before the end", lost_at_1700, none, .steps = 2000, .verdict = VERDICT_HEALTHY,
     .settings = CLASSES_IN(2000)},
    {"lost, and on the way back", back_in_time, none, .steps = 2000, .verdict = VERDICT_HEALTHY,
     .settings = CLASSES_IN(2000)},
    {"lost, but better for a moment", once_better, none, .steps = 2000, .verdict = VERDICT_HEALTHY,
     .settings = CLASSES_IN(2000)},
    {"never better nor worse than a constant predictor", never_learns, none, .steps = 2000,
     .verdict = VERDICT_HEALTHY, .settings = CLASSES_IN(2000)},
    {"thrown, and never better since", thrown_to_4, none, .steps = 2000,
     .verdict = VERDICT_COLLAPSED, .earliest = 1900, .latest = 1920, .settings = CLASSES_IN(2000)},
    {"the same where it had started as high", starts_at_4, none, .steps = 2000,
     .verdict = VERDICT_HEALTHY, .settings = CLASSES_IN(2000)},
    {"as high where numbers are predicted: batches differ as much", thrown_to_4, none,
     .steps = 2000, .verdict = VERDICT_HEALTHY, .settings = NUMBERS_IN(2000)},
    {"numbers thrown farther", thrown_to_8, none, .steps = 2000, .verdict = VERDICT_COLLAPSED,
     .earliest = 1900, .latest = 1920, .settings = NUMBERS_IN(2000)},
    {"lost in a budget of too few steps to tell", lost_at_5, none, .steps = 30,
     .verdict = VERDICT_HEALTHY, .settings = CLASSES_IN(30)},
};

static struct monitor *monitor_of(const struct trace *trace)
{
    struct monitor_settings settings = trace->settings;
    settings.constant_loss = CONSTANT_LOSS;
    settings.watched_layers = LAYERS;
    settings.by_loss = true;
    return monitor_create(&settings);
}

/* Feeds steps first .. last; returns the step that a verdict ends the run at, or NEVER. */
static int feed(struct monitor *monitor, const struct trace *trace, int first, int last,
                enum verdict *verdict)
{
    for (int step = first; step <= last; step++) {
        *verdict = monitor_step(monitor, trace->loss(step));
        if (!verdict_ends(*verdict) && monitor_wants_units(monitor)) {
            double share[LAYERS];
            trace->silent(step, share);
            const struct unit_shares shares[LAYERS] = {{share[0], share[0]}, {share[1], share[1]}};
            bool constant = trace->constant_from > 0 && step >= trace->constant_from;
            *verdict = monitor_units(monitor, shares, constant ? 0.0 : 5.0);
        }
        if (verdict_ends(*verdict))
            return step;
    }
    return NEVER;
}

static void every_trace_gets_its_verdict_at_its_step(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof traces / sizeof traces[0]; i++) {
        const struct trace *trace = &traces[i];
        struct monitor *monitor = monitor_of(trace);
        enum verdict verdict = VERDICT_NONE;
        int step = feed(monitor, trace, 1, trace->steps, &verdict);
        if (verdict != trace->verdict)
            fail_msg("%s: %s at step %d", trace->name, verdict_name(verdict), step);
        if (verdict_ends(verdict) && (step < trace->earliest || step > trace->latest))
            fail_msg("%s: at step %d, not in %d to %d", trace->name, step, trace->earliest,
                     trace->latest);
        monitor_destroy(monitor);
    }
}

static void a_level_says_nothing_where_errors_are_counted(void **state)
{
    (void)state;
    struct monitor *monitor = monitor_create(&(struct monitor_settings){
        .constant_loss = CONSTANT_LOSS,
        .classes = true,
        .step_length = STEP_LENGTH_RATE,
        .budget_steps = 1000,
    });
    for (int step = 1; step <= 1000; step++)
        assert_int_equal(monitor_step(monitor, thrown_far(step)), VERDICT_HEALTHY);
    monitor_destroy(monitor);
}

static void a_validation_loss_that_is_not_finite_ends_a_run(void **state)
{
    (void)state;
    struct monitor *monitor = monitor_of(&traces[0]);
    assert_int_equal(monitor_step(monitor, 1.0), VERDICT_HEALTHY);
    assert_int_equal(monitor_validation(monitor, 1.5, true), VERDICT_HEALTHY);
    assert_int_equal(monitor_validation(monitor, INFINITY, false), VERDICT_DIVERGED);
    monitor_destroy(monitor);
}

/* Runs that end by themselves are explained with what was seen, at which step, and a rate. */
static void the_explanation_holds_what_was_seen_and_what_to_do(void **state)
{
    (void)state;
    static const struct {
        const char *trace;
        double lr;
        const char *parts[8];
    } cases[] = {
        {"dying slowly",
         0.9,
         {"hidden layer 2", "since step 700", "2.3", "2.303", "0.9 is too large", "about 0.09",
          "10 times less"}},
        {"a loss that is not a number", 30, {"not finite", "step 57", "was 1)", "30 is too large"}},
        {"the same answer to every sample", 1, {"the same answer", "since step 100", "about 0.1"}},
        {"thrown up, and no way down", 2, {"thrown up", "from step 39 to 78", "about 0.2"}},
        {"lost since long before the end of its budget",
         1,
         {"at step 1980", "with 20 steps to go", "below 2.003 since step 1400", "about 0.1"}},
        {"a loss that grows without bound", 0.16, {"without bound", "by 2 % a step", "about 0.08"}},
        {"coming down, but not in its budget",
         3,
         {"thrown up", "3 is too large", "about 0.1", "30 times less"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct trace *trace = traces;
        char text[1024];
        enum verdict verdict;
        while (strcmp(trace->name, cases[i].trace) != 0)
            trace++;
        struct monitor *monitor = monitor_of(trace);
        (void)feed(monitor, trace, 1, trace->steps, &verdict);
        assert_int_equal(monitor_explain(monitor, cases[i].lr, text, sizeof text), trace->verdict);
        for (size_t j = 0; j < 8 && cases[i].parts[j]; j++)
            if (!strstr(text, cases[i].parts[j]))
                fail_msg("\"%s\" does not hold \"%s\"", text, cases[i].parts[j]);
        monitor_destroy(monitor);
    }
}

static double falls_evenly(int step)
{
    return 2.3 - 0.0005 * step + 0.05 * noise(step);
}
static double begins_with_bad_batches(int step)
{
    return step > 1 && step <= 10 ? 3.2 : 2.3 - 0.0001 * step + 0.02 * noise(step);
}
static double begins_with_worse_batches(int step)
{
    return step > 1 && step <= 10 ? 12 : 2.3 - 0.0001 * step + 0.02 * noise(step);
}
static double begins_with_bad_batches_and_rises(int step)
{
    return begins_with_bad_batches(step) + 0.0003 * step;
}
static double varies_widely(int step)
{
    return 2.3 + 0.9 * noise(step) + (step > 10 && step <= 20 ? 0.7 : 0);
}
static double settles_early(int step)
{
    return 0.6 + 1.7 * exp(-step / 50.0) + 0.05 * noise(step);
}
static double falls_as_a_power(int step)
{
    return 2.3 / sqrt(1 + step / 5.0) + 0.03 * noise(step);
}
static double alternates(int step)
{
    return 0.8 + (step % 2 ? 0.3 : -0.3) + 0.05 * noise(step);
}
static double swings(int step)
{
    return 0.8 + 0.3 * sin(step / 5.0) + 0.05 * noise(step);
}
static double fluctuates(int step)
{
    return 1.4 + 1.2 * noise(step);
}
static double unlearns(int step)
{
    return 0.4 + (step > 1000 ? 0.001 * (step - 1000) : 0) + 0.05 * noise(step);
}
static double learns_by_heart(int step)
{
    return 1.5 / (1 + step / 50.0) + 0.01 * noise(step);
}
static double converges(int step)
{
    return 2.3 * exp(-step / 20.0);
}

/* Finished runs of 2,000 steps. */
static void a_finished_run_is_explained_by_its_losses(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double (*loss)(int step);
        double validation[2]; /* after half of the steps, and at the end */
        enum { STEADY, FALLING, CLASSES_STEADY, SILENT_ONCE } kind; /* numbers but for one */
        enum verdict verdict;
        const char *part;
        double lowest_factor, highest_factor; /* of the advice */
    } cases[] = {
        {"a loss that falls evenly", falls_evenly, {1, 1}, STEADY, VERDICT_SLOW, "even pace", 2, 5},
        {"one that does not move", never_learns, {2.3, 2.3}, STEADY, VERDICT_SLOW, "Hardly", 5, 20},
        {"one of numbers that begins with a few bad batches and comes down a little",
         begins_with_bad_batches,
         {2.2, 2.1},
         STEADY,
         VERDICT_SLOW,
         "Hardly",
         5,
         20},
        {"the same whose outputs were once the same for all samples",
         begins_with_bad_batches,
         {2.2, 2.1},
         SILENT_ONCE,
         VERDICT_ERRATIC,
         "was thrown to 3.2",
         0.05,
         0.2},
        {"the same of classes, whose batches differ less",
         begins_with_bad_batches,
         {2.2, 2.1},
         CLASSES_STEADY,
         VERDICT_ERRATIC,
         "was thrown to 3.2",
         0.05,
         0.2},
        {"the same with far worse batches",
         begins_with_worse_batches,
         {2.2, 2.1},
         STEADY,
         VERDICT_ERRATIC,
         "was thrown to 12",
         0.05,
         0.2},
        {"the same that does not come down",
         begins_with_bad_batches_and_rises,
         {2.4, 2.5},
         STEADY,
         VERDICT_ERRATIC,
         "was thrown to 3.2",
         0.05,
         0.2},
        {"one whose batches differ so much that ten stand higher by chance",
         varies_widely,
         {2.3, 2.3},
         CLASSES_STEADY,
         VERDICT_SLOW,
         "Hardly",
         5,
         20},
        {"one that settled early",
         settles_early,
         {1, 1},
         STEADY,
         VERDICT_PLATEAUED,
         "no longer improves",
         0.1,
         0.5},
        {"the same where a schedule lowers the rate",
         settles_early,
         {1, 1},
         FALLING,
         VERDICT_HEALTHY,
         "by step 2000",
         1,
         1},
        {"one that falls as a power of the step",
         falls_as_a_power,
         {1, 1},
         STEADY,
         VERDICT_HEALTHY,
         "by step 2000",
         1,
         1},
        {"one that converges", converges, {1, 1}, STEADY, VERDICT_HEALTHY, "by step 2000", 1, 1},
        {"one that alternates",
         alternates,
         {1, 1},
         STEADY,
         VERDICT_OSCILLATING,
         "every 2 steps",
         0.1,
         0.5},
        {"one that swings slowly",
         swings,
         {1, 1},
         STEADY,
         VERDICT_OSCILLATING,
         "every 3",
         0.1,
         0.5},
        {"one that fluctuates widely",
         fluctuates,
         {1, 1},
         STEADY,
         VERDICT_ERRATIC,
         "fluctuates",
         0.1,
         0.5},
        {"one that comes down and goes up",
         unlearns,
         {1, 1},
         STEADY,
         VERDICT_ERRATIC,
         "had come down to 0.3",
         0.1,
         0.5},
        {"a validation loss that rises while the training loss falls",
         learns_by_heart,
         {0.3, 0.6},
         STEADY,
         VERDICT_OVERFITTING,
         "at step 1000 and is 0.6 at step 2000",
         1,
         1},
        {"a validation loss that stays",
         learns_by_heart,
         {0.3, 0.31},
         STEADY,
         VERDICT_HEALTHY,
         "by step 2000",
         1,
         1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct monitor *monitor =
            monitor_create(&(struct monitor_settings){.constant_loss = CONSTANT_LOSS,
                                                      .by_loss = true,
                                                      .falling = cases[i].kind == FALLING,
                                                      .classes = cases[i].kind == CLASSES_STEADY});
        char text[1024];
        for (int step = 1; step <= 2000; step++) {
            assert_int_equal(monitor_step(monitor, cases[i].loss(step)), VERDICT_HEALTHY);
            if (cases[i].kind == SILENT_ONCE && monitor_wants_units(monitor))
                (void)monitor_units(monitor, NULL, step == 20 ? 0 : 5);
            if (step % 1000 == 0)
                (void)monitor_validation(monitor, cases[i].validation[step / 1000 - 1], true);
        }
        enum verdict verdict = monitor_explain(monitor, 0.1, text, sizeof text);
        double factor = monitor_advice(monitor);
        if (verdict != cases[i].verdict || !strstr(text, cases[i].part))
            fail_msg("%s: %s: %s", cases[i].name, verdict_name(verdict), text);
        if (factor < cases[i].lowest_factor || factor > cases[i].highest_factor)
            fail_msg("%s: times %g", cases[i].name, factor);
        monitor_destroy(monitor);
    }
}

/* Rungs validate at their ends: that must not be taken for the run's own validations. */
static void a_validation_out_of_turn_changes_no_later_verdict(void **state)
{
    (void)state;
    double *saved[2];
    size_t count = 0;
    for (int cut = 0; cut < 2; cut++) {
        struct monitor *monitor = monitor_of(&traces[0]);
        for (int step = 1; step <= 2000; step++) {
            (void)monitor_step(monitor, learns(step));
            if (step % 1000 == 0)
                (void)monitor_validation(monitor, 0.5, true);
            else if (step == 700 && cut)
                (void)monitor_validation(monitor, 0.1, false);
        }
        count = monitor_state_count(monitor);
        saved[cut] = malloc(count * sizeof *saved[cut]);
        monitor_save(monitor, saved[cut]);
        monitor_destroy(monitor);
    }
    assert_memory_equal(saved[0], saved[1], count * sizeof *saved[0]);
    free(saved[0]);
    free(saved[1]);
}

static void a_saved_monitor_goes_on_as_if_nothing_had_been(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof traces / sizeof traces[0]; i++) {
        const struct trace *trace = &traces[i];
        for (int cut = 1; cut < 1000 && cut < trace->steps; cut += 83) {
            enum verdict verdict = VERDICT_NONE, expected = VERDICT_NONE;
            struct monitor *whole = monitor_of(trace);
            struct monitor *before = monitor_of(trace);
            struct monitor *after = monitor_of(trace);
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
    struct monitor *monitor = monitor_of(&traces[0]);
    size_t count = monitor_state_count(monitor);
    double *saved = malloc(count * sizeof *saved);
    static const double impossible[] = {NAN, -1, 0.5, 1e300};
    for (size_t i = 0; i < sizeof impossible / sizeof impossible[0]; i++) {
        monitor_save(monitor, saved);
        saved[0] = impossible[i]; /* steps come first */
        struct monitor *other = monitor_of(&traces[0]);
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
        cmocka_unit_test(a_level_says_nothing_where_errors_are_counted),
        cmocka_unit_test(a_validation_loss_that_is_not_finite_ends_a_run),
        cmocka_unit_test(the_explanation_holds_what_was_seen_and_what_to_do),
        cmocka_unit_test(a_finished_run_is_explained_by_its_losses),
        cmocka_unit_test(a_validation_out_of_turn_changes_no_later_verdict),
        cmocka_unit_test(a_saved_monitor_goes_on_as_if_nothing_had_been),
        cmocka_unit_test(impossible_states_are_not_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
