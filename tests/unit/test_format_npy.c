/* test_format_npy.c - what NumPy wrote reads back exactly; what is malformed is refused. */
#include "format_fixture.h"

enum { FEATURES = 6 };

#define REFERENCE TEST_SOURCE_DIR "/reference/data"

static double expected(size_t sample, size_t feature, double offset)
{
    return 100.0 * (double)sample + 10.0 * (double)(feature / 3) + (double)(feature % 3) + offset;
}

static void check_split(const struct dataset *dataset, enum split which, size_t count,
                        double offset)
{
    const struct dataset_split *split = &dataset->split[which];
    assert_int_equal(split->count, count);
    for (size_t i = 0; i < count * FEATURES; i++) {
        double value = dataset->storage == STORAGE_U8
                           ? (double)((const uint8_t *)split->features)[i]
                           : (double)((const float *)split->features)[i];
        assert_float_equal(value, expected(i / FEATURES, i % FEATURES, offset), 0);
    }
    for (size_t i = 0; i < count && split->labels; i++)
        assert_int_equal(split->labels[i], i % 3);
}

static void every_type_and_order_reads_back_exactly(void **state)
{
    (void)state;
    static const char *const names[] = {"f4", "f4_fortran", "f8",     "f8_fortran",
                                        "i8", "i8_fortran", "f8_big", "i2"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct dataset dataset;
        char path[256];
        (void)snprintf(path, sizeof path, REFERENCE "/%s.npz", names[i]);
        opened_in(&dataset, "{'format':'npy','path':'%s'}", path, 1);
        assert_int_equal(dataset.storage, STORAGE_F32);
        assert_float_equal(dataset.scale, 1, 0);
        assert_int_equal(dataset.class_count, 3);
        assert_int_equal(dataset.shape_rank, 2);
        assert_int_equal(dataset.shape[0], 2);
        assert_int_equal(dataset.shape[1], 3);
        check_split(&dataset, SPLIT_TRAIN, 6, -50);
        check_split(&dataset, SPLIT_TEST, 2, -50);
        dataset_close(&dataset);
    }
}

static void bytes_stay_bytes_and_are_divided_by_255(void **state)
{
    (void)state;
    static const char *const names[] = {"u1", "u1_fortran"};
    for (size_t i = 0; i < 2; i++) {
        struct dataset dataset;
        char path[256];
        (void)snprintf(path, sizeof path, REFERENCE "/%s.npz", names[i]);
        opened_in(&dataset, "{'format':'npy','path':'%s'}", path, 1);
        assert_int_equal(dataset.storage, STORAGE_U8);
        assert_float_equal(dataset.scale, 1 / 255.0, 1e-15);
        check_split(&dataset, SPLIT_TRAIN, 2, 0);
        check_split(&dataset, SPLIT_TEST, 2, 0);
        dataset_close(&dataset);
    }
}

static void a_deflated_archive_with_validation_arrays_reads_back(void **state)
{
    (void)state;
    struct dataset dataset;
    opened_in(&dataset, "{'format':'npy','path':'%s','validation':2}", REFERENCE "/packed.npz", 1);
    check_split(&dataset, SPLIT_TRAIN, 6, -50);
    check_split(&dataset, SPLIT_VALIDATION, 3, -50);
    assert_int_equal(dataset.split[SPLIT_TEST].count, 0);
    dataset_close(&dataset);
}

static void numbers_to_predict_stay_numbers(void **state)
{
    (void)state;
    struct dataset dataset;
    opened_in(&dataset, "{'format':'npy','path':'%s','classes':false}", REFERENCE "/targets.npz",
              1);
    assert_int_equal(dataset.class_count, 0);
    assert_int_equal(dataset.target_count, 2);
    assert_null(dataset.split[SPLIT_TRAIN].labels);
    for (size_t i = 0; i < 4; i++) {
        assert_float_equal(dataset.split[SPLIT_TRAIN].targets[2 * i], 0.5 + (double)i, 0);
        assert_float_equal(dataset.split[SPLIT_TRAIN].targets[2 * i + 1], 1 + (double)i, 0);
    }
    assert_float_equal(dataset.constant_loss, 1.25, 1e-12);
    dataset_close(&dataset);
}

static void floats_are_standardised_in_the_copy(void **state)
{
    (void)state;
    struct dataset dataset;
    opened_in(&dataset, "{'format':'npy','path':'%s','scale':'standard'}", REFERENCE "/f4.npz", 1);
    const float *x = dataset.split[SPLIT_TRAIN].features;
    assert_null(dataset.center);
    for (size_t j = 0; j < FEATURES; j++) {
        double sum = 0, squares = 0;
        for (size_t i = 0; i < 6; i++) {
            sum += (double)x[i * FEATURES + j];
            squares += (double)x[i * FEATURES + j] * (double)x[i * FEATURES + j];
        }
        assert_float_equal(sum / 6, 0, 1e-6);
        assert_float_equal(squares / 6, 1, 1e-6);
        /* The test samples by the training samples' figures: sample 0 is the same in both. */
        assert_float_equal(((const float *)dataset.split[SPLIT_TEST].features)[j], x[j], 0);
    }
    dataset_close(&dataset);
}

/* The whole .npy file of a header and so many bytes. */
static size_t npy_make(unsigned char *file, const char *header, const void *numbers, size_t bytes)
{
    size_t length = strlen(header);
    memcpy(file, "\x93NUMPY\1\0", 8);
    file[8] = (unsigned char)length;
    file[9] = 0;
    memcpy(file + 10, header, length);
    memcpy(file + 10 + length, numbers, bytes);
    return 10 + length + bytes;
}

#define HEADER(descr, order, shape)                                                                \
    "{'descr': '" descr "', 'fortran_order': " order ", 'shape': " shape ", }\n"

static const float x_numbers[4] = {1, 2, 3, 4};
static const int64_t y_numbers[2] = {7, 3};
static const char text[] = "{'format':'npy','path':'%s'}";

/* A folder of two samples of two floats. */
static void folder_make(void)
{
    unsigned char file[256];
    scene_write("x_train.npy", file,
                npy_make(file, HEADER("<f4", "False", "(2, 2)"), x_numbers, sizeof x_numbers));
    scene_write("y_train.npy", file,
                npy_make(file, HEADER("<i8", "False", "(2,)"), y_numbers, sizeof y_numbers));
}

static void a_folder_of_files_reads_back(void **state)
{
    (void)state;
    struct dataset dataset;
    folder_make();
    opened(&dataset, text);
    assert_memory_equal(dataset.split[SPLIT_TRAIN].features, x_numbers, sizeof x_numbers);
    assert_int_equal(dataset.split[SPLIT_TRAIN].labels[0], 1); /* classes in the order of labels */
    assert_int_equal(dataset.split[SPLIT_TRAIN].labels[1], 0);
    dataset_close(&dataset);
}

static void malformed_headers_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *header, *part;
    } cases[] = {
        {HEADER("<c8", "False", "(2, 2)"), "byte 20"},
        {HEADER("|O", "False", "(2, 2)"), "a type of"},
        {HEADER("|f4", "False", "(2, 2)"), "a type of"},
        {HEADER("<f4", "Maybe", "(2, 2)"), "True or False"},
        {HEADER("<f4", "False", "(2, -2)"), "a shape"},
        {HEADER("<f4", "False", "(2 2)"), "a shape"},
        {HEADER("<f4", "False", "(2, 2"), "a shape"},
        {HEADER("<f4", "False", "(1,1,1,1,1,1,1,1,4)"), "a shape"},
        {HEADER("<f4", "False", "(1,1,1,1,1,4)"), "6 dimensions"},
        {HEADER("<f4", "False", "(2, 3)"), "truncated"},
        {HEADER("<f4", "False", "(2, 1)"), "too long"},
        {HEADER("<f4", "False", "(4611686018427387904, 4)"), "impossibly large"},
        {HEADER("<f4", "False", "(2, 99999999999999999999999)"), "impossibly large"},
        {HEADER("<f4", "False", "(0, 2)"), "dimension 0"},
        {HEADER("<f4", "False", "()"), "one dimension"},
        {HEADER("<f4", "False", "(4,)"), "holds 4 samples"},
        {"{'descr': '<f4', 'shape': (2, 2)}", "fortran_order and shape"},
        {"{'descr': '<f4', 'what': 1}", "descr, fortran_order or shape"},
        {"[('a', 1)]", "a dictionary"},
        {"{'descr", "a key"},
        {"", "a dictionary"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsigned char file[256];
        folder_make();
        scene_write("x_train.npy", file,
                    npy_make(file, cases[i].header, x_numbers, sizeof x_numbers));
        REFUSED(text, "data.path", cases[i].part, "x_train.npy");
    }
}

static void malformed_files_are_refused(void **state)
{
    (void)state;
    unsigned char file[256];
    const char *header = HEADER("<f4", "False", "(2, 2)");
    size_t count = npy_make(file, header, x_numbers, sizeof x_numbers);
    folder_make();
    file[1] = 'X';
    scene_write("x_train.npy", file, count);
    REFUSED(text, "data.path", "x_train.npy", "not an .npy file", "byte 0");
    file[1] = 'N';
    file[6] = 9;
    scene_write("x_train.npy", file, count);
    REFUSED(text, "data.path", "version 9", "byte 6");
    file[6] = 1;
    for (size_t cut = 1; cut < count; cut++) {
        scene_write("x_train.npy", file, count - cut);
        REFUSED(text, "data.path", "x_train.npy", "truncated");
    }
    const float missing[4] = {1, 2, strtof("nan", NULL), 4};
    scene_write("x_train.npy", file, npy_make(file, header, missing, sizeof missing));
    REFUSED(text, "data.path", "x_train.npy", "sample 1, place 0", "nan");
    const double halves[2] = {0.5, 1};
    folder_make();
    scene_write("y_train.npy", file,
                npy_make(file, HEADER("<f8", "False", "(2,)"), halves, sizeof halves));
    REFUSED(text, "data.path", "y_train.npy", "sample 0", "0.5", "data.classes");
    REFUSED("{'format':'npy','path':'%s','scale':'unit'}", "data.scale", "for bytes");
    folder_make();
    scene_write("x_test.npy", file, npy_make(file, header, x_numbers, sizeof x_numbers));
    REFUSED(text, "data.path", scene, "no y_test.npy");
    const int64_t other[2] = {3, 5};
    scene_write("y_test.npy", file,
                npy_make(file, HEADER("<i8", "False", "(2,)"), other, sizeof other));
    REFUSED(text, "data.path", "y_test.npy", "sample 1", "label 5");
}

/* Each byte of a deflated archive, changed: it is refused, or what it says is not what counts. */
static void no_damage_of_an_archive_goes_further(void **state)
{
    (void)state;
    static unsigned char bytes[16384];
    FILE *file = fopen(REFERENCE "/packed.npz", "rb");
    assert_non_null(file);
    size_t count = fread(bytes, 1, sizeof bytes, file);
    assert_true(count > 500 && count < sizeof bytes);
    assert_int_equal(fclose(file), 0);
    char path[128];
    (void)snprintf(path, sizeof path, "%s/a.npz", scene);
    for (size_t i = 0; i < 2 * count; i++) {
        struct dataset dataset;
        struct error error = {""};
        char at[DATASET_AT_BYTES];
        unsigned char change = i < count ? 0xff : 1;
        bytes[i % count] ^= change;
        scene_write("a.npz", bytes, count);
        json_t *data = group("{'format':'npy','path':'%s'}", path);
        if (dataset_open(&dataset, data, 1, at, &error)) {
            check_split(&dataset, SPLIT_TRAIN, 6, -50);
            dataset_close(&dataset);
        } else {
            assert_string_equal(at, "data.path");
            assert_non_null(strstr(error.text, "a.npz"));
        }
        json_decref(data);
        bytes[i % count] ^= change;
    }
    for (size_t cut = 1; cut < count; cut += 7) {
        scene_write("a.npz", bytes, count - cut);
        REFUSED("{'format':'npy','path':'%s/a.npz'}", "data.path", "a.npz", "truncated");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(every_type_and_order_reads_back_exactly),
        SCENE_TEST(bytes_stay_bytes_and_are_divided_by_255),
        SCENE_TEST(a_deflated_archive_with_validation_arrays_reads_back),
        SCENE_TEST(numbers_to_predict_stay_numbers),
        SCENE_TEST(floats_are_standardised_in_the_copy),
        SCENE_TEST(a_folder_of_files_reads_back),
        SCENE_TEST(malformed_headers_are_refused),
        SCENE_TEST(malformed_files_are_refused),
        SCENE_TEST(no_damage_of_an_archive_goes_further),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
