/* test_forecast.c - what a search will cost, for the trainers asked for, half and twice as many. */
#include "coordinator/planning/forecast.h"

#include "tests/support/virtual_cluster.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SAMPLES 10 /* of batches of ten: an epoch is one step, too short to be taken in turns */

static struct forecast forecast_for(const json_t *study, uint32_t trainers, enum forecast_rate rate)
{
    struct forecast forecast;
    struct error error;
    const struct forecast_options options = {.document = study,
                                             .train_samples = SAMPLES,
                                             .trainers = trainers,
                                             .rate = rate,
                                             .costs = {.epoch_s = 2, .step_s = 2},
                                             .cpu_share = NAN};
    assert_true(forecast_create(&forecast, &options, &error));
    return forecast;
}

/* Rungs of 9, 3 and 1 candidates for 1, 2 and 6 epochs of 2 s: rounds of trainers. */
static void half_and_twice_the_trainers_are_searches_of_their_own(void **state)
{
    (void)state;
    json_t *study = virtual_study("sha", 9, 3, 1, 9);
    struct forecast forecast = forecast_for(study, 4, FORECAST_GIVEN);
    assert_int_equal(forecast.rung_count, 3);
    assert_float_equal(forecast.half.wall_s, 2 * (5 + 2 * 2 + 6), 1e-9);
    assert_float_equal(forecast.wanted.wall_s, 2 * (3 + 2 + 6), 1e-9);
    assert_float_equal(forecast.twice.wall_s, 2 * (2 + 2 + 6), 1e-9);
    assert_float_equal(forecast.wanted.utilisation, 21.0 / (4 * 11), 1e-9);
    assert_int_equal(forecast.wanted.steps, 21);
    assert_int_equal(forecast.candidates, 9);
    forecast_destroy(&forecast);
    forecast = forecast_for(study, 1, FORECAST_GIVEN);
    assert_int_equal(forecast.half.trainers, 0);
    assert_float_equal(forecast.wanted.wall_s, 42, 1e-9);
    forecast_destroy(&forecast);
    json_decref(study);
}

/* 21 s are over in the third rung's only trial: it is taken back after the step under way. */
static void a_limit_in_seconds_needs_a_rate(void **state)
{
    (void)state;
    json_t *study = virtual_study("sha", 9, 3, 1, 9);
    virtual_study_set(study, "wall_time", json_real(21));
    struct forecast forecast = forecast_for(study, 2, FORECAST_GIVEN);
    assert_float_equal(forecast.wanted.wall_s, 22, 1e-9);
    assert_int_equal(forecast.close, SEARCH_CLOSE_TIME);
    forecast_destroy(&forecast);
    forecast = forecast_for(study, 2, FORECAST_NO_RATE);
    json_t *object = forecast_json(&forecast);
    assert_float_equal(forecast.wanted.wall_s, 30, 1e-9);
    assert_int_equal(forecast.close, SEARCH_OPEN);
    assert_string_equal(
        json_string_value(json_array_get(json_object_get(object, "may_end_earlier_by"), 0)),
        "wall_time");
    json_decref(object);
    forecast_destroy(&forecast);
    json_decref(study);
}

static void what_scripts_read_holds_rungs_and_finals(void **state)
{
    (void)state;
    json_t *study = virtual_study("none", 4, 3, 1, 9);
    virtual_study_set(study, "finalists", json_integer(2));
    struct forecast forecast = forecast_for(study, 2, FORECAST_GIVEN);
    json_t *object = forecast_json(&forecast);
    assert_non_null(object);
    const json_t *rungs = json_object_get(object, "rungs");
    assert_int_equal(json_array_size(rungs), 2);
    const json_t *finals = json_array_get(rungs, 1);
    assert_true(json_is_true(json_object_get(finals, "finals")));
    assert_int_equal(json_integer_value(json_object_get(finals, "candidates")), 6);
    assert_float_equal(json_number_value(json_object_get(finals, "epochs")), 54, 1e-9);
    assert_int_equal(json_array_size(json_object_get(object, "cases")), 3);
    assert_true(json_is_null(json_object_get(json_object_get(object, "rate"), "cpu_share")));
    assert_int_equal(json_object_size(json_object_get(object, "rate")), 9);
    forecast_print(&forecast); /* under the sanitizers */
    json_decref(object);
    forecast_destroy(&forecast);
    json_decref(study);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(half_and_twice_the_trainers_are_searches_of_their_own),
        cmocka_unit_test(a_limit_in_seconds_needs_a_rate),
        cmocka_unit_test(what_scripts_read_holds_rungs_and_finals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
