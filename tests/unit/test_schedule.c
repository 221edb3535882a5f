/* test_schedule.c - every schedule against PyTorch's rates, step by step, and what is refused. */
#include "schedule_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void every_schedule_gives_the_rates_of_pytorch(void **state)
{
    (void)state;
    rates_check(TEST_SOURCE_DIR "/reference/schedules.json", 13);
}

/* In these, `every` in steps is not what it is on paper: 781 * 0.1 is 78.10000000000001. */
static void a_step_falls_on_its_step_in_spite_of_rounding(void **state)
{
    (void)state;
    static const struct {
        double every;
        int unit, falls;
        uint64_t at; /* the step of that fall */
    } cases[] = {{0.1, 781, 10, 781}, {0.3, 781, 10, 2343},  {0.7, 781, 10, 5467},
                 {0.07, 100, 3, 21},  {1.1, 10, 3, 33},      {0.29, 100, 100, 2900},
                 {0.1, 30, 3, 9},     {1.0 / 3, 781, 3, 781}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *spec =
            json_pack("{s:s, s:f, s:f}", "type", "step", "every", cases[i].every, "gamma", 0.5);
        struct schedule schedule;
        struct error error;
        assert_true(schedule_create(&schedule, spec, 1.0, cases[i].unit, 781, 9, &error));
        assert_float_equal(log2(schedule_lr(&schedule, cases[i].at)), -cases[i].falls, 1e-9);
        assert_float_equal(log2(schedule_lr(&schedule, cases[i].at - 1)), 1 - cases[i].falls, 1e-9);
        json_decref(spec);
    }
}

static void a_cosine_rises_again_after_its_period(void **state)
{
    (void)state;
    struct schedule schedule = made("{\"type\":\"cosine\",\"period\":100}", 1);
    assert_float_equal(schedule_lr(&schedule, 0), 1, 1e-15);
    assert_float_equal(schedule_lr(&schedule, 100), 0, 1e-15);
    assert_float_equal(schedule_lr(&schedule, 200), 1, 1e-15);
}

static void a_period_left_out_is_the_budget_less_the_warmup(void **state)
{
    (void)state;
    struct schedule schedule =
        made("{\"type\":\"cosine\",\"warmup\":{\"epochs\":0.5,\"from\":0.0}}", 781);
    assert_float_equal(schedule.warmup_steps, 390, 0); /* 390.5, to whole steps (the even one) */
    assert_float_equal(schedule.horizon_steps, 9 * 781 - 390, 0);
    assert_float_equal(schedule_lr(&schedule, 0), 0, 0);
    assert_float_equal(schedule_lr(&schedule, 195), 0.5, 1e-15);
    assert_float_equal(schedule_lr(&schedule, 390), 1, 0);
    assert_float_equal(schedule_lr(&schedule, 9 * 781), 0, 1e-15);
}

static void an_exponential_counts_in_the_unit_of_the_search(void **state)
{
    (void)state;
    struct schedule schedule = made("{\"type\":\"exponential\",\"gamma\":0.25}", 781);
    assert_float_equal(schedule_lr(&schedule, 781), 0.25, 1e-15);
    assert_float_equal(schedule_lr(&schedule, 2 * 781), 0.0625, 1e-15);
}

static void what_is_no_schedule_is_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *spec;
        double lr;
        const char *part;
    } cases[] = {
        {"[]", 1, "type"},
        {"{}", 1, "type"},
        {"{\"type\":\"cosin\"}", 1, "cosin"},
        {"{\"type\":\"constant\"}", -1, "-1"},
        {"{\"type\":\"constant\",\"gamma\":1}", 1, "gamma"},
        {"{\"type\":\"step\"}", 1, "every"},
        {"{\"type\":\"step\",\"every\":0}", 1, "every"},
        {"{\"type\":\"step\",\"every\":\"3\"}", 1, "every"},
        {"{\"type\":\"step\",\"every\":3,\"gamma\":1.5}", 1, "gamma"},
        {"{\"type\":\"exponential\"}", 1, "gamma"},
        {"{\"type\":\"exponential\",\"gamma\":0}", 1, "gamma"},
        {"{\"type\":\"cosine\",\"period\":-1}", 1, "period"},
        {"{\"type\":\"cosine\",\"warmup\":{\"epochs\":9}}", 1, "budget"},
        {"{\"type\":\"constant\",\"warmup\":3}", 1, "warmup"},
        {"{\"type\":\"constant\",\"warmup\":{}}", 1, "neither"},
        {"{\"type\":\"constant\",\"warmup\":{\"steps\":1,\"epochs\":1}}", 1, "both"},
        {"{\"type\":\"constant\",\"warmup\":{\"steps\":-1}}", 1, "warmup.steps"},
        {"{\"type\":\"constant\",\"warmup\":{\"steps\":9,\"from\":2}}", 1, "warmup.from"},
        {"{\"type\":\"constant\",\"warmup\":{\"steps\":9,\"shape\":\"sine\"}}", 1, "sine"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct schedule schedule;
        struct error error = {""};
        json_t *spec = json_loads(cases[i].spec, 0, NULL);
        assert_false(schedule_create(&schedule, spec, cases[i].lr, 781, 781, 9, &error));
        if (!strstr(error.text, cases[i].part))
            fail_msg("%s: \"%s\" does not hold \"%s\"", cases[i].spec, error.text, cases[i].part);
        json_decref(spec);
    }
}

static void the_catalogue_describes_every_schedule_with_a_formula_and_a_source(void **state)
{
    (void)state;
    assert_true(catalogue_schedules.count() >= 4);
    for (size_t i = 0; i < catalogue_schedules.count(); i++) {
        const struct catalogue_entry *entry = catalogue_schedules.entry(i);
        assert_non_null(entry->text);
        assert_non_null(strstr(entry->text, "lr"));
        assert_non_null(entry->source);
        assert_ptr_equal(catalogue_find(&catalogue_schedules, entry->name), entry);
        assert_true(entry->key_count <= SCHEDULE_PARAMETERS_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_schedule_gives_the_rates_of_pytorch),
        cmocka_unit_test(a_step_falls_on_its_step_in_spite_of_rounding),
        cmocka_unit_test(a_cosine_rises_again_after_its_period),
        cmocka_unit_test(a_period_left_out_is_the_budget_less_the_warmup),
        cmocka_unit_test(an_exponential_counts_in_the_unit_of_the_search),
        cmocka_unit_test(what_is_no_schedule_is_refused_by_name),
        cmocka_unit_test(the_catalogue_describes_every_schedule_with_a_formula_and_a_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
