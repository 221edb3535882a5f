/* test_study_changes.c - what of a study may change when it goes on. */
#include "coordinator/study/study_changes.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void each_change_is_allowed_or_told_with_both_values(void **state)
{
    (void)state;
    static const struct {
        const char *before, *after, *told;
    } cases[] = {
        {"{'a':{'b':1}}", "{'a':{'b':1}}", ""},
        {"{'search':{'eta':3}}", "{'search':{'eta':4}}", "search.eta: was 3, is 4\n"},
        {"{'study':{'seed':1}}", "{'study':{'seed':1.0}}", "study.seed: was 1, is 1.0\n"},
        {"{'train':{}}", "{'train':{'nesterov':true}}", "train.nesterov: was not there, is true\n"},
        {"{'search':{'target':0.1}}", "{'search':{}}", "search.target: was 0.1, is not there\n"},
        {"{'m':{'layers':[{'units':1},{'units':2}]}}", "{'m':{'layers':[{'units':1},{'units':3}]}}",
         "m.layers[1].units: was 2, is 3\n"},
        {"{'m':{'layers':[1]}}", "{'m':{'layers':[1,2]}}", "m.layers: was [1], is [1, 2]\n"},
        {"{'a':1,'b':2}", "{'a':3,'b':4}", "a: was 1, is 3\nb: was 2, is 4\n"},
        {"{'run':{'trainers':2,'heartbeat_timeout':60.0}}", "{'run':{'heartbeat_timeout':2.0}}",
         ""},
        {"{'run':{'retries':2}}", "{'run':{'retries':5}}", ""},
        {"{'run':{'retries':2}}", "{'run':{'retries':1}}", "run.retries: was 2, is 1\n"},
        {"{'run':{'retries':'x'}}", "{'run':{'retries':1}}", "run.retries: was \"x\", is 1\n"},
        {"{'run':7}", "{'run':{'retries':1}}", "run: was 7, is {\"retries\": 1}\n"},
        {"{'runs':{'a':1}}", "{'runs':{'a':2}}", "runs.a: was 1, is 2\n"},
        {"{'search':{'wall_time':5.0}}", "{'search':{'wall_time':6.0}}", ""},
        {"{'search':{'wall_time':5.0}}", "{'search':{}}", ""},
        {"{'search':{'wall_time':5.0}}", "{'search':{'wall_time':4.5}}",
         "search.wall_time: was 5.0, is 4.5\n"},
        {"{'search':{}}", "{'search':{'wall_time':9.0}}",
         "search.wall_time: was not there, is 9.0\n"},
        {"[]", "{'a':1}", ": was [], is {\"a\": 1}\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char before[256], after[256];
        size_t length = 0;
        for (; cases[i].before[length]; length++)
            before[length] =
                (char)(cases[i].before[length] == '\'' ? '"' : cases[i].before[length]);
        before[length] = '\0';
        for (length = 0; cases[i].after[length]; length++)
            after[length] = (char)(cases[i].after[length] == '\'' ? '"' : cases[i].after[length]);
        after[length] = '\0';
        json_t *was = json_loads(before, 0, NULL), *is = json_loads(after, 0, NULL);
        assert_true(was && is);
        char *told = study_changes(was, is);
        assert_non_null(told);
        assert_string_equal(told, cases[i].told);
        free(told);
        json_decref(was);
        json_decref(is);
    }
}

static void a_long_value_is_cut(void **state)
{
    (void)state;
    char text[400];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    json_t *was = json_pack("{s:s}", "a", text), *is = json_pack("{s:i}", "a", 1);
    char *told = study_changes(was, is);
    assert_non_null(told);
    assert_true(strlen(told) < 120);
    assert_non_null(strstr(told, "..., is 1\n"));
    free(told);
    json_decref(was);
    json_decref(is);
}

static void control_characters_do_not_reach_the_terminal(void **state)
{
    (void)state;
    json_t *was = json_pack("{s:s}", "a\033[2J\n", "\033"), *is = json_object();
    char *told = study_changes(was, is);
    assert_non_null(told);
    assert_string_equal(told, "a?[2J?: was \"\\u001B\", is not there\n");
    free(told);
    json_decref(was);
    json_decref(is);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_change_is_allowed_or_told_with_both_values),
        cmocka_unit_test(a_long_value_is_cut),
        cmocka_unit_test(control_characters_do_not_reach_the_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
