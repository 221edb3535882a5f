/* test_range_study.c - the study of a range test is a sound study, made from the user's. */
#include "study_fixture.h"

#include "common/schedule/schedule.h"
#include "common/study/study_file.h"
#include "common/study_document.h"
#include "coordinator/find/range_study.h"
#include "coordinator/view/study_text.h"

static const char search_of_much[] =
    "study = { name = \"much\"; metric = \"val_error\"; };\n"
    "data = { format = \"spirals\"; };\n"
    "model = { layers = ( { type = \"dense\"; units = 2; } ); };\n"
    "train = { optimizer = \"sgd\"; report_every = 50; };\n"
    "space = { lr = { log_uniform = [1.0e-4, 1.0]; };\n"
    "  momentum = { uniform = [0.5, 0.9]; };\n"
    "  weight_decay = { log_uniform = [1.0e-6, 1.0e-2]; };\n"
    "  batch_size = { choice = [64, 128]; };\n"
    "  clip_norm = { grid = [0.5, 1.0]; };\n"
    "  schedule = ( { type = \"cosine\"; }, { type = \"plateau\"; } ); };\n"
    "search = { sampler = \"random\"; candidates = 81; scheduler = \"sha\"; eta = 3;\n"
    "  min_budget = 1.0; max_budget = 9.0; finalists = 3; target = 0.1; total_epochs = 50.0; };\n";

static const struct range_test test = {.from = 1e-6, .to = 4, .steps = 200, .seeds = 5};

/* Writes a text to a file and reads it as a study, which must be sound. A new reference. */
static json_t *read_study(struct fixture *fixture, const char *text)
{
    char path[PATH_BYTES];
    size_t count = 0;
    (void)snprintf(path, sizeof path, "%.400s/study.cfg", fixture->root);
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    assert_true(fputs(text, stream) >= 0);
    assert_int_equal(fclose(stream), 0);
    struct study_file *file = study_file_read(path, NULL, 0);
    assert_non_null(file);
    const struct study_problem *problems = study_file_problems(file, &count);
    if (count > 0)
        fail_msg("%s\n%s", problems[0].text, text);
    json_t *document = json_incref((json_t *)study_file_document(file));
    study_file_destroy(file);
    return document;
}

static json_t *print_and_read(struct fixture *fixture, const json_t *document)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&text, &bytes);
    assert_non_null(stream);
    study_text_print(stream, document);
    assert_int_equal(fclose(stream), 0);
    json_t *found = read_study(fixture, text);
    free(text);
    return found;
}

static void assert_equal(const json_t *found, const json_t *expected)
{
    if (json_equal(found, expected))
        return;
    char *left = json_dumps(found, JSON_SORT_KEYS), *right = json_dumps(expected, JSON_SORT_KEYS);
    fail_msg("found    %s\nexpected %s", left, right);
}

static void what_is_trained_is_a_sound_study_with_nothing_left_out(void **state)
{
    struct fixture *fixture = *state;
    json_t *document = read_study(fixture, search_of_much);
    json_t *study = range_study_make(document, &test);
    assert_non_null(study);
    json_t *again = print_and_read(fixture, study);
    assert_equal(again, study);
    assert_int_equal(study_integer(study, "search", "candidates"), test.seeds);
    assert_string_equal(study_text(study, "search", "scheduler"), "none");
    assert_true(study_bool(study, "search", "independent_seeds"));
    assert_int_equal(study_integer(study, "train", "report_every"), 1);
    assert_false(study_bool(study, "train", "stop_collapsed"));
    json_decref(again);
    json_decref(study);
    json_decref(document);
}

static void the_users_study_is_left_as_it_was(void **state)
{
    struct fixture *fixture = *state;
    json_t *document = read_study(fixture, search_of_much), *before = json_deep_copy(document);
    json_t *study = range_study_make(document, &test);
    json_t *space = range_study_space(document, 1e-3, 0.5);
    assert_equal(document, before);
    json_decref(space);
    json_decref(study);
    json_decref(before);
    json_decref(document);
}

static void what_is_searched_stands_still_at_its_first_or_middle_value(void **state)
{
    struct fixture *fixture = *state;
    json_t *document = read_study(fixture, search_of_much);
    json_t *study = range_study_make(document, &test), *fixed = range_study_fixed(document);
    assert_int_equal(json_object_size(fixed), 4);
    assert_float_equal(study_number(study, "train", "momentum"), 0.7, 1e-12);
    assert_float_equal(study_number(study, "train", "weight_decay"), 1e-4, 1e-12);
    assert_int_equal(study_integer(study, "train", "batch_size"), 64);
    assert_float_equal(study_number(study, "train", "clip_norm"), 0.5, 1e-12);
    assert_null(json_object_get(json_object_get(study, "space"), "momentum"));
    json_decref(fixed);
    json_decref(study);
    json_decref(document);
}

static const char search_of_optimizers[] =
    "study = { name = \"t\"; }; data = { format = \"spirals\"; };\n"
    "model = { layers = ( { type = \"dense\"; units = 2; } ); };\n"
    "train = { batch_size = 16; };\n"
    "space = { lr = { log_uniform = [1e-4, 1]; }; lr_multiplier = { layer = 0; value = { uniform = "
    "[0, 1]; }; }; optimizer = ( { type = \"adam\"; beta1 = { "
    "uniform = "
    "[0.7, 0.9]; }; }, { type = \"sgd\"; } ); };\n"
    "search = { candidates = 9; min_budget = 1; max_budget = 9; };\n";

static void optimizers_and_multipliers_stand_still_at_their_first_or_middle_value(void **state)
{
    struct fixture *fixture = *state;
    json_t *document = read_study(fixture, search_of_optimizers);
    json_t *study = range_study_make(document, &test), *again = print_and_read(fixture, study);
    assert_equal(again, study);
    assert_string_equal(study_text(study, "train", "optimizer"), "adam");
    assert_float_equal(study_number(study, "train", "beta1"), 0.8, 1e-12);
    assert_null(json_object_get(json_object_get(study, "train"), "momentum"));
    const json_t *list = json_object_get(json_object_get(study, "space"), "lr_multiplier");
    assert_float_equal(json_number_value(json_object_get(json_array_get(list, 0), "value")), 0.5,
                       1e-12);
    json_decref(again);
    json_decref(study);
    json_decref(document);
}

static void the_rates_are_those_of_the_schedule(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    struct schedule schedule;
    json_t *document = read_study(fixture, search_of_much);
    json_t *study = range_study_make(document, &test);
    const json_t *space = json_object_get(study, "space");
    assert_true(schedule_create(&schedule, json_array_get(json_object_get(space, "schedule"), 0),
                                study_number(study, "space", "lr"), 1, 10,
                                study_number(study, "search", "max_budget"), &error));
    for (unsigned step = 0; step < test.steps; step++) {
        double lr = range_study_lr(&test, step);
        assert_float_equal(schedule_lr(&schedule, step) / lr, 1, 1e-12);
    }
    assert_float_equal(range_study_lr(&test, 0), test.from, 1e-18);
    assert_float_equal(range_study_lr(&test, test.steps - 1), test.to, 1e-12);
    json_decref(study);
    json_decref(document);
}

static void the_space_keeps_all_but_the_rate(void **state)
{
    struct fixture *fixture = *state;
    json_t *document = read_study(fixture, search_of_much);
    json_t *space = range_study_space(document, 1e-3, 0.5);
    json_t *bounds = json_object_get(json_object_get(space, "lr"), "log_uniform");
    assert_float_equal(json_number_value(json_array_get(bounds, 0)), 1e-3, 0);
    assert_float_equal(json_number_value(json_array_get(bounds, 1)), 0.5, 0);
    assert_int_equal(json_object_set(document, "space", space), 0);
    json_t *again = print_and_read(fixture, document);
    assert_equal(again, document);
    json_decref(again);
    json_decref(space);
    json_decref(document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_trained_is_a_sound_study_with_nothing_left_out,
                                        fixture_begin, fixture_end),
        cmocka_unit_test_setup_teardown(the_users_study_is_left_as_it_was, fixture_begin,
                                        fixture_end),
        cmocka_unit_test_setup_teardown(what_is_searched_stands_still_at_its_first_or_middle_value,
                                        fixture_begin, fixture_end),
        cmocka_unit_test_setup_teardown(
            optimizers_and_multipliers_stand_still_at_their_first_or_middle_value, fixture_begin,
            fixture_end),
        cmocka_unit_test_setup_teardown(the_rates_are_those_of_the_schedule, fixture_begin,
                                        fixture_end),
        cmocka_unit_test_setup_teardown(the_space_keeps_all_but_the_rate, fixture_begin,
                                        fixture_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
