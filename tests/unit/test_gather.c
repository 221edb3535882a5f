/* test_gather.c - a batch's numbers are the stored ones, scaled; whatever they are stored as, and
 * where images are moved and mirrored, by the plain formula. */
#include "common/random.h"
#include "worker/trainer/batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { SAMPLES = 6, FEATURES = 37, BATCH = 4 };

static const struct augmentation as_they_are = {0};

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
    assert_true(batches_create(&batches, dataset, BATCH, &as_they_are, 1, &error));
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

/* --- images -------------------------------------------------------------------------------------
 */

/* The first numbers of each sample are images of this shape. */
enum { CHANNELS = 2, HEIGHT = 5, WIDTH = 3, PLACES = HEIGHT * WIDTH, IMAGE = CHANNELS * PLACES };

static void images_make(struct dataset *dataset)
{
    data_make(dataset);
    dataset->feature_count = IMAGE;
    dataset->shape_rank = 3;
    dataset->shape[0] = CHANNELS;
    dataset->shape[1] = HEIGHT;
    dataset->shape[2] = WIDTH;
}

struct draw {
    int top, left;
    bool flipped;
};

static struct draw draw(uint64_t seed, uint64_t epoch, size_t sample, int crop, bool flip)
{
    struct random_stream random;
    random_open(&random, seed, RANDOM_AUGMENT, epoch << 32 | sample);
    struct draw draw;
    draw.top = (int)random_below(&random, (uint32_t)(2 * crop + 1)) - crop;
    draw.left = (int)random_below(&random, (uint32_t)(2 * crop + 1)) - crop;
    draw.flipped = random_below(&random, 2) == 1 && flip;
    return draw;
}

/* The stored number that stands at a place after moving, then mirroring. */
static double moved(const struct dataset *dataset, size_t sample, int place,
                    const struct draw *draw)
{
    int c = place / PLACES, y = place % PLACES / WIDTH, x = place % WIDTH;
    y += draw->top;
    x = (draw->flipped ? WIDTH - 1 - x : x) + draw->left;
    if (y < 0 || y >= HEIGHT || x < 0 || x >= WIDTH)
        return 0;
    size_t at = sample * IMAGE + (size_t)(c * PLACES + y * WIDTH + x);
    return dataset->storage == STORAGE_U8 ? (double)bytes[at] : (double)floats[at];
}

static void check_images(const struct dataset *dataset, const struct augmentation *augmentation)
{
    struct batches batches;
    struct error error;
    real input[BATCH * IMAGE];
    assert_true(batches_create(&batches, dataset, BATCH, augmentation, 7, &error));
    for (uint64_t epoch = 0; epoch < 40; epoch++) { /* one step each */
        batches_gather(&batches, epoch, input);
        for (size_t i = 0; i < BATCH; i++) {
            size_t sample = (size_t)batches.labels[i];
            struct draw drawn = draw(7, epoch, sample, (int)augmentation->crop, augmentation->flip);
            for (int j = 0; j < IMAGE; j++) {
                double stored = moved(dataset, sample, j, &drawn);
                double wanted = dataset->center ? (stored - (double)center[j]) * (double)factor[j]
                                                : stored * dataset->scale;
                assert_float_equal(input[i * IMAGE + (size_t)j], wanted, 1e-5);
            }
        }
    }
    /* What is evaluated stays as it is. */
    split_gather(dataset, SPLIT_TRAIN, 1, 2, input);
    const struct draw nothing = {0};
    for (int j = 0; !dataset->center && j < 2 * IMAGE; j++)
        assert_float_equal(
            input[j], moved(dataset, (size_t)(1 + j / IMAGE), j % IMAGE, &nothing) * dataset->scale,
            1e-5);
    batches_destroy(&batches);
}

static void images_are_moved_and_mirrored_before_they_are_scaled(void **state)
{
    (void)state;
    static const struct augmentation augmentations[] = {
        {.crop = 1}, {.crop = 2}, {.flip = true}, {.crop = 2, .flip = true}};
    for (size_t i = 0; i < sizeof augmentations / sizeof augmentations[0]; i++) {
        struct dataset dataset;
        images_make(&dataset);
        dataset.scale = 1 / 255.0;
        check_images(&dataset, &augmentations[i]);
        dataset.center = center;
        dataset.factor = factor;
        check_images(&dataset, &augmentations[i]);
        dataset.center = dataset.factor = NULL;
        dataset.storage = STORAGE_F32;
        dataset.split[SPLIT_TRAIN].features = floats;
        check_images(&dataset, &augmentations[i]);
    }
}

/* Of 2,000 draws a mirroring is expected 1,000 times, and each of 25 crops 80 times, with
 * deviations of 22 and 9: five of them are allowed. */
static void all_crops_and_both_sides_are_as_likely(void **state)
{
    (void)state;
    int flipped = 0, crops[5][5] = {{0}};
    for (uint64_t i = 0; i < 2000; i++) {
        struct draw drawn = draw(1, i / 50, i % 50, 2, true);
        flipped += drawn.flipped;
        crops[drawn.top + 2][drawn.left + 2]++;
    }
    assert_in_range(flipped, 1000 - 110, 1000 + 110);
    for (int i = 0; i < 25; i++)
        assert_in_range(crops[i / 5][i % 5], 80 - 45, 80 + 45);
}

/* images[SAMPLES][IMAGE] by sample, as `batch` samples at a time bring them in an epoch. */
static void epoch_gather(uint64_t epoch, size_t batch, uint64_t seed, real images[SAMPLES][IMAGE])
{
    static const struct augmentation augmentation = {.crop = 2, .flip = true};
    struct dataset dataset;
    struct batches batches;
    struct error error;
    real input[SAMPLES * IMAGE];
    images_make(&dataset);
    assert_true(batches_create(&batches, &dataset, batch, &augmentation, seed, &error));
    for (uint64_t step = 0; step < SAMPLES / batch; step++) {
        batches_gather(&batches, epoch * (SAMPLES / batch) + step, input);
        for (size_t i = 0; i < batch; i++)
            memcpy(images[batches.labels[i]], input + i * IMAGE, sizeof images[0]);
    }
    batches_destroy(&batches);
}

static void an_image_is_changed_by_seed_epoch_and_sample_alone(void **state)
{
    (void)state;
    real first[SAMPLES][IMAGE], again[SAMPLES][IMAGE];
    epoch_gather(3, 2, 1, first);
    epoch_gather(3, 3, 1, again);
    assert_memory_equal(first, again, sizeof first);
    epoch_gather(4, 2, 1, again);
    assert_memory_not_equal(first, again, sizeof first);
    epoch_gather(3, 2, 2, again);
    assert_memory_not_equal(first, again, sizeof first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_divided_or_standardised),
        cmocka_unit_test(floats_and_targets_come_as_they_are),
        cmocka_unit_test(images_are_moved_and_mirrored_before_they_are_scaled),
        cmocka_unit_test(all_crops_and_both_sides_are_as_likely),
        cmocka_unit_test(an_image_is_changed_by_seed_epoch_and_sample_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
