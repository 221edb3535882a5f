/* schedule_fixture.h - what the tests of schedules share. */
#ifndef LRSWEEP_TESTS_UNIT_SCHEDULE_FIXTURE_H
#define LRSWEEP_TESTS_UNIT_SCHEDULE_FIXTURE_H

#include "common/schedule/schedule.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static double number(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

/* Holds the rates of every case of a reference file against it. PyTorch multiplies its way from
 * step to step in double, we evaluate the formula: after 300 steps both agree to about 300
 * roundings of 1e-16 each, relative to the base rate. */
static void rates_check(const char *path, size_t least_cases)
{
    json_t *reference = json_load_file(path, 0, NULL);
    assert_non_null(reference);
    size_t i, step;
    json_t *reference_case, *rate;
    json_array_foreach(json_object_get(reference, "cases"), i, reference_case)
    {
        struct schedule schedule;
        struct error error = {""};
        const json_t *spec = json_object_get(reference_case, "schedule");
        double lr = number(reference_case, "lr");
        if (!schedule_create(&schedule, spec, lr, number(reference_case, "steps_per_unit"),
                             number(reference_case, "steps_per_epoch"),
                             number(reference_case, "max_budget"), &error))
            fail_msg("case %zu: %s", i, error.text);
        const json_t *rates = json_object_get(reference_case, "rates");
        assert_int_equal(json_array_size(rates), 300);
        json_array_foreach(rates, step, rate)
        {
            double found = schedule_lr(&schedule, step), expected = json_number_value(rate);
            if (!(fabs(found - expected) <= 1e-13 * lr))
                fail_msg("case %zu (%s) at step %zu: %.17g, the reference has %.17g", i,
                         schedule.class->entry.name, step, found, expected);
        }
    }
    assert_true(i >= least_cases);
    json_decref(reference);
}

static struct schedule made(const char *spec, double steps_per_unit)
{
    struct schedule schedule;
    struct error error = {""};
    json_t *json = json_loads(spec, 0, NULL);
    if (!schedule_create(&schedule, json, 1.0, steps_per_unit, 781, 9, &error))
        fail_msg("%s: %s", spec, error.text);
    json_decref(json);
    return schedule;
}

#endif
