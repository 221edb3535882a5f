/* test_gather.c - a batch's numbers are the stored ones, scaled; whatever they are stored as. */
#include "worker/trainer/batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { SAMPLES = 6, FEATURES = 37, BATCH = 4 };

static uint8_t bytes[SAMPLES * FEATURES];
static float floats[SAMPLES * FEATURES], targets[SAMPLES * 2];
static float center[FEATURES], factor[FEATURES];
static int32_t labels[SAMPLES];

static void data_make(struct dataset *dataset)
{
    for (int i = 0; i < SAMPLES; i++) {
        labels[i] = i;
        targets[2 * i] = (float)i;
        targets[2 * i + 1] = (float)-i;
        for (int j = 0; j < FEATURES; j++) {
            bytes[i * FEATURES + j] = (uint8_t)(i * 41 + j);
            floats[i * FEATURES + j] = (float)(i * 41 + j) / 7;
            center[j] = (float)j / 3;
            factor[j] = 1 / (float)(j + 2);
        }
    }
    memset(dataset, 0, sizeof *dataset);
    dataset->split[SPLIT_TRAIN] =
        (struct dataset_split){.features = bytes, .labels = labels, .count = SAMPLES};
    dataset->feature_count = FEATURES;
    dataset->scale = 1;
}

/* What the number at `j` of the sample should be. */
static double expected(const struct dataset *dataset, size_t sample, size_t j)
{
    size_t at = sample * FEATURES + j;
    double stored = dataset->storage == STORAGE_U8 ? (double)bytes[at] : (double)floats[at];
    return dataset->center ? (stored - (double)center[j]) * (double)factor[j]
                           : stored * dataset->scale;
}

static void check_gathering(const struct dataset *dataset)
{
    struct batches batches;
    struct error error;
    real input[SAMPLES * FEATURES];
    assert_true(batches_create(&batches, dataset, BATCH, 1, &error));
    for (uint64_t step = 0; step < 3; step++) {
        batches_gather(&batches, step, input);
        for (size_t i = 0; i < BATCH; i++) {
            size_t sample =
                batches.labels ? (size_t)batches.labels[i] : (size_t)batches.targets[2 * i];
            if (batches.targets)
                assert_float_equal(batches.targets[2 * i + 1], -batches.targets[2 * i], 0);
            for (size_t j = 0; j < FEATURES; j++)
                assert_float_equal(input[i * FEATURES + j], expected(dataset, sample, j), 1e-5);
        }
    }
    split_gather(dataset, SPLIT_TRAIN, 2, 3, input);
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < FEATURES; j++)
            assert_float_equal(input[i * FEATURES + j], expected(dataset, i + 2, j), 1e-5);
    batches_destroy(&batches);
}

static void bytes_are_divided_or_standardised(void **state)
{
    (void)state;
    struct dataset dataset;
    data_make(&dataset);
    check_gathering(&dataset);
    dataset.scale = 1 / 255.0;
    check_gathering(&dataset);
    dataset.center = center;
    dataset.factor = factor;
    check_gathering(&dataset);
}

static void floats_and_targets_come_as_they_are(void **state)
{
    (void)state;
    struct dataset dataset;
    data_make(&dataset);
    dataset.storage = STORAGE_F32;
    dataset.split[SPLIT_TRAIN].features = floats;
    check_gathering(&dataset);
    dataset.target_count = 2;
    dataset.split[SPLIT_TRAIN].labels = NULL;
    dataset.split[SPLIT_TRAIN].targets = targets;
    check_gathering(&dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_divided_or_standardised),
        cmocka_unit_test(floats_and_targets_come_as_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
