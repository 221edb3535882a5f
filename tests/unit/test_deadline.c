/* test_deadline.c - when a run ends, and what may still be begun before. */
#include "common/deadline_text.h"
#include "common/launcher.h"
#include "coordinator/dispatch/deadline.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOON 1700049600 /* Unix time of 2023-11-15 12:00:00 UTC */

static void times_are_read_as_people_write_them(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double seconds;
    } cases[] = {
        {"3h50m", 13800}, {"90m", 5400},     {"5400", 5400},  {"0.5", 0.5},     {"1.5h", 5400},
        {"45s", 45},      {"2d12h", 216000}, {"1d1s", 86401}, {"12:01", 60},    {"18:30", 23400},
        {"9:05", 75900},  {"12:00", 86400},  {"0:00", 43200}, {"00:00", 43200},
    };
    setenv("TZ", "UTC", 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error error;
        double seconds = -1;
        if (!deadline_read(cases[i].text, NOON, &seconds, &error))
            fail_msg("%s is refused: %s", cases[i].text, error.text);
        if (seconds != cases[i].seconds)
            fail_msg("%s is read as %g s", cases[i].text, seconds);
    }
}

static void what_is_no_time_is_refused_with_what_is_allowed(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",     "h",   "soon",   "0",   "-5",          "3h50",  "50m3h", "1h1h",  "1e3",
        "0x10", "3 h", " 3h",    "3h ", "nan",         "24:00", "12:60", "12:5",  "1:2:3",
        "12:",  ":30", "1.2.3h", "inf", "99999999999", "3H",    "12:+5", "12: 5",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error error;
        double seconds;
        if (deadline_read(cases[i], NOON, &seconds, &error))
            fail_msg("\"%s\" is taken for %g s", cases[i], seconds);
        assert_non_null(strstr(error.text, "allowed: a time from the start, such as 3h50m"));
        assert_non_null(strstr(error.text, cases[i]));
    }
}

static void a_clock_time_is_right_in_the_night_when_the_clocks_change(void **state)
{
    (void)state;
    struct error error;
    double seconds;
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    /* 2023-10-28 20:00 CEST; in the night an hour comes twice. */
    assert_true(deadline_read("08:00", 1698516000, &seconds, &error));
    assert_true(seconds == 13 * 3600);
    setenv("TZ", "UTC", 1);
}

static void the_times_of_squeue_are_understood(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double seconds;
    } cases[] = {
        {"1:00", 60},
        {"0:07", 7},
        {"59:59", 3599},
        {"3:59:07", 14347},
        {"2-00:00:00", 172800},
        {"1-02:03:04", 93784},
        {"UNLIMITED", INFINITY},
        {"INVALID", INFINITY},
        {"NOT_SET", INFINITY},
        {"", INFINITY},
        {"17", INFINITY},
        {"1:2:3:4", INFINITY},
        {"1:00-2", INFINITY},
        {"1-2-3:00", INFINITY},
        {"-5:00", INFINITY},
        {"1:00x", INFINITY},
        {"slurm_load_jobs error: Invalid job id specified", INFINITY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (launcher_slurm_seconds(cases[i].text) != cases[i].seconds)
            fail_msg("\"%s\" is read as %g s", cases[i].text,
                     launcher_slurm_seconds(cases[i].text));
}

static void without_a_deadline_nothing_ends(void **state)
{
    (void)state;
    static const double none[] = {0, INFINITY};
    for (size_t i = 0; i < 2; i++) {
        struct deadline deadline;
        deadline_begin(&deadline, 100, none[i]);
        assert_true(isinf(deadline_stop_s(&deadline, 64)));
        assert_true(isinf(deadline_patience_s(&deadline)));
        assert_true(deadline_allows(&deadline, 64, 1e9, 1e9));
    }
}

static void all_stop_in_time_to_save_one_after_the_other(void **state)
{
    (void)state;
    struct deadline deadline;
    deadline_begin(&deadline, 1000, 4600);
    assert_true(deadline_stop_s(&deadline, 8) == 4590); /* nothing is measured yet */
    deadline_learn_steps(&deadline, 100, 200);
    deadline_learn_validation(&deadline, 7);
    deadline_learn_save(&deadline, 4);
    assert_true(deadline_saving_s(&deadline, 8) == 2 + 7 + 8 * 4);
    assert_true(deadline_stop_s(&deadline, 8) == 4590 - 41);
    assert_true(deadline_patience_s(&deadline) == 4595);
}

static void half_of_a_short_time_is_for_training(void **state)
{
    (void)state;
    struct deadline deadline;
    deadline_begin(&deadline, 50, 58);
    deadline_learn_save(&deadline, 100);
    assert_true(deadline_stop_s(&deadline, 8) == 54);
    assert_true(deadline_patience_s(&deadline) == 56);
}

static void nothing_is_begun_that_does_not_get_to_its_next_checkpoint(void **state)
{
    (void)state;
    struct deadline deadline;
    deadline_begin(&deadline, 0, 1010);
    deadline_learn_steps(&deadline, 10, 30); /* 3 s each */
    deadline_learn_begin(&deadline, 20);     /* to load the data, say */
    double stop_s = deadline_stop_s(&deadline, 1);
    assert_true(stop_s == 997);
    assert_true(deadline_allows(&deadline, 1, stop_s - 23.5, 1));
    assert_false(deadline_allows(&deadline, 1, stop_s - 22.5, 1));
    assert_true(deadline_allows(&deadline, 1, stop_s - 320.5, 100));
    assert_false(deadline_allows(&deadline, 1, stop_s - 319.5, 100));
}

static void a_time_that_was_long_once_fades(void **state)
{
    (void)state;
    struct deadline deadline;
    deadline_begin(&deadline, 0, 1e6);
    deadline_learn_save(&deadline, 60); /* the disk stalled */
    deadline_learn_save(&deadline, 1);
    assert_true(deadline.save_s == 54);
    for (int i = 0; i < 60; i++)
        deadline_learn_save(&deadline, 1);
    assert_true(deadline.save_s < 1.2 && deadline.save_s >= 1);
    /* What makes no sense teaches nothing: steps of an attempt that was lost, no times told. */
    deadline_learn_steps(&deadline, -400, 3);
    deadline_learn_steps(&deadline, 100, NAN);
    deadline_learn_begin(&deadline, -0.1);
    assert_true(deadline.step_s == 0 && deadline.begin_s == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_read_as_people_write_them),
        cmocka_unit_test(what_is_no_time_is_refused_with_what_is_allowed),
        cmocka_unit_test(a_clock_time_is_right_in_the_night_when_the_clocks_change),
        cmocka_unit_test(the_times_of_squeue_are_understood),
        cmocka_unit_test(without_a_deadline_nothing_ends),
        cmocka_unit_test(all_stop_in_time_to_save_one_after_the_other),
        cmocka_unit_test(half_of_a_short_time_is_for_training),
        cmocka_unit_test(nothing_is_begun_that_does_not_get_to_its_next_checkpoint),
        cmocka_unit_test(a_time_that_was_long_once_fades),
    };
    return cmocka_run_group_tests_name("deadline", tests, NULL, NULL);
}
