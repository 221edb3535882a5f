/* batch.c - shuffles and gathers. */
#include "worker/trainer/batch.h"

#include "common/portability.h"
#include "common/random.h"
#include "worker/trainer/memory.h"

#include <stdlib.h>
#include <string.h>

/* How far ahead of the sample being gathered others are asked for. */
enum { PREFETCH_SAMPLES = 8 };

bool batches_create(struct batches *batches, const struct dataset *dataset, size_t batch_size,
                    const struct augmentation *augmentation, uint64_t seed, struct error *error)
{
    size_t samples = dataset->split[SPLIT_TRAIN].count;
    memset(batches, 0, sizeof *batches);
    if (samples > UINT32_MAX)
        return error_set(error, "%zu training samples are too many", samples);
    batches->dataset = dataset;
    batches->batch_size = batch_size ? batch_size : samples;
    batches->steps_per_epoch = samples / batches->batch_size;
    batches->seed = seed;
    batches->augmentation = *augmentation;
    batches->order = memory_create(samples, sizeof *batches->order);
    if (dataset->target_count)
        batches->targets =
            memory_create(batches->batch_size, dataset->target_count * sizeof *batches->targets);
    else
        batches->labels = memory_create(batches->batch_size, sizeof *batches->labels);
    bool augmented = augmentation_any(augmentation);
    if (augmented)
        batches->augmented = memory_create(dataset->feature_count, storage_bytes(dataset->storage));
    if (batches->order && (batches->labels || batches->targets) &&
        (batches->augmented || !augmented))
        return true;
    batches_destroy(batches);
    return error_set(error, "out of memory for the order of %zu samples", samples);
}

void batches_destroy(struct batches *batches)
{
    free(batches->order);
    free(batches->labels);
    free(batches->targets);
    free(batches->augmented);
    memset(batches, 0, sizeof *batches);
}

MULTIVERSION static void scale_bytes(const uint8_t *restrict from, real *restrict to, size_t count,
                                     real scale)
{
    for (size_t i = 0; i < count; i++)
        to[i] = scale * (real)from[i];
}

MULTIVERSION static void scale_floats(const float *restrict from, real *restrict to, size_t count,
                                      real scale)
{
    for (size_t i = 0; i < count; i++)
        to[i] = scale * (real)from[i];
}

/* Two loops over a sample: the inner one runs along the features, as center and factor do. */
MULTIVERSION static void standardise_bytes(const uint8_t *restrict from, real *restrict to,
                                           size_t samples, size_t features,
                                           const float *restrict center,
                                           const float *restrict factor)
{
    for (size_t i = 0; i < samples; i++, from += features, to += features)
        for (size_t j = 0; j < features; j++)
            to[j] = ((real)from[j] - (real)center[j]) * (real)factor[j];
}

/* input[count][features] from samples in the data set's storage. */
static void samples_scale(const struct dataset *dataset, const void *samples, size_t count,
                          real *input)
{
    size_t numbers = count * dataset->feature_count;
    if (dataset->center)
        standardise_bytes(samples, input, count, dataset->feature_count, dataset->center,
                          dataset->factor);
    else if (dataset->storage == STORAGE_U8)
        scale_bytes(samples, input, numbers, (real)dataset->scale);
    else
        scale_floats(samples, input, numbers, (real)dataset->scale);
}

static const char *sample_at(const struct dataset *dataset, enum split split, size_t sample)
{
    size_t bytes = dataset->feature_count * storage_bytes(dataset->storage);
    return (const char *)dataset->split[split].features + sample * bytes;
}

/* The samples of a batch lie anywhere in a data set that no cache holds. */
static void sample_prefetch(const struct dataset *dataset, size_t sample)
{
    const size_t line_bytes = 64;
    size_t bytes = dataset->feature_count * storage_bytes(dataset->storage);
    const char *start = sample_at(dataset, SPLIT_TRAIN, sample);
    for (size_t at = 0; at < bytes; at += line_bytes)
        PREFETCH(start + at);
}

void batches_gather(struct batches *batches, uint64_t step, real *input)
{
    const struct dataset *dataset = batches->dataset;
    const struct dataset_split *train = &dataset->split[SPLIT_TRAIN];
    uint64_t epoch = step / batches->steps_per_epoch;
    if (!batches->ordered || batches->epoch != epoch) {
        struct random_stream random;
        random_open(&random, batches->seed, RANDOM_SHUFFLE, epoch);
        random_permutation(&random, batches->order, (uint32_t)train->count);
        batches->epoch = epoch;
        batches->ordered = true;
    }
    const uint32_t *order =
        batches->order + (step % batches->steps_per_epoch) * batches->batch_size;
    for (size_t i = 0; i < batches->batch_size; i++) {
        if (i + PREFETCH_SAMPLES < batches->batch_size)
            sample_prefetch(dataset, order[i + PREFETCH_SAMPLES]);
        if (batches->labels)
            batches->labels[i] = train->labels[order[i]];
        else
            memcpy(batches->targets + i * dataset->target_count,
                   train->targets + order[i] * dataset->target_count,
                   dataset->target_count * sizeof *train->targets);
        const void *sample = batches->augmented;
        if (batches->augmented)
            augment(&batches->augmentation, dataset, batches->seed, epoch, order[i],
                    batches->augmented);
        else
            sample = sample_at(dataset, SPLIT_TRAIN, order[i]);
        samples_scale(dataset, sample, 1, input + i * dataset->feature_count);
    }
}

void split_gather(const struct dataset *dataset, enum split split, size_t first, size_t count,
                  real *input)
{
    samples_scale(dataset, sample_at(dataset, split, first), count, input);
}
