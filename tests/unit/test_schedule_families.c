/* test_schedule_families.c - rates of the schedules with parameters of several kinds, step by step,
 * under every shape of warm-up, and what is refused. */
#include "schedule_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void every_family_gives_the_rates_of_its_reference(void **state)
{
    (void)state;
    rates_check(TEST_SOURCE_DIR "/reference/schedule_families.json", 84);
}

/* 781 * 0.1 is 78.10000000000001: the tenth of such periods must not end a step late. */
static void a_restart_and_a_milestone_come_on_their_step_in_spite_of_rounding(void **state)
{
    (void)state;
    struct schedule restarts = made("{\"type\":\"cosine_restarts\",\"period\":0.1}", 781);
    assert_float_equal(schedule_lr(&restarts, 781), 1, 1e-12);
    assert_true(schedule_lr(&restarts, 780) < 0.01);
    struct schedule growing =
        made("{\"type\":\"cosine_restarts\",\"period\":0.1,\"t_mult\":2.0}", 30);
    for (int n = 1; n < 20; n++) {
        uint64_t restart = 3 * ((UINT64_C(1) << n) - 1);
        assert_float_equal(schedule_lr(&growing, restart), 1, 1e-9);
        assert_true(schedule_lr(&growing, restart - 1) < 0.5);
    }
    struct schedule milestones =
        made("{\"type\":\"multi_step\",\"milestones\":[0.29],\"gamma\":0.5}", 100);
    assert_float_equal(schedule_lr(&milestones, 28), 1, 0);
    assert_float_equal(schedule_lr(&milestones, 29), 0.5, 0);
}

static void a_plateau_falls_where_that_of_pytorch_does(void **state)
{
    (void)state;
    json_t *reference =
        json_load_file(TEST_SOURCE_DIR "/reference/schedule_families.json", 0, NULL);
    assert_non_null(reference);
    size_t i, n;
    json_t *reference_case, *loss;
    json_array_foreach(json_object_get(reference, "plateaus"), i, reference_case)
    {
        struct schedule schedule;
        struct schedule_state learned;
        struct error error;
        double lr = number(reference_case, "lr");
        assert_true(schedule_create(&schedule, json_object_get(reference_case, "schedule"), lr, 1,
                                    1, 100, &error));
        schedule_state_start(&learned);
        json_array_foreach(json_object_get(reference_case, "losses"), n, loss)
        {
            double value = json_is_number(loss) ? json_number_value(loss) : NAN;
            schedule_observe(&schedule, &learned, 7 * (n + 1), value);
            schedule_observe(&schedule, &learned, 7 * (n + 1), 1e9); /* the same step again */
            double found = schedule_lr(&schedule, 7 * (n + 1)) * learned.scale;
            double expected =
                json_number_value(json_array_get(json_object_get(reference_case, "rates"), n));
            if (!(fabs(found - expected) <= 1e-13 * lr))
                fail_msg("plateau %zu after loss %zu: %.17g, PyTorch has %.17g", i, n, found,
                         expected);
        }
    }
    assert_true(i >= 5);
    json_decref(reference);
}

static void a_plateau_is_not_reached_during_the_warmup(void **state)
{
    (void)state;
    struct schedule schedule =
        made("{\"type\":\"plateau\",\"patience\":0,\"warmup\":{\"steps\":50,\"from\":0.5}}", 1);
    struct schedule_state learned;
    schedule_state_start(&learned);
    for (uint64_t step = 10; step < 50; step += 10)
        schedule_observe(&schedule, &learned, step, (double)step);
    assert_float_equal(learned.scale, 1, 0);
    schedule_observe(&schedule, &learned, 50, 1);
    schedule_observe(&schedule, &learned, 60, 1);
    assert_float_equal(learned.scale, 0.1, 1e-15);
}

static void a_rate_stays_finite_and_in_its_bounds_at_any_step(void **state)
{
    (void)state;
    static const char *const specs[] = {
        "{\"type\":\"multi_step\",\"milestones\":[1]}",
        "{\"type\":\"polynomial\",\"power\":0.5}",
        "{\"type\":\"linear\"}",
        "{\"type\":\"cosine_restarts\",\"t_mult\":1.5}",
        "{\"type\":\"one_cycle\",\"pct_start\":0}",
        "{\"type\":\"one_cycle\",\"pct_start\":1}",
        "{\"type\":\"one_cycle\",\"pct_start\":1,\"three_phase\":true}",
        "{\"type\":\"one_cycle\",\"total\":0.001}",
        "{\"type\":\"cyclic\",\"step_up\":0.001,\"mode\":\"triangular2\"}",
        "{\"type\":\"cyclic\",\"step_up\":3,\"mode\":\"exp_range\",\"gamma\":0.5}",
        "{\"type\":\"inverse_sqrt\"}",
        "{\"type\":\"wsd\",\"pct_decay\":1}",
    };
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        struct schedule schedule = made(specs[i], 781);
        for (uint64_t step = 0; step < 100000; step += step < 8000 ? 1 : 997) {
            double lr = schedule_lr(&schedule, step);
            if (!(lr >= 0 && lr <= 1 + 1e-12))
                fail_msg("%s at step %llu: %g", specs[i], (unsigned long long)step, lr);
        }
    }
}

static void what_is_no_schedule_is_refused_by_the_key_at_fault(void **state)
{
    (void)state;
    static const struct {
        const char *spec, *part;
    } cases[] = {
        {"{\"type\":\"multi_step\"}", "milestones"},
        {"{\"type\":\"multi_step\",\"milestones\":[]}", "milestones"},
        {"{\"type\":\"multi_step\",\"milestones\":3}", "milestones"},
        {"{\"type\":\"multi_step\",\"milestones\":[1,\"2\"]}", "milestones"},
        {"{\"type\":\"multi_step\",\"milestones\":[1,-2]}", "-2"},
        {"{\"type\":\"multi_step\",\"milestones\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]}",
         "16"},
        {"{\"type\":\"polynomial\",\"power\":0}", "power"},
        {"{\"type\":\"linear\",\"start_factor\":-1}", "start_factor"},
        {"{\"type\":\"cosine_restarts\",\"t_mult\":0.5}", "t_mult"},
        {"{\"type\":\"one_cycle\",\"anneal\":\"co\"}", "anneal"},
        {"{\"type\":\"one_cycle\",\"anneal\":\"cos linear\"}", "anneal"},
        {"{\"type\":\"one_cycle\",\"anneal\":1}", "anneal"},
        {"{\"type\":\"one_cycle\",\"three_phase\":1}", "three_phase"},
        {"{\"type\":\"one_cycle\",\"pct_start\":1.5}", "pct_start"},
        {"{\"type\":\"cyclic\"}", "step_up"},
        {"{\"type\":\"cyclic\",\"step_up\":1,\"mode\":\"square\"}", "square"},
        {"{\"type\":\"wsd\",\"warmup\":{\"epochs\":9}}", "budget"},
        {"{\"type\":\"wsd\",\"pct_decay\":0}", "pct_decay"},
        {"{\"type\":\"constant\",\"warmup\":{\"steps\":9,\"shape\":\"exponential\"}}",
         "warmup.from"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct schedule schedule;
        struct error error = {""};
        json_t *spec = json_loads(cases[i].spec, 0, NULL);
        assert_false(schedule_create(&schedule, spec, 1, 781, 781, 9, &error));
        if (!strstr(error.text, cases[i].part))
            fail_msg("%s: \"%s\" does not hold \"%s\"", cases[i].spec, error.text, cases[i].part);
        json_decref(spec);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_family_gives_the_rates_of_its_reference),
        cmocka_unit_test(a_restart_and_a_milestone_come_on_their_step_in_spite_of_rounding),
        cmocka_unit_test(a_plateau_falls_where_that_of_pytorch_does),
        cmocka_unit_test(a_plateau_is_not_reached_during_the_warmup),
        cmocka_unit_test(a_rate_stays_finite_and_in_its_bounds_at_any_step),
        cmocka_unit_test(what_is_no_schedule_is_refused_by_the_key_at_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
