/* split.c - reads the shares, draws the samples, and moves them to where they belong. */
#include "worker/data/split.h"

#include "common/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A count, or a fraction below 1 of `whole`. Absent: 0. */
static bool share_read(const json_t *data, const char *key, uint64_t whole, uint64_t *count,
                       struct error *error)
{
    const json_t *given = json_object_get(data, key);
    double value = json_number_value(given);
    if (given && (!json_is_number(given) || !isfinite(value) || value < 0 ||
                  (value >= 1 && value != floor(value))))
        return error_set(error, "data.%s is no count and no fraction below 1", key);
    /* The guard keeps 0.29 of 100 from becoming 28. */
    double samples = value < 1 ? floor(value * (double)whole * (1 + 1e-14)) : value;
    if (samples > (double)whole)
        return error_set(error, "data.%s is %.0f, there are only %llu samples", key, samples,
                         (unsigned long long)whole);
    *count = (uint64_t)samples;
    return true;
}

static void at_set(char at[SETTING_AT_BYTES], const char *setting)
{
    (void)snprintf(at, SETTING_AT_BYTES, "%s", setting);
}

static bool ways_read(struct split_plan *plan, const struct data_layout *layout, const json_t *data,
                      char at[SETTING_AT_BYTES], struct error *error)
{
    static const char *const keys[] = {"shuffled", "stratified"};
    bool *const values[] = {&plan->drawn, &plan->stratified};
    for (size_t i = 0; i < 2; i++) {
        const json_t *given = json_object_get(data, keys[i]);
        (void)snprintf(at, SETTING_AT_BYTES, "data.%s", keys[i]);
        if (given && !json_is_boolean(given))
            return error_set(error, "%s must be true or false", at);
        *values[i] = json_is_true(given);
    }
    if (plan->stratified && layout->target_count)
        return error_set(error, "data.stratified is true, but the data have no classes");
    plan->drawn = plan->drawn || plan->stratified;
    return true;
}

bool split_plan_make(struct split_plan *plan, const struct data_layout *layout, const json_t *data,
                     char at[SETTING_AT_BYTES], struct error *error)
{
    uint64_t validation = layout->validation_count, test;
    memset(plan, 0, sizeof *plan);
    plan->pool = layout->train_count;

    at_set(at, "data.test");
    if (!share_read(data, "test", layout->test_count ? layout->test_count : plan->pool, &test,
                    error))
        return false;
    if (!layout->test_count)
        plan->held[1] = test;
    else if (test == 0)
        test = layout->test_count;

    at_set(at, "data.validation");
    if (!validation) {
        if (!share_read(data, "validation", plan->pool, &validation, error))
            return false;
        plan->held[0] = validation;
    }
    if (plan->held[0] + plan->held[1] >= plan->pool)
        return error_set(error,
                         "data.validation%s takes all %llu samples of the training files and "
                         "leaves none to train on",
                         plan->held[1] ? " with data.test" : "", (unsigned long long)plan->pool);
    if (!ways_read(plan, layout, data, at, error))
        return false;

    uint64_t train = plan->pool - plan->held[0] - plan->held[1];
    plan->count[SPLIT_TRAIN] = train;
    plan->count[SPLIT_VALIDATION] = validation;
    plan->count[SPLIT_TEST] = test;
    plan->first[SPLIT_VALIDATION] = layout->validation_count ? plan->pool : train;
    plan->first[SPLIT_TEST] =
        layout->test_count ? plan->pool + layout->validation_count : plan->pool - plan->held[1];
    return true;
}

/* How many of each class's samples are held out: its share of `held`, rounded so that they add up
 * (largest remainders first, lower classes first among equals), at most left[class]. */
static void quotas(const uint64_t *size, const uint64_t *left, size_t classes, uint64_t pool,
                   uint64_t held, uint64_t *quota)
{
    uint64_t given = 0;
    for (size_t i = 0; i < classes; i++) {
        quota[i] = (uint64_t)floor((double)held * (double)size[i] / (double)pool);
        quota[i] = quota[i] < left[i] ? quota[i] : left[i];
        given += quota[i];
    }
    for (; given < held; given++) {
        size_t best = classes;
        double most = -INFINITY;
        for (size_t i = 0; i < classes; i++) {
            double lacking = (double)held * (double)size[i] / (double)pool - (double)quota[i];
            if (quota[i] < left[i] && lacking > most) {
                most = lacking;
                best = i;
            }
        }
        quota[best]++;
    }
}

/* order[i]: the sample of the training files that comes to stand at i. Samples keep the files'
 * order within a split. */
static bool order_draw(const struct split_plan *plan, size_t classes, const int32_t *labels,
                       uint64_t seed, uint32_t *order)
{
    size_t pool = plan->pool;
    uint32_t *shuffled = malloc(pool * sizeof *shuffled);
    unsigned char *split = calloc(pool, 1);
    uint64_t *count = calloc(4 * classes, sizeof *count);
    bool good = shuffled && split && count;
    if (good) {
        uint64_t *size = count, *left = count + classes, *quota = left + classes;
        struct random_stream random;
        for (size_t i = 0; i < pool; i++)
            size[labels ? labels[i] : 0]++;
        memcpy(left, size, classes * sizeof *left);
        random_open(&random, seed, RANDOM_SPLIT, 0);
        random_permutation(&random, shuffled, (uint32_t)pool);
        /* In a drawn order, a class gives its first samples to validation, the next to test. */
        quotas(size, left, classes, pool, plan->held[0], quota);
        for (size_t i = 0; i < classes; i++)
            left[i] -= quota[i];
        quotas(size, left, classes, pool, plan->held[1], quota + classes);
        for (size_t i = 0; i < pool; i++) {
            size_t class = labels ? (size_t)labels[shuffled[i]] : 0;
            for (int j = 0; j < 2; j++) {
                if (split[shuffled[i]] == SPLIT_TRAIN && quota[(size_t)j * classes + class]) {
                    quota[(size_t)j * classes + class]--;
                    split[shuffled[i]] = (unsigned char)(SPLIT_VALIDATION + j);
                }
            }
        }
        size_t at = 0;
        for (int j = 0; j < SPLIT_COUNT; j++)
            for (size_t i = 0; i < pool; i++)
                if (split[i] == j)
                    order[at++] = (uint32_t)i;
    }
    free(shuffled);
    free(split);
    free(count);
    return good;
}

/* rows[i] becomes what rows[order[i]] was, cycle by cycle, so that no second copy is needed. */
static void rows_move(void *rows, size_t row_bytes, const uint32_t *order, size_t count,
                      void *spare, unsigned char *moved)
{
    unsigned char *bytes = rows;
    memset(moved, 0, count);
    for (size_t start = 0; start < count; start++) {
        if (moved[start] || order[start] == start)
            continue;
        memcpy(spare, bytes + start * row_bytes, row_bytes);
        size_t to = start;
        for (; order[to] != start; to = order[to]) {
            memcpy(bytes + to * row_bytes, bytes + order[to] * row_bytes, row_bytes);
            moved[to] = 1;
        }
        memcpy(bytes + to * row_bytes, spare, row_bytes);
        moved[to] = 1;
    }
}

bool split_arrange(const struct split_plan *plan, const struct data_layout *layout,
                   const struct data_room *room, uint64_t seed, struct error *error)
{
    if (!plan->drawn || plan->held[0] + plan->held[1] == 0)
        return true;
    if (plan->pool > UINT32_MAX)
        return error_set(error, "%llu samples are too many to draw from",
                         (unsigned long long)plan->pool);
    size_t feature_bytes = layout->feature_count * storage_bytes(layout->storage);
    size_t target_bytes = layout->target_count * sizeof *room->targets;
    size_t spare_bytes = feature_bytes > target_bytes ? feature_bytes : target_bytes;
    uint32_t *order = malloc(plan->pool * sizeof *order);
    unsigned char *moved = malloc(plan->pool);
    void *spare = malloc(spare_bytes + sizeof *room->labels);
    bool good = order && moved && spare &&
                order_draw(plan, plan->stratified ? layout->class_count : 1,
                           plan->stratified ? room->labels : NULL, seed, order);
    if (good) {
        rows_move(room->features, feature_bytes, order, plan->pool, spare, moved);
        if (room->labels)
            rows_move(room->labels, sizeof *room->labels, order, plan->pool, spare, moved);
        else
            rows_move(room->targets, target_bytes, order, plan->pool, spare, moved);
    } else {
        error_set(error, "out of memory for the order of %llu samples",
                  (unsigned long long)plan->pool);
    }
    free(order);
    free(moved);
    free(spare);
    return good;
}
