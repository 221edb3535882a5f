/* test_space.c - the search space, and candidates as a trainer gets them. */
#include "common/space.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static json_t *study(const char *space)
{
    json_error_t error;
    json_t *document = json_object();
    json_t *value = json_loads(space, 0, &error);
    if (!value)
        fail_msg("%s", error.text);
    json_object_set_new(document, "space", value);
    return document;
}

static void parameters_come_in_the_order_of_the_study(void **state)
{
    (void)state;
    struct space space;
    struct error error;
    json_t *document =
        study("{\"lr\":{\"log_uniform\":[0.001,1]},\"momentum\":0.9,\"schedule\":[{\"type\":"
              "\"constant\"},"
              "{\"type\":\"step\",\"every\":{\"int\":[1,4]},\"gamma\":{\"uniform\":[0.1,0.9]},"
              "\"warmup\":{\"epochs\":{\"choice\":[0.5,1]},\"from\":0.0}}],\"batch_size\":{"
              "\"choice\":[32,64]}}");
    assert_true(space_create(&space, document, &error));
    static const struct {
        const char *name;
        enum distribution distribution;
        int parent;
        size_t parent_choice;
    } expected[] = {{"lr", DISTRIBUTION_LOG_UNIFORM, -1, 0},
                    {"schedule", DISTRIBUTION_CHOICE, -1, 0},
                    {"schedule[1].every", DISTRIBUTION_INT, 1, 1},
                    {"schedule[1].gamma", DISTRIBUTION_UNIFORM, 1, 1},
                    {"schedule[1].warmup.epochs", DISTRIBUTION_CHOICE, 1, 1},
                    {"batch_size", DISTRIBUTION_CHOICE, -1, 0}};
    assert_int_equal(space.count, sizeof expected / sizeof expected[0]);
    for (size_t i = 0; i < space.count; i++) {
        assert_string_equal(space.parameters[i].name, expected[i].name);
        assert_int_equal(space.parameters[i].distribution, expected[i].distribution);
        assert_int_equal(space.parameters[i].parent, expected[i].parent);
        assert_int_equal(space.parameters[i].parent_choice, expected[i].parent_choice);
    }
    json_decref(document);
}

static void a_candidate_becomes_the_parameters_of_its_own_schedule(void **state)
{
    (void)state;
    struct space space;
    struct error error;
    json_t *document =
        study("{\"lr\":{\"uniform\":[0,1]},\"schedule\":[{\"type\":\"step\",\"gamma\":"
              "{\"uniform\":[0,1]}},{\"type\":\"exponential\",\"gamma\":{\"uniform\":"
              "[0,1]}}],\"momentum\":{\"grid\":[0.0,0.5,0.9]},\"beta1\":0.8}");
    static const struct {
        double values[5];
        const char *params;
    } cases[] = {{{0.25, 0, 0.5, NAN, 2},
                  "{\"lr\":0.25,\"schedule\":{\"type\":\"step\",\"gamma\":0.5},\"momentum\":0.9,"
                  "\"beta1\":0.8}"},
                 {{0.5, 1, NAN, 0.75, 0},
                  "{\"lr\":0.5,\"schedule\":{\"type\":\"exponential\",\"gamma\":0.75},"
                  "\"momentum\":0.0,\"beta1\":0.8}"}};
    assert_true(space_create(&space, document, &error));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *params = space_params(&space, cases[i].values);
        char *text = json_dumps(params, JSON_COMPACT | JSON_REAL_PRECISION(15));
        assert_string_equal(text, cases[i].params);
        free(text);
        json_decref(params);
    }
    double values[5] = {0.5, 1, 0.1, 0.2, 1};
    space_deactivate(&space, values);
    assert_true(isnan(values[2]) && values[3] == 0.2 && values[4] == 1);
    json_decref(document);
}

/* A schedule is chosen from its list; the multipliers of several layers belong together. */
static void every_layers_multiplier_is_a_parameter_of_its_own(void **state)
{
    (void)state;
    struct space space;
    struct error error;
    json_t *document =
        study("{\"lr\":0.1,\"lr_multiplier\":[{\"layer\":2,\"value\":{\"uniform\":[0,4]}},"
              "{\"layer\":0,\"value\":0.5},{\"layer\":1,\"value\":{\"choice\":[0.0,1.0]}}],"
              "\"momentum\":{\"uniform\":[0,1]}}");
    assert_true(space_create(&space, document, &error));
    assert_int_equal(space.count, 3);
    assert_string_equal(space.parameters[0].name, "lr_multiplier[0].value");
    assert_string_equal(space.parameters[1].name, "lr_multiplier[2].value");
    for (size_t i = 0; i < space.count; i++)
        assert_int_equal(space.parameters[i].parent, -1);
    const double values[] = {2.5, 1, 0.25};
    json_t *params = space_params(&space, values);
    char *text = json_dumps(params, JSON_COMPACT | JSON_REAL_PRECISION(15));
    assert_string_equal(text,
                        "{\"lr\":0.1,\"lr_multiplier\":[{\"layer\":2,\"value\":2.5},{\"layer\":"
                        "0,\"value\":0.5},{\"layer\":1,\"value\":1.0}],\"momentum\":0.25}");
    free(text);
    json_decref(params);
    json_decref(document);
}

static void an_optimizer_is_chosen_with_its_own_parameters(void **state)
{
    (void)state;
    struct space space;
    struct error error;
    json_t *document =
        study("{\"lr\":0.1,\"optimizer\":[{\"type\":\"sgd\",\"momentum\":{\"uniform\":[0,1]}},"
              "{\"type\":\"adam\",\"beta1\":{\"choice\":[0.8,0.9]},\"beta2\":0.999}]}");
    static const struct {
        double values[3];
        const char *params;
    } cases[] = {{{0, 0.5, NAN}, "{\"lr\":0.1,\"optimizer\":{\"type\":\"sgd\",\"momentum\":0.5}}"},
                 {{1, NAN, 0},
                  "{\"lr\":0.1,\"optimizer\":{\"type\":\"adam\",\"beta1\":0.8,\"beta2\":0.999}}"}};
    assert_true(space_create(&space, document, &error));
    assert_int_equal(space.count, 3);
    assert_string_equal(space.parameters[0].name, "optimizer");
    assert_string_equal(space.parameters[1].name, "optimizer[0].momentum");
    assert_string_equal(space.parameters[2].name, "optimizer[1].beta1");
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(space.parameters[1 + i].parent, 0);
        assert_int_equal(space.parameters[1 + i].parent_choice, i);
        json_t *params = space_params(&space, cases[i].values);
        char *text = json_dumps(params, JSON_COMPACT | JSON_REAL_PRECISION(15));
        assert_string_equal(text, cases[i].params);
        free(text);
        json_decref(params);
        double values[3] = {(double)i, 0.5, 1};
        space_deactivate(&space, values);
        assert_true(isnan(values[2 - i]) && !isnan(values[1 + i]));
    }
    json_decref(document);
}

static void the_unit_interval_maps_onto_each_distribution(void **state)
{
    (void)state;
    struct space space;
    struct error error;
    json_t *document = study("{\"lr\":{\"log_uniform\":[0.0001,1.0]},\"a\":{\"uniform\":[-1,3]},"
                             "\"b\":{\"int\":[2,5]},\"c\":{\"choice\":[\"x\",\"y\",\"z\"]}}");
    const double last = nextafter(1, 0);
    static const struct {
        size_t index;
        double u, value;
    } cases[] = {{0, 0, 1e-4},  {0, 0.5, 1e-2}, {1, 0, -1},   {1, 0.25, 0}, {2, 0, 2},
                 {2, 0.249, 2}, {2, 0.25, 3},   {2, 0.75, 5}, {3, 0, 0},    {3, 0.34, 1}};
    assert_true(space_create(&space, document, &error));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_true(fabs(space_value(&space, cases[i].index, cases[i].u) - cases[i].value) < 1e-12);
    assert_true(space_value(&space, 0, last) <= 1.0);
    assert_true(space_value(&space, 2, last) == 5);
    assert_true(space_value(&space, 3, last) == 2);
    json_decref(document);
}

static void values_that_no_candidate_can_have_are_not_accepted(void **state)
{
    (void)state;
    struct space space;
    struct error error;
    json_t *document = study(
        "{\"lr\":{\"uniform\":[0,1]},\"schedule\":[{\"type\":\"constant\"},{\"type\":\"step\","
        "\"every\":{\"int\":[1,4]}}]}");
    static const struct {
        double values[3];
        bool accepted;
    } cases[] = {{{0.1, 1, 4}, true},       {{0.1, 0, NAN}, true},     {{0.1, 0, 1e300}, true},
                 {{NAN, 0, NAN}, false},    {{INFINITY, 1, 4}, false}, {{0.1, 2, 4}, false},
                 {{0.1, -5e303, 4}, false}, {{0.1, 0.5, NAN}, false},  {{0.1, NAN, 4}, false},
                 {{0.1, 1, 1e300}, false},  {{0.1, 1, NAN}, false}};
    assert_true(space_create(&space, document, &error));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(space_accepts(&space, cases[i].values), cases[i].accepted);
    json_decref(document);
}

static void too_many_parameters_are_refused(void **state)
{
    (void)state;
    struct space space;
    struct error error;
    json_t *document = study("{\"lr\":1.0}");
    for (int i = 0; i <= SPACE_MAX; i++) {
        char name[16] = {'p', (char)('a' + i % 26), (char)('a' + i / 26), '\0'};
        json_object_set_new(json_object_get(document, "space"), name,
                            json_pack("{s:[i,i]}", "uniform", 0, 1));
    }
    assert_false(space_create(&space, document, &error));
    json_decref(document);
}

static void combinations_are_counted_beyond_any_integer(void **state)
{
    (void)state;
    struct space space;
    struct error error;
    json_t *document = json_object(), *many = json_object();
    for (int i = 0; i < SPACE_MAX; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "p%d", i);
        json_object_set_new(many, name, json_pack("{s:[i, i, i, i]}", "grid", 1, 2, 3, 4));
    }
    json_object_set_new(document, "space", many);
    assert_true(space_create(&space, document, &error));
    assert_true(space_combinations(&space, -1, 0) == ldexp(1, 64));
    json_decref(document);
    document = study("{\"lr\":{\"grid\":[1,2,3]},\"schedule\":[{\"type\":\"constant\"},{\"type\":"
                     "\"step\",\"gamma\":{\"choice\":[1,2]},\"every\":{\"grid\":[1,2,3]}}]}");
    assert_true(space_create(&space, document, &error));
    assert_true(space_combinations(&space, -1, 0) == 3 * (1 + 2 * 3));
    assert_true(space_combinations(&space, 1, 1) == 6);
    json_decref(document);
    document = study("{\"lr\":{\"grid\":[1,2,3]},\"momentum\":{\"uniform\":[0,1]}}");
    assert_true(space_create(&space, document, &error));
    assert_true(space_combinations(&space, -1, 0) == 0);
    json_decref(document);
}

static void the_point_of_a_candidate_is_found_again(void **state)
{
    (void)state;
    struct space space;
    struct error error;
    json_t *document = study(
        "{\"lr\":{\"log_uniform\":[0.001,1]},\"schedule\":[{\"type\":\"cosine\",\"period\":3.0},"
        "{\"type\":\"step\",\"every\":{\"int\":[1,4]},\"gamma\":{\"uniform\":[0.1,0.9]}},"
        "{\"type\":\"cosine\",\"period\":9.0,\"warmup\":{\"epochs\":{\"choice\":[0.5,1]}}}],"
        "\"optimizer\":[{\"type\":\"sgd\",\"momentum\":{\"grid\":[0,0.9]}},{\"type\":\"adam\"}],"
        "\"lr_multiplier\":[{\"layer\":0,\"value\":{\"uniform\":[0,1]}},{\"layer\":1,\"value\":2.0}"
        "],"
        "\"milestones\":{\"choice\":[[1,2],[3]]}}");
    assert_true(space_create(&space, document, &error));
    for (int candidate = 0; candidate < 500; candidate++) {
        double values[SPACE_MAX], found[SPACE_MAX];
        for (size_t i = 0; i < space.count; i++)
            values[i] = space_value(&space, i,
                                    (candidate * 0.618 + (double)i * 0.414) -
                                        floor(candidate * 0.618 + (double)i * 0.414));
        space_deactivate(&space, values);
        /* As it is stored: as text. */
        json_t *params = space_params(&space, values);
        char *text = json_dumps(params, JSON_REAL_PRECISION(17));
        json_decref(params);
        params = json_loads(text, 0, NULL);
        assert_true(space_point(&space, params, found));
        for (size_t i = 0; i < space.count; i++)
            assert_true(isnan(values[i]) ? isnan(found[i]) : found[i] == values[i]);
        json_object_set_new(params, "lr", json_string("high"));
        assert_false(space_point(&space, params, found));
        json_object_set_new(params, "lr", json_real(0.5));
        json_object_set_new(params, "schedule",
                            json_pack("{s:s, s:f}", "type", "cosine", "period", 4.0));
        assert_false(space_point(&space, params, found));
        json_decref(params);
        free(text);
    }
    assert_false(space_point(&space, NULL, (double[SPACE_MAX]){0}));
    json_decref(document);
}

/* As a trainer of the user's own may have it. */
static void a_plain_choice_of_any_name_is_found_again(void **state)
{
    (void)state;
    struct space space;
    struct error error;
    double found[SPACE_MAX];
    json_t *document = json_pack("{s:{s:{s:[s, s, s]}, s:{s:[f, f]}}}", "space", "optimizer",
                                 "choice", "sgd", "adam", "lion", "lr", "uniform", 0.0, 1.0);
    assert_true(space_create(&space, document, &error));
    json_t *params = json_pack("{s:s, s:f}", "optimizer", "adam", "lr", 0.5);
    assert_true(space_point(&space, params, found));
    assert_true(found[0] == 1);
    assert_true(found[1] == 0.5);
    json_decref(params);
    json_decref(document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_come_in_the_order_of_the_study),
        cmocka_unit_test(a_candidate_becomes_the_parameters_of_its_own_schedule),
        cmocka_unit_test(every_layers_multiplier_is_a_parameter_of_its_own),
        cmocka_unit_test(an_optimizer_is_chosen_with_its_own_parameters),
        cmocka_unit_test(the_unit_interval_maps_onto_each_distribution),
        cmocka_unit_test(values_that_no_candidate_can_have_are_not_accepted),
        cmocka_unit_test(too_many_parameters_are_refused),
        cmocka_unit_test(combinations_are_counted_beyond_any_integer),
        cmocka_unit_test(the_point_of_a_candidate_is_found_again),
        cmocka_unit_test(a_plain_choice_of_any_name_is_found_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
