/* test_verdicts.c - runs recorded by tests/bench/verdicts get their verdicts; who follows the
 * advice does better. */
#include "model_fixture.h"
#include "tests/support/trace.h"
#include "worker/trainer/training.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* --- recorded runs -------------------------------------------------------------------------------
 */

static struct trace read_trace(const char *name)
{
    char path[1024];
    struct trace trace;
    (void)snprintf(path, sizeof path, "%s/unit/traces/%s.trace", TEST_SOURCE_DIR, name);
    FILE *file = fopen(path, "r");
    if (!file || !trace_read(&trace, file))
        fail_msg("%s cannot be read", path);
    (void)fclose(file);
    return trace;
}

/* The first steps of runs of 2,000. */
static const struct {
    const char *name;
    enum verdict verdict; /* that ends it, or healthy */
    size_t latest;        /* step */
} recorded[] = {
    {"woken", VERDICT_HEALTHY, 0},          /* relu 32, sgd, cosine, rate 0.758 */
    {"spike_adagrad", VERDICT_HEALTHY, 0},  /* relu 128, adagrad, cosine, rate 0.796 */
    {"spike_tanh", VERDICT_HEALTHY, 0},     /* tanh 128, sgd, constant, rate 0.742 */
    {"spike_silu", VERDICT_HEALTHY, 0},     /* silu 2x64, adagrad, constant, rate 1.79 */
    {"spike_catapult", VERDICT_HEALTHY, 0}, /* catapult relu 256, rmsprop, cosine, rate 0.295 */
    {"spike_batch_norm", VERDICT_HEALTHY,
     0},                                   /* batch norm relu 128, rmsprop, constant, rate 0.232 */
    {"slow", VERDICT_HEALTHY, 0},          /* relu 128, sgd, constant, rate 0.000136 */
    {"level_lion", VERDICT_COLLAPSED, 60}, /* tanh 128, lion, constant, rate 2.73 */
    {"level_warmup", VERDICT_COLLAPSED, 160}, /* tanh 3x64, sgd, warm-up, rate 1.29 */
    {"dead_relu", VERDICT_COLLAPSED, 40},     /* relu 32, adam, constant, rate 0.856 */
    {"dead_tanh", VERDICT_COLLAPSED, 40},     /* tanh 3x64, adagrad, warm-up, rate 26.2 */
    {"dead_gelu", VERDICT_COLLAPSED, 40},     /* gelu 3x64, adam, cosine, rate 2.47 */
    {"dead_batch_norm", VERDICT_COLLAPSED,
     290},                                  /* batch norm relu 3x64, momentum, cosine, rate 22.2 */
    {"saturated", VERDICT_HEALTHY, 0},      /* tanh 3x64, adagrad, constant, rate 0.142 */
    {"flickering_cnn", VERDICT_HEALTHY, 0}, /* cnn, rmsprop, cosine, rate 0.078 */
    {"woken_adam", VERDICT_HEALTHY, 0},     /* relu 128, adam, cosine, rate 0.398 */
    {"shrinking_adagrad", VERDICT_HEALTHY, 0}, /* tanh 128, adagrad, warm-up, rate 2.36 */
    {"dips_numbers", VERDICT_HEALTHY, 0},      /* numbers linear, rmsprop, constant, rate 1.8 */
    {"noiseless_rmsprop", VERDICT_HEALTHY, 0}, /* catapult relu 256, rmsprop, constant, 0.417 */
    {"level_numbers", VERDICT_COLLAPSED, 60},  /* numbers relu 32, lion, constant, rate 2.43 */
    {"late_back", VERDICT_HEALTHY, 0},         /* sigmoid 64, rmsprop, cosine, rate 2.17 */
    {"late_numbers", VERDICT_HEALTHY, 0},      /* numbers tanh 2x128, adam, warm-up, rate 0.218 */
    {"late_lost", VERDICT_COLLAPSED, 1920},    /* relu 32, adagrad, constant, rate 6.97 */
    {"not_finite", VERDICT_DIVERGED, 7},       /* gelu 3x64, momentum, constant, rate 11.2 */
    {"quadratic", VERDICT_DIVERGED, 400},      /* quadratic, sgd, warm-up, rate 0.345 */
};

static void recorded_runs_end_by_their_verdicts_or_not_at_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof recorded / sizeof recorded[0]; i++) {
        struct trace trace = read_trace(recorded[i].name);
        struct monitor *monitor = trace_monitor(&trace);
        char text[1024];
        size_t step = trace_feed(&trace, monitor, 0, trace.steps);
        enum verdict verdict =
            step > 0 ? monitor_explain(monitor, trace.lr, text, sizeof text) : VERDICT_HEALTHY;
        if (verdict != recorded[i].verdict || step > recorded[i].latest)
            fail_msg("%s: %s at step %zu", recorded[i].name, verdict_name(verdict), step);
        monitor_destroy(monitor);
        trace_free(&trace);
    }
}

static void a_recorded_run_that_was_cut_in_two_ends_at_the_same_step(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof recorded / sizeof recorded[0]; i++) {
        struct trace trace = read_trace(recorded[i].name);
        struct monitor *whole = trace_monitor(&trace);
        size_t end = trace_feed(&trace, whole, 0, trace.steps);
        for (size_t cut = 7; cut < trace.steps && (end == 0 || cut < end); cut += 97) {
            struct monitor *before = trace_monitor(&trace), *after = trace_monitor(&trace);
            double *saved = malloc(monitor_state_count(before) * sizeof *saved);
            assert_int_equal(trace_feed(&trace, before, 0, cut), 0);
            monitor_save(before, saved);
            assert_true(monitor_load(after, saved));
            assert_int_equal(trace_feed(&trace, after, cut, trace.steps), end);
            monitor_destroy(before);
            monitor_destroy(after);
            free(saved);
        }
        monitor_destroy(whole);
        trace_free(&trace);
    }
}

/* Which optimizers' steps stay as long as they are; clipping takes the length from the gradient. */
static void the_monitor_knows_what_the_length_of_steps_goes_by(void **state)
{
    (void)state;
    static const struct {
        const char *train;
        enum step_length length;
    } cases[] = {
        {"{}", STEP_LENGTH_GRADIENT},
        {"{\"momentum\":0.9,\"nesterov\":true}", STEP_LENGTH_GRADIENT},
        {"{\"clip_norm\":1.0}", STEP_LENGTH_RATE},
        {"{\"optimizer\":\"adam\"}", STEP_LENGTH_RATE},
        {"{\"optimizer\":\"adam\",\"amsgrad\":true}", STEP_LENGTH_OWN},
        {"{\"optimizer\":\"nadam\"}", STEP_LENGTH_RATE},
        {"{\"optimizer\":\"rmsprop\"}", STEP_LENGTH_RATE},
        {"{\"optimizer\":\"lion\"}", STEP_LENGTH_RATE},
        {"{\"optimizer\":\"adagrad\"}", STEP_LENGTH_OWN},
        {"{\"optimizer\":\"adadelta\"}", STEP_LENGTH_OWN},
        {"{\"optimizer\":\"lars\"}", STEP_LENGTH_OWN},
        {"{\"optimizer\":\"lamb\"}", STEP_LENGTH_OWN},
    };
    const struct shape input = {.rank = 1, .size = {12}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct model_fixture fixture;
        struct trial trial;
        struct error error;
        model_fixture_create_shaped(&fixture, "[{\"type\":\"dense\",\"units\":4}]",
                                    i == 0 ? "{\"batch_size\":0}" : "{\"batch_size\":32}", 640,
                                    &input, 4);
        json_t *params = json_loads(cases[i].train, 0, NULL);
        json_object_set_new(params, "lr", json_real(0.1));
        if (!trial_create(&trial, &fixture.model, params, 1, &error))
            fail_msg("%s", error.text);
        const struct monitor_settings settings = trial_monitor_settings(&trial);
        if (settings.step_length != cases[i].length)
            fail_msg("%s: %d", cases[i].train, (int)settings.step_length);
        assert_true(settings.classes);
        assert_int_equal(settings.whole_set, i == 0);
        assert_true(settings.budget_steps == (i == 0 ? 10 : 200));
        json_decref(params);
        trial_destroy(&trial);
        model_fixture_destroy(&fixture);
    }
}

/* --- advice --------------------------------------------------------------------------------------
 */

static void drop(void *context, const struct training_report *report)
{
    (void)context;
    (void)report;
}

static bool never(void *context)
{
    (void)context;
    return false;
}

struct outcome {
    enum verdict verdict;
    double factor; /* that is advised */
    double loss;   /* of the last step */
};

static struct outcome train(const struct model *model, const char *params, double lr,
                            uint64_t steps)
{
    struct trial trial;
    struct error error;
    char text[1024];
    struct outcome outcome;
    json_t *all = json_loads(params, 0, NULL);
    json_object_set_new(all, "lr", json_real(lr));
    if (!trial_create(&trial, model, all, 1, &error))
        fail_msg("%s", error.text);
    json_decref(all);
    const struct training_watch watch = {.report = drop, .interrupted = never};
    (void)training_run(&trial, steps, &watch);
    outcome.verdict = monitor_explain(trial.monitor, lr, text, sizeof text);
    outcome.factor = monitor_advice(trial.monitor);
    outcome.loss = trial_step(&trial, &lr, NULL);
    trial_destroy(&trial);
    return outcome;
}

/* Least squares with a largest stable rate of 2 (1 + momentum) / 12.5. */
static void advice_on_a_quadratic_leads_below_its_bound_or_to_faster_progress(void **state)
{
    (void)state;
    static const char study[] =
        "{\"study\":{\"seed\":7},\"data\":{\"format\":\"quadratic\",\"dimensions\":10,"
        "\"lambda_min\":1.0,\"lambda_max\":12.5},\"model\":{\"layers\":[{\"type\":\"dense\","
        "\"units\":1,\"bias\":false}],\"loss\":\"squared_error\"},\"train\":{\"batch_size\":0},"
        "\"search\":{\"unit\":\"steps\",\"max_budget\":1000}}";
    static const struct {
        double momentum, times; /* the bound */
        enum verdict verdict;
        int advices; /* in how many the run becomes healthy, at most */
    } cases[] = {
        {0, 1.01, VERDICT_DIVERGED, 1},   {0, 1.5, VERDICT_DIVERGED, 1},
        {0, 10, VERDICT_DIVERGED, 1},     {0, 1000, VERDICT_DIVERGED, 3},
        {0.9, 1.05, VERDICT_DIVERGED, 1}, {0.9, 10, VERDICT_DIVERGED, 2},
        {0, 0.002, VERDICT_SLOW, 3},      {0, 0.0001, VERDICT_SLOW, 4},
        {0, 0.5, VERDICT_HEALTHY, 0},
    };
    json_t *parsed = json_loads(study, 0, NULL);
    struct model model;
    struct refusal refusal;
    assert_true(model_create(&model, parsed, &refusal));
    json_decref(parsed);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double bound = 2 * (1 + cases[i].momentum) / 12.5, lr = cases[i].times * bound;
        char params[64];
        (void)snprintf(params, sizeof params, "{\"momentum\":%g}", cases[i].momentum);
        struct outcome outcome = train(&model, params, lr, 400);
        if (outcome.verdict != cases[i].verdict)
            fail_msg("%g times the bound: %s", cases[i].times, verdict_name(outcome.verdict));
        for (int advice = 0; advice < cases[i].advices; advice++) {
            if (outcome.verdict == VERDICT_HEALTHY)
                break;
            struct outcome next = train(&model, params, lr *= outcome.factor, 400);
            if (!(next.loss < outcome.loss) && isfinite(outcome.loss))
                fail_msg("rate %g: %g after %g", lr, next.loss, outcome.loss);
            outcome = next;
        }
        if (outcome.verdict != VERDICT_HEALTHY)
            fail_msg("%g times the bound, momentum %g: in the end %s at %g", cases[i].times,
                     cases[i].momentum, verdict_name(outcome.verdict), lr / bound);
        assert_true(lr < bound);
    }
    model_destroy(&model);
}

/* Small networks on made-up classes: each advice lowers the loss that is reached. */
static void advice_on_small_networks_lowers_the_loss(void **state)
{
    (void)state;
    static const struct {
        const char *activation, *params;
        double lr;
        bool too_large; /* the rate; else it is too small */
    } cases[] = {
        {"relu", "{}", 1e-4, false},
        {"tanh", "{}", 1e-4, false},
        {"gelu", "{\"optimizer\":\"adam\"}", 1e-6, false},
        {"relu", "{}", 20, true},
        {"relu", "{\"optimizer\":\"adam\"}", 10, true},
        {"tanh", "{}", 20, true},
        {"gelu", "{\"optimizer\":\"lion\"}", 1, true},
    };
    const struct shape input = {.rank = 1, .size = {12}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char layers[256];
        struct model_fixture fixture;
        (void)snprintf(layers, sizeof layers,
                       "[{\"type\":\"dense\",\"units\":32,\"activation\":\"%s\"},{\"type\":"
                       "\"dense\",\"units\":4}]",
                       cases[i].activation);
        model_fixture_create_shaped(&fixture, layers, "{\"batch_size\":32}", 640, &input, 4);
        struct outcome before = train(&fixture.model, cases[i].params, cases[i].lr, 600);
        bool expected = cases[i].too_large ? before.factor < 1 : before.verdict == VERDICT_SLOW;
        if (!expected)
            fail_msg("%s at %g: %s", cases[i].activation, cases[i].lr,
                     verdict_name(before.verdict));
        struct outcome after =
            train(&fixture.model, cases[i].params, cases[i].lr * before.factor, 600);
        if (!(isfinite(before.loss) ? after.loss < before.loss : isfinite(after.loss)))
            fail_msg("%s at %g: %g, at %g times: %g", cases[i].activation, cases[i].lr, before.loss,
                     before.factor, after.loss);
        model_fixture_destroy(&fixture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded_runs_end_by_their_verdicts_or_not_at_all),
        cmocka_unit_test(a_recorded_run_that_was_cut_in_two_ends_at_the_same_step),
        cmocka_unit_test(the_monitor_knows_what_the_length_of_steps_goes_by),
        cmocka_unit_test(advice_on_a_quadratic_leads_below_its_bound_or_to_faster_progress),
        cmocka_unit_test(advice_on_small_networks_lowers_the_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
