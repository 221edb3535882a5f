/* test_export.c - the formats of exports, byte by byte, and studies from anywhere. */
#include "study_fixture.h"

#include "coordinator/export/crc32c.h"
#include "coordinator/export/event_file.h"
#include "coordinator/export/export.h"
#include "coordinator/export/optuna_distribution.h"
#include "coordinator/export/protobuf.h"
#include "coordinator/view/flat_params.h"

#include <sys/stat.h>

/* RFC 3720, appendix B.4, and the check value that catalogues of CRCs give. */
static void crc32c_agrees_with_the_published_vectors(void **state)
{
    (void)state;
    unsigned char zeros[32] = {0}, ones[32], up[32], down[32];
    for (int i = 0; i < 32; i++) {
        ones[i] = 0xff;
        up[i] = (unsigned char)i;
        down[i] = (unsigned char)(31 - i);
    }
    assert_int_equal(crc32c("123456789", 9), 0xe3069283);
    assert_int_equal(crc32c(zeros, 32), 0x8a9136aa);
    assert_int_equal(crc32c(ones, 32), 0x62a8ab43);
    assert_int_equal(crc32c(up, 32), 0x46dd794e);
    assert_int_equal(crc32c(down, 32), 0x113fdb5c);
    assert_int_equal(crc32c("", 0), 0);
}

/* The examples of protobuf.dev's page on encoding, and the ends of the ranges. */
static void messages_are_encoded_as_protobuf_has_it(void **state)
{
    (void)state;
    struct protobuf message = {0}, inner = {0};
    protobuf_whole(&message, 1, 150);
    assert_memory_equal(message.bytes.text, "\x08\x96\x01", 3);
    protobuf_text(&message, 2, "testing");
    assert_memory_equal(message.bytes.text + 3, "\x12\x07testing", 9);
    protobuf_whole(&inner, 1, 150);
    protobuf_inner(&message, 3, &inner);
    assert_memory_equal(message.bytes.text + 12, "\x1a\x03\x08\x96\x01", 5);
    assert_null(inner.bytes.text);
    protobuf_whole(&message, 4, -1);
    assert_memory_equal(message.bytes.text + 17, "\x20\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
                        11);
    protobuf_double(&message, 16, 1);
    assert_memory_equal(message.bytes.text + 28, "\x81\x01\0\0\0\0\0\0\xf0\x3f", 10);
    protobuf_float(&message, 5, -2);
    assert_memory_equal(message.bytes.text + 38, "\x2d\0\0\0\xc0", 5);
    protobuf_whole(&message, 6, 0);
    assert_memory_equal(message.bytes.text + 43, "\x30\0", 2);
    assert_int_equal(message.bytes.length, 45);
    assert_true(!message.bytes.failed);
    protobuf_destroy(&message);
}

/* The first record of every event file that TensorFlow and PyTorch write: length 24, its masked
 * checksum, a time, the version. */
static void an_event_file_begins_as_those_of_others_do(void **state)
{
    (void)state;
    struct protobuf file = {0};
    event_file_begin(&file, 1);
    assert_int_equal(file.bytes.length, 8 + 4 + 24 + 4);
    assert_memory_equal(file.bytes.text, "\x18\0\0\0\0\0\0\0\xa3\x7f\x4b\x22", 12);
    assert_memory_equal(file.bytes.text + 12,
                        "\x09\0\0\0\0\0\0\xf0\x3f\x1a\x0d"
                        "brain.Event:2",
                        24);
    size_t used = file.bytes.length;
    event_file_scalar(&file, 1, 7, "lr", 0.5);
    assert_memory_equal(file.bytes.text + used + 12,
                        "\x09\0\0\0\0\0\0\xf0\x3f\x10\x07\x2a\x0b\x0a\x09\x0a\x02lr\x15\0\0\0\x3f",
                        24);
    protobuf_destroy(&file);
}

static void groups_of_parameters_become_flat(void **state)
{
    (void)state;
    static const struct {
        const char *params, *flat;
    } rows[] = {
        {"{\"lr\":0.5,\"schedule\":{\"type\":\"step\",\"gamma\":0.25,\"warmup\":{\"epochs\":1}}}",
         "{\"lr\":0.5,\"schedule\":\"step\",\"schedule.gamma\":0.25,\"schedule.warmup.epochs\":1}"},
        {"{\"lr_multiplier\":[{\"layer\":3,\"value\":2},{\"layer\":0,\"value\":1}]}",
         "{\"lr_multiplier[3]\":2,\"lr_multiplier[0]\":1}"},
        {"{\"schedule\":{\"type\":\"multi_step\",\"milestones\":[1,2]}}",
         "{\"schedule\":\"multi_step\",\"schedule.milestones\":[1,2]}"},
        {"[1,2]", "{}"},
        {"no JSON", "{}"},
        {"{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":1}}}}}}", "{\"a.b.c.d.e\":{\"f\":1}}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *flat = flat_params(rows[i].params);
        char *text = json_dumps(flat, JSON_COMPACT);
        assert_string_equal(text, rows[i].flat);
        free(text);
        json_decref(flat);
    }
}

static void distributions_are_written_as_optuna_writes_them(void **state)
{
    (void)state;
    struct space space;
    struct error error;
    json_t *document = json_loads("{\"space\":{\"lr\":{\"log_uniform\":[0.5,2]},\"momentum\":{"
                                  "\"uniform\":[0,1]},\"batch_size\":"
                                  "{\"int\":[1,5]},\"eps\":{\"grid\":[0.25,1]},\"nesterov\":{"
                                  "\"choice\":[true,false]},\"schedule\":"
                                  "[{\"type\":\"cosine\",\"period\":1},{\"type\":\"step\"},{"
                                  "\"type\":\"cosine\",\"period\":2}]}}",
                                  0, NULL);
    static const char *const expected[] = {
        "{\"name\":\"FloatDistribution\",\"attributes\":{\"step\":null,\"low\":0.5,\"high\":2.0,"
        "\"log\":true}}",
        "{\"name\":\"FloatDistribution\",\"attributes\":{\"step\":null,\"low\":0.0,\"high\":1.0,"
        "\"log\":false}}",
        "{\"name\":\"IntDistribution\",\"attributes\":{\"log\":false,\"step\":1,\"low\":1,\"high\":"
        "5}}",
        "{\"name\":\"CategoricalDistribution\",\"attributes\":{\"choices\":[0.25,1]}}",
        "{\"name\":\"CategoricalDistribution\",\"attributes\":{\"choices\":[true,false]}}",
        "{\"name\":\"CategoricalDistribution\",\"attributes\":{\"choices\":[\"cosine[0]\",\"step\","
        "\"cosine[2]\"]}}",
    };
    assert_true(space_create(&space, document, &error));
    assert_int_equal(space.count, sizeof expected / sizeof expected[0]);
    for (size_t i = 0; i < space.count; i++) {
        json_t *distribution = optuna_distribution(&space.parameters[i]);
        char *text = json_dumps(distribution, JSON_COMPACT);
        assert_string_equal(text, expected[i]);
        free(text);
        json_decref(distribution);
    }
    json_decref(document);
}

/* --- whole exports ------------------------------------------------------------------------------
 */

static const char *const names[] = {"csv", "json", "tensorboard", "optuna", "config", "pytorch"};

/* A study whose document lacks almost everything, and trials that hold what no run writes. */
static void fill(struct fixture *fixture)
{
    static const char *const params[] = {
        "", "[]", "{\"lr\":{\"lr\":{}}}", "{\"lr\":1e308}",
        "{\"lr\":0.1,\"schedule\":7,\"optimizer\":{\"type\":\"x\"}}"};
    struct store *store = fixture_create(fixture);
    for (uint32_t i = 0; i < 5; i++) {
        struct trial_row trial = waiting_trial(i);
        trial.state = (enum trial_state)(i + 1);
        trial.params = params[i];
        trial.schedule = "\"a,\r\n'";
        trial.message = "</script>\033[31m";
        trial.final = i == 2 ? (double)INFINITY : 0.5;
        assert_true(store_trial(store, &trial, &fixture->error));
        struct report_row report = sound_report(i, 10);
        report.train_loss = i % 2 ? (double)NAN : 1;
        assert_true(store_report(store, &report, &fixture->error));
    }
    fixture_close(fixture, store);
}

static void a_study_that_lacks_what_is_needed_is_exported_or_refused_with_a_reason(void **state)
{
    struct fixture *fixture = *state;
    fill(fixture);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        for (long long trial = -1; trial < 6; trial++) {
            char path[PATH_BYTES + 32], written[PATH_BYTES + 64];
            (void)snprintf(path, sizeof path, "%.400s/out-%zu-%lld", fixture->root, i, trial);
            const struct export_request request = {
                .dir = fixture->dir, .to = names[i], .path = path, .trial = trial};
            struct error error = {""};
            enum export_end end = export_study(&request, written, sizeof written, &error);
            struct stat status;
            assert_true(end == EXPORT_DONE ? !*error.text : *error.text != '\0');
            /* Nothing half written is seen. */
            assert_true((stat(path, &status) == 0) == (end == EXPORT_DONE));
            if (trial >= 0 && i < 4)
                assert_int_equal(end, EXPORT_WRONG);
        }
}

static void what_is_there_is_not_overwritten(void **state)
{
    struct fixture *fixture = *state;
    char written[PATH_BYTES], path[PATH_BYTES];
    fill(fixture);
    struct export_request request = {.dir = fixture->dir, .to = "json", .trial = -1};
    assert_int_equal(export_study(&request, written, sizeof written, &fixture->error), EXPORT_DONE);
    assert_string_equal(written, fixture_path(fixture, "study.json", path));
    assert_int_equal(export_study(&request, written, sizeof written, &fixture->error),
                     EXPORT_WRONG);
    assert_contains(fixture->error.text, "is there already");
    request.overwrite = true;
    assert_int_equal(export_study(&request, written, sizeof written, &fixture->error), EXPORT_DONE);
}

#define STUDY_TEST(test) cmocka_unit_test_setup_teardown(test, fixture_begin, fixture_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crc32c_agrees_with_the_published_vectors),
        cmocka_unit_test(messages_are_encoded_as_protobuf_has_it),
        cmocka_unit_test(an_event_file_begins_as_those_of_others_do),
        cmocka_unit_test(groups_of_parameters_become_flat),
        cmocka_unit_test(distributions_are_written_as_optuna_writes_them),
        STUDY_TEST(a_study_that_lacks_what_is_needed_is_exported_or_refused_with_a_reason),
        STUDY_TEST(what_is_there_is_not_overwritten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
