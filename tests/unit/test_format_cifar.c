/* test_format_cifar.c - records read back exactly, splits, channel-wise standardising, refusals. */
#include "format_fixture.h"

#include <math.h>
#include <zlib.h>

enum { PIXELS = 3072, RECORDS = 4 };

static unsigned char bytes[RECORDS * (PIXELS + 2)];

static unsigned char pixel(int file, int record, int at)
{
    return (unsigned char)(file * 31 + record * 7 + at * 3 + at / 1024 * 50);
}

/* A file of records with labels that go round. Returns its bytes. */
static size_t records_make(int file, int records, int labels, int classes)
{
    size_t record_bytes = (size_t)labels + PIXELS;
    for (int i = 0; i < records; i++) {
        unsigned char *record = bytes + (size_t)i * record_bytes;
        record[0] = 99; /* CIFAR-100: the coarse label, which does not count */
        record[labels - 1] = (unsigned char)((file + i) % classes);
        for (int j = 0; j < PIXELS; j++)
            record[labels + j] = pixel(file, i, j);
    }
    return (size_t)records * record_bytes;
}

static void name_of(int file, char name[32])
{
    (void)snprintf(name, 32, file < 5 ? "data_batch_%d.bin" : "test_batch.bin", file + 1);
}

static void cifar10_make(void)
{
    char name[32];
    for (int i = 0; i < 6; i++) {
        name_of(i, name);
        scene_write(name, bytes, records_make(i, RECORDS, 1, 10));
    }
}

static void check_record(const struct dataset_split *split, size_t at, int file, int record,
                         int label)
{
    const uint8_t *pixels = (const uint8_t *)split->features + at * PIXELS;
    assert_int_equal(split->labels[at], label);
    for (int i = 0; i < PIXELS; i++)
        assert_int_equal(pixels[i], pixel(file, record, i));
}

static void the_five_batches_read_back_in_order(void **state)
{
    (void)state;
    struct dataset dataset;
    cifar10_make();
    opened(&dataset, "{'format':'cifar10','path':'%s','validation':3}");
    assert_int_equal(dataset.storage, STORAGE_U8);
    assert_int_equal(dataset.class_count, 10);
    assert_int_equal(dataset.shape_rank, 3);
    assert_int_equal(dataset.shape[0], 3);
    assert_int_equal(dataset.shape[2], 32);
    assert_int_equal(dataset.split[SPLIT_TRAIN].count, 17);
    assert_int_equal(dataset.split[SPLIT_VALIDATION].count, 3);
    assert_int_equal(dataset.split[SPLIT_TEST].count, 4);
    for (int i = 0; i < 17; i++)
        check_record(&dataset.split[SPLIT_TRAIN], (size_t)i, i / 4, i % 4, i / 4 + i % 4);
    for (int i = 0; i < 3; i++)
        check_record(&dataset.split[SPLIT_VALIDATION], (size_t)i, 4, i + 1, 5 + i);
    for (int i = 0; i < 4; i++)
        check_record(&dataset.split[SPLIT_TEST], (size_t)i, 5, i, 5 + i);
    dataset_close(&dataset);
}

static void cifar100_takes_the_fine_label_and_gzip(void **state)
{
    (void)state;
    struct dataset dataset;
    char path[128];
    scene_write("test.bin", bytes, records_make(1, 2, 2, 100));
    (void)snprintf(path, sizeof path, "%s/train.bin.gz", scene);
    size_t count = records_make(0, 3, 2, 100);
    gzFile file = gzopen(path, "wb");
    assert_int_equal(gzwrite(file, bytes, (unsigned)count), count);
    assert_int_equal(gzclose(file), Z_OK);
    opened(&dataset, "{'format':'cifar100','path':'%s'}");
    assert_int_equal(dataset.class_count, 100);
    assert_int_equal(dataset.split[SPLIT_TRAIN].count, 3);
    for (int i = 0; i < 3; i++)
        check_record(&dataset.split[SPLIT_TRAIN], (size_t)i, 0, i, i);
    for (int i = 0; i < 2; i++)
        check_record(&dataset.split[SPLIT_TEST], (size_t)i, 1, i, 1 + i);
    dataset_close(&dataset);
}

/* Bytes stay bytes; center and factor are those of the channel over the training samples. */
static void standardising_takes_each_channel_of_the_training_samples(void **state)
{
    (void)state;
    struct dataset dataset;
    cifar10_make();
    opened(&dataset, "{'format':'cifar10','path':'%s','validation':4,'scale':'standard'}");
    assert_non_null(dataset.center);
    for (int channel = 0; channel < 3; channel++) {
        double sum = 0, squares = 0;
        for (int i = 0; i < 16; i++)
            for (int j = 0; j < 1024; j++)
                sum += pixel(i / 4, i % 4, channel * 1024 + j);
        double mean = sum / (16 * 1024);
        for (int i = 0; i < 16; i++)
            for (int j = 0; j < 1024; j++)
                squares += pow(pixel(i / 4, i % 4, channel * 1024 + j) - mean, 2);
        for (int j = 0; j < 1024; j++) {
            assert_float_equal(dataset.center[channel * 1024 + j], mean, 1e-4);
            assert_float_equal(dataset.factor[channel * 1024 + j], 1 / sqrt(squares / (16 * 1024)),
                               1e-7);
        }
    }
    dataset_close(&dataset);
}

static void what_is_malformed_is_refused(void **state)
{
    (void)state;
    static const char text[] = "{'format':'cifar10','path':'%s'}";
    cifar10_make();
    size_t count = records_make(2, RECORDS, 1, 10);
    scene_write("data_batch_3.bin", bytes, count - 1);
    REFUSED(text, "data.path", "data_batch_3.bin", "truncated", "ends at byte 12291",
            "starts at byte 9219");
    scene_write("data_batch_3.bin", bytes, 0);
    REFUSED(text, "data.path", "data_batch_3.bin", "empty");
    bytes[3073] = 10;
    scene_write("data_batch_3.bin", bytes, count);
    REFUSED(text, "data.path", "data_batch_3.bin", "byte 3073 is 10", "0 to 9");
    char path[128];
    (void)snprintf(path, sizeof path, "%s/data_batch_3.bin", scene);
    assert_int_equal(remove(path), 0);
    REFUSED(text, "data.path", scene, "data_batch_3.bin", ".gz");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(the_five_batches_read_back_in_order),
        SCENE_TEST(cifar100_takes_the_fine_label_and_gzip),
        SCENE_TEST(standardising_takes_each_channel_of_the_training_samples),
        SCENE_TEST(what_is_malformed_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
