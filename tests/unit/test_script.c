/* test_script.c - the command line and the metrics of users' scripts. */
#include "worker/script/command_line.h"
#include "worker/script/metrics.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static void metrics_are_found_wherever_they_stand_in_a_line(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        bool report;
        long long step;
        double train_loss, val_loss; /* -1: not told; NaN: told, and not a number */
    } cases[] = {
        {"val_loss=0.5", true, -1, -1, 0.5},
        {"epoch 3: step=300 train_loss=0.61, val_loss=5e-1 (val_accuracy=0.81)", true, 300, 0.61,
         0.5},
        {"[train_loss=1.5]", true, -1, 1.5, -1},
        {"{'train_loss=2', step=7}", true, 7, 2, -1},
        {"train_loss=nan step=4", true, 4, NAN, -1},
        {"train_loss=-inf", true, -1, NAN, -1},
        {"val_loss=0.5 val_loss=0.4", true, -1, -1, 0.4},
        {"val_accuracy=0.9", true, -1, -1, -1},
        {"my_val_loss=0.5", false, -1, -1, -1},
        {"val_loss = 0.5", false, -1, -1, -1},
        {"val_loss= 0.5", false, -1, -1, -1},
        {"val_loss=0.5s", false, -1, -1, -1},
        {"val_loss=", false, -1, -1, -1},
        {"=0.5", false, -1, -1, -1},
        {"step=12 loss=3", false, 12, -1, -1},
        {"step=-3 val_loss=1", true, -1, -1, 1},
        {"step=1e300 val_loss=1", true, -1, -1, 1},
        {"", false, -1, -1, -1},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct metrics metrics;
        const struct {
            enum metric metric;
            double value;
        } expected[] = {{METRIC_TRAIN_LOSS, cases[i].train_loss},
                        {METRIC_VAL_LOSS, cases[i].val_loss}};
        if (metrics_parse(cases[i].line, strlen(cases[i].line), &metrics) != cases[i].report)
            fail_msg("%s: a report, or not", cases[i].line);
        assert_int_equal(metrics.step, cases[i].step);
        for (size_t j = 0; j < COUNT_OF(expected); j++) {
            double found = metrics.values[expected[j].metric];
            bool told = metrics.told[expected[j].metric];
            assert_true(told == (expected[j].value != -1));
            if (told && isfinite(expected[j].value) && found != expected[j].value)
                fail_msg("%s: found %g", cases[i].line, found);
            if (!isfinite(expected[j].value))
                assert_false(isfinite(found));
        }
    }
}

static void placeholders_become_the_candidates_values(void **state)
{
    (void)state;
    static const struct {
        const char *word, *filled;
    } cases[] = {
        {"{lr}", "0.1"},
        {"--lr={lr}", "--lr=0.1"},
        {"{depth}x{depth}", "3x3"},
        {"{kind}", "a b"},
        {"{flag}", "true"},
        {"{schedule}", "step"},
        {"{schedule.gamma}", "0.3"},
        {"{schedule.period}", ""},
        {"{steps} {seed} {trial}", "60 9 4"},
        {"{}", "{}"},
        {"{ lr }", "{ lr }"},
        {"{\"a\": 1}", "{\"a\": 1}"},
        {"{lr", "{lr"},
        {"$HOME; rm *", "$HOME; rm *"},
    };
    json_t *train = json_pack("{s:i, s:i, s:i, s:{s:f, s:i, s:s, s:b, s:{s:s, s:f}}}", "trial", 4,
                              "to", 60, "seed", 9, "params", "lr", 0.1, "depth", 3, "kind", "a b",
                              "flag", 1, "schedule", "type", "step", "gamma", 0.3);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        json_t *words = json_pack("[s]", cases[i].word);
        char **arguments = command_line_fill(words, train);
        assert_string_equal(arguments[0], cases[i].filled);
        assert_null(arguments[1]);
        command_line_destroy(arguments);
        json_decref(words);
    }
    json_decref(train);
}

static void a_placeholder_that_the_space_does_not_know_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        bool known;
    } cases[] = {{"{lr}", true},          {"{steps}", true},          {"{rate}", false},
                 {"a {lr}{oops}", false}, {"{schedule.gamma}", true}, {"{schedule.period}", true},
                 {"{schedule.x}", false}, {"{schedule}", true},       {"{\"x\":1}", true},
                 {"{lr.x}", false}};
    json_t *study =
        json_pack("{s:{s:{s:[f, f]}, s:[{s:s, s:f}, {s:s, s:f}]}}", "space", "lr", "uniform", 0.1,
                  0.2, "schedule", "type", "step", "gamma", 0.3, "type", "cosine", "period", 3.0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error error;
        json_t *words = json_pack("[s, s]", "python3", cases[i].word);
        if (command_line_check(words, study, &error) != cases[i].known)
            fail_msg("%s", cases[i].word);
        json_decref(words);
    }
    json_decref(study);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metrics_are_found_wherever_they_stand_in_a_line),
        cmocka_unit_test(placeholders_become_the_candidates_values),
        cmocka_unit_test(a_placeholder_that_the_space_does_not_know_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
