/* test_data.c - reading IDX files, plain and gzipped, cutting splits, and every malformed kind. */
#include "worker/data/dataset.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

enum { ROWS = 3, COLUMNS = 2, FEATURES = ROWS * COLUMNS, TRAIN = 20, TEST = 8, CLASSES = 4 };
enum { TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS, FILES };

static const char *const file_names[FILES] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                              "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};

/* A folder with four small files; their bytes can be changed before they are written. */
struct folder {
    char path[64];
    unsigned char bytes[FILES][512];
    size_t count[FILES];
};

static void put(unsigned char *bytes, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (unsigned char)(value >> (24 - 8 * i));
}

static void images_make(struct folder *folder, int file, uint32_t count)
{
    unsigned char *bytes = folder->bytes[file];
    put(bytes, 0x803);
    put(bytes + 4, count);
    put(bytes + 8, ROWS);
    put(bytes + 12, COLUMNS);
    folder->count[file] = 16 + (size_t)count * FEATURES;
    for (size_t i = 16; i < folder->count[file]; i++)
        bytes[i] = (unsigned char)(i * 7 + (size_t)file);
}

static void labels_make(struct folder *folder, int file, uint32_t count)
{
    unsigned char *bytes = folder->bytes[file];
    put(bytes, 0x801);
    put(bytes + 4, count);
    folder->count[file] = 8 + (size_t)count;
    for (size_t i = 0; i < count; i++)
        bytes[8 + i] = (unsigned char)((i * 3 + 1) % CLASSES);
}

static void folder_make(struct folder *folder)
{
    memset(folder, 0, sizeof *folder);
    (void)strcpy(folder->path, "/tmp/test-data-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    images_make(folder, TRAIN_IMAGES, TRAIN);
    labels_make(folder, TRAIN_LABELS, TRAIN);
    images_make(folder, TEST_IMAGES, TEST);
    labels_make(folder, TEST_LABELS, TEST);
}

static void file_path(const struct folder *folder, int file, const char *end, char path[256])
{
    (void)snprintf(path, 256, "%s/%s%s", folder->path, file_names[file], end);
}

static void folder_write(const struct folder *folder)
{
    for (int i = 0; i < FILES; i++) {
        char path[256];
        file_path(folder, i, "", path);
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(folder->bytes[i], 1, folder->count[i], file), folder->count[i]);
        assert_int_equal(fclose(file), 0);
    }
}

static void folder_remove(const struct folder *folder)
{
    char command[128];
    (void)snprintf(command, sizeof command, "rm -rf %s", folder->path);
    assert_int_equal(system(command), 0);
}

static json_t *data_group(const struct folder *folder, json_t *validation)
{
    return json_pack("{s:s, s:s, s:o, s:i}", "format", "idx", "path", folder->path, "validation",
                     validation, "test", 0);
}

static void plain_files_read_back_exactly_and_are_cut_into_splits(void **state)
{
    (void)state;
    struct folder folder;
    struct dataset dataset;
    struct error error = {""};
    char at[DATASET_AT_BYTES];
    folder_make(&folder);
    folder_write(&folder);
    json_t *data = data_group(&folder, json_integer(5));
    if (!dataset_open(&dataset, data, at, &error))
        fail_msg("%s: %s", at, error.text);
    assert_int_equal(dataset.split[SPLIT_TRAIN].count, TRAIN - 5);
    assert_int_equal(dataset.split[SPLIT_VALIDATION].count, 5);
    assert_int_equal(dataset.split[SPLIT_TEST].count, TEST);
    assert_int_equal(dataset.feature_count, FEATURES);
    assert_int_equal(dataset.class_count, CLASSES);
    assert_int_equal(dataset.shape_rank, 3);
    assert_int_equal(dataset.shape[1], ROWS);
    assert_memory_equal(dataset.split[SPLIT_TRAIN].features, folder.bytes[TRAIN_IMAGES] + 16,
                        (TRAIN - 5) * FEATURES);
    assert_memory_equal(dataset.split[SPLIT_VALIDATION].features,
                        folder.bytes[TRAIN_IMAGES] + 16 + (TRAIN - 5) * FEATURES, 5 * FEATURES);
    assert_memory_equal(dataset.split[SPLIT_TEST].features, folder.bytes[TEST_IMAGES] + 16,
                        TEST * FEATURES);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(dataset.split[SPLIT_VALIDATION].labels[i],
                         folder.bytes[TRAIN_LABELS][8 + TRAIN - 5 + i]);
    for (size_t i = 0; i < TEST; i++)
        assert_int_equal(dataset.split[SPLIT_TEST].labels[i], folder.bytes[TEST_LABELS][8 + i]);
    dataset_close(&dataset);
    json_decref(data);
    folder_remove(&folder);
}

/* Each file in two members, which gzip allows, under the spelling with a dot. */
static void gzipped_files_read_back_exactly(void **state)
{
    (void)state;
    struct folder folder;
    struct dataset dataset;
    struct error error = {""};
    char at[DATASET_AT_BYTES];
    folder_make(&folder);
    for (int i = 0; i < FILES; i++) {
        char path[256];
        file_path(&folder, i, ".gz", path);
        path[strlen(path) - strlen("-idx3-ubyte.gz")] = '.';
        for (int part = 0; part < 2; part++) {
            size_t half = folder.count[i] / 2, rest = folder.count[i] - half;
            gzFile file = gzopen(path, part ? "ab" : "wb");
            assert_non_null(file);
            (void)gzwrite(file, folder.bytes[i] + (part ? half : 0),
                          (unsigned)(part ? rest : half));
            assert_int_equal(gzclose(file), Z_OK);
        }
    }
    json_t *data = data_group(&folder, json_integer(0));
    if (!dataset_open(&dataset, data, at, &error))
        fail_msg("%s: %s", at, error.text);
    assert_int_equal(dataset.split[SPLIT_TRAIN].count, TRAIN);
    assert_memory_equal(dataset.split[SPLIT_TRAIN].features, folder.bytes[TRAIN_IMAGES] + 16,
                        TRAIN * FEATURES);
    assert_memory_equal(dataset.split[SPLIT_TEST].features, folder.bytes[TEST_IMAGES] + 16,
                        TEST * FEATURES);
    for (size_t i = 0; i < TRAIN; i++)
        assert_int_equal(dataset.split[SPLIT_TRAIN].labels[i], folder.bytes[TRAIN_LABELS][8 + i]);
    dataset_close(&dataset);
    json_decref(data);
    folder_remove(&folder);
}

static void the_constant_loss_is_the_entropy_of_the_training_labels(void **state)
{
    (void)state;
    struct folder folder;
    struct dataset dataset;
    struct error error;
    char at[DATASET_AT_BYTES];
    folder_make(&folder);
    /* 10 of class 0, 5 of class 1, then 5 of class 2 and 3 that are held out. */
    for (size_t i = 0; i < TRAIN; i++)
        folder.bytes[TRAIN_LABELS][8 + i] = i < 10 ? 0 : i < 15 ? 1 : i % 2 ? 2 : 3;
    folder_write(&folder);
    json_t *data = data_group(&folder, json_real(0.25));
    assert_true(dataset_open(&dataset, data, at, &error));
    assert_int_equal(dataset.split[SPLIT_TRAIN].count, 15);
    assert_int_equal(dataset.class_count, 4);
    assert_float_equal(dataset.constant_loss, -(2 * log(2.0 / 3) + log(1.0 / 3)) / 3, 1e-12);
    dataset_close(&dataset);
    json_decref(data);
    folder_remove(&folder);
}

static void refused(const struct folder *folder, json_t *data, const char *expected_at,
                    const char *const parts[], const char *what)
{
    struct dataset dataset;
    struct error error = {""};
    char at[DATASET_AT_BYTES];
    if (dataset_open(&dataset, data, at, &error))
        fail_msg("%s was accepted", what);
    if (strcmp(at, expected_at) != 0)
        fail_msg("%s: at \"%s\", expected \"%s\"", what, at, expected_at);
    for (int i = 0; parts[i]; i++)
        if (!strstr(error.text, parts[i]))
            fail_msg("%s: \"%s\" does not hold \"%s\"", what, error.text, parts[i]);
    json_decref(data);
    folder_remove(folder);
}

static void every_malformed_file_is_refused_with_path_and_offset(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        int file;
        int cut;        /* bytes added to or taken from the end */
        size_t offset;  /* of a byte to change; 0: none */
        unsigned value; /* what it becomes */
        const char *parts[3];
    } cases[] = {
        {"a wrong magic", TRAIN_IMAGES, 0, 3, 9, {"train-images", "0x00000809", "byte 0"}},
        {"labels in place of images", TRAIN_IMAGES, 0, 3, 1, {"train-images", "0x00000801"}},
        {"a float type", TEST_IMAGES, 0, 2, 0x0d, {"t10k-images", "0x00000d03"}},
        {"a truncated file", TRAIN_IMAGES, -1, 0, 0, {"train-images", "truncated", "byte 135"}},
        {"a truncated header",
         TEST_LABELS,
         -TEST - 2,
         0,
         0,
         {"t10k-labels", "truncated", "byte 6"}},
        {"bytes after the end", TRAIN_LABELS, 1, 0, 0, {"train-labels", "too long", "byte 29"}},
        {"a count too large", TRAIN_IMAGES, 0, 4, 1, {"train-images", "truncated"}},
        {"no images", TRAIN_IMAGES, 0, 7, 0, {"train-images", "dimension 1 is 0", "byte 4"}},
        {"no columns", TEST_IMAGES, 0, 15, 0, {"t10k-images", "dimension 3 is 0", "byte 12"}},
        {"a label out of range", TEST_LABELS, 0, 10, 200, {"t10k-labels", "byte 10", "200"}},
        {"a label beyond a gap", TRAIN_LABELS, 0, 20, 9, {"train-labels", "byte 20", "is 9"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct folder folder;
        folder_make(&folder);
        folder.count[cases[i].file] = (size_t)((int)folder.count[cases[i].file] + cases[i].cut);
        if (cases[i].offset)
            folder.bytes[cases[i].file][cases[i].offset] = (unsigned char)cases[i].value;
        folder_write(&folder);
        const char *parts[4] = {cases[i].parts[0], cases[i].parts[1], cases[i].parts[2], NULL};
        refused(&folder, data_group(&folder, json_integer(5)), "data.path", parts, cases[i].what);
    }
}

static void files_that_do_not_belong_together_are_refused(void **state)
{
    (void)state;
    struct folder folder;
    folder_make(&folder);
    labels_make(&folder, TRAIN_LABELS, TRAIN - 1);
    folder_write(&folder);
    refused(&folder, data_group(&folder, json_integer(5)), "data.path",
            (const char *[]){"20 images", "19 labels", "train-labels", NULL},
            "a count that differs");

    folder_make(&folder);
    put(folder.bytes[TEST_IMAGES] + 8, COLUMNS);
    put(folder.bytes[TEST_IMAGES] + 12, ROWS);
    folder_write(&folder);
    refused(&folder, data_group(&folder, json_integer(5)), "data.path",
            (const char *[]){"t10k-images", "2 x 3", "3 x 2", NULL}, "another image size");

    folder_make(&folder);
    memset(folder.bytes[TRAIN_LABELS] + 8, 0, TRAIN);
    folder_write(&folder);
    refused(&folder, data_group(&folder, json_integer(5)), "data.path",
            (const char *[]){"train-labels", "two classes", NULL}, "a single class");
}

static void missing_files_and_damaged_gzip_are_refused(void **state)
{
    (void)state;
    struct folder folder;
    char path[256];
    folder_make(&folder);
    folder_write(&folder);
    file_path(&folder, TEST_IMAGES, "", path);
    assert_int_equal(unlink(path), 0);
    refused(&folder, data_group(&folder, json_integer(5)), "data.path",
            (const char *[]){folder.path, "t10k-images", ".gz", NULL}, "a missing file");

    folder_make(&folder);
    folder_write(&folder);
    file_path(&folder, TEST_IMAGES, "", path);
    assert_int_equal(truncate(path, 0), 0);
    refused(&folder, data_group(&folder, json_integer(5)), "data.path",
            (const char *[]){"t10k-images", "empty", NULL}, "an empty file");

    /* Cut short, and with one byte of the checksum changed. */
    for (int damage = 0; damage < 2; damage++) {
        folder_make(&folder);
        folder_write(&folder);
        file_path(&folder, TRAIN_IMAGES, "", path);
        assert_int_equal(unlink(path), 0);
        file_path(&folder, TRAIN_IMAGES, ".gz", path);
        gzFile file = gzopen(path, "wb");
        (void)gzwrite(file, folder.bytes[TRAIN_IMAGES], (unsigned)folder.count[TRAIN_IMAGES]);
        assert_int_equal(gzclose(file), Z_OK);
        struct stat status;
        assert_int_equal(stat(path, &status), 0);
        if (damage == 0) {
            assert_int_equal(truncate(path, status.st_size - 9), 0);
        } else {
            FILE *raw = fopen(path, "r+b");
            assert_int_equal(fseek(raw, -6, SEEK_END), 0);
            int byte = fgetc(raw);
            assert_int_equal(fseek(raw, -6, SEEK_END), 0);
            (void)fputc(byte ^ 1, raw);
            assert_int_equal(fclose(raw), 0);
        }
        refused(&folder, data_group(&folder, json_integer(5)), "data.path",
                (const char *[]){"train-images", damage ? "damaged" : "truncated", "byte", NULL},
                "a damaged gzip file");
    }
    json_t *data = json_pack("{s:s, s:s}", "format", "idx", "path", "/nonexistent/folder");
    folder_make(&folder);
    refused(&folder, data, "data.path", (const char *[]){"/nonexistent/folder", NULL},
            "a missing folder");
}

static void impossible_splits_and_settings_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *changes, *at, *part;
    } cases[] = {
        {"{\"validation\":20}", "data.validation", "all 20"},
        {"{\"validation\":21}", "data.validation", "only 20"},
        {"{\"validation\":-1}", "data.validation", "no count"},
        {"{\"validation\":1.5}", "data.validation", "no count"},
        {"{\"validation\":\"5\"}", "data.validation", "no count"},
        {"{\"test\":9}", "data.test", "only 8"},
        {"{\"scale\":\"standard\"}", "data.scale", "standard"},
        {"{\"format\":\"hdf5\"}", "data.format", "hdf5"},
        {"{\"path\":7}", "data.path", "missing"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct folder folder;
        folder_make(&folder);
        folder_write(&folder);
        json_t *data = data_group(&folder, json_integer(5));
        json_t *changes = json_loads(cases[i].changes, 0, NULL);
        (void)json_object_update(data, changes);
        json_decref(changes);
        refused(&folder, data, cases[i].at, (const char *[]){cases[i].part, NULL},
                cases[i].changes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_files_read_back_exactly_and_are_cut_into_splits),
        cmocka_unit_test(gzipped_files_read_back_exactly),
        cmocka_unit_test(the_constant_loss_is_the_entropy_of_the_training_labels),
        cmocka_unit_test(every_malformed_file_is_refused_with_path_and_offset),
        cmocka_unit_test(files_that_do_not_belong_together_are_refused),
        cmocka_unit_test(missing_files_and_damaged_gzip_are_refused),
        cmocka_unit_test(impossible_splits_and_settings_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
