/* dataset.c - opens the shared copy and cuts it into splits. */
#include "worker/data/dataset.h"

#include "common/version.h"
#include "worker/data/shared_copy.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The contents of a copy: the layout, then labels, then features, each on a line of its own. */
enum { ALIGNMENT_BYTES = 64 };

#define KEY_BYTES (FORMAT_FILES_MAX * (FORMAT_PATH_BYTES + 128))

struct source {
    const struct data_format *format;
    struct format_files files;
    struct data_layout layout; /* set by measure */
    char key[KEY_BYTES];
};

static size_t aligned(size_t bytes)
{
    return (bytes + ALIGNMENT_BYTES - 1) / ALIGNMENT_BYTES * ALIGNMENT_BYTES;
}

static size_t labels_offset(void)
{
    return aligned(sizeof(struct data_layout));
}

static size_t features_offset(const struct data_layout *layout)
{
    return labels_offset() + aligned((layout->train_count + layout->test_count) * sizeof(int32_t));
}

static bool measure(void *context, size_t *bytes, struct error *error)
{
    struct source *source = context;
    if (!source->format->measure(&source->files, &source->layout, error))
        return false;
    const struct data_layout *layout = &source->layout;
    *bytes = features_offset(layout) + (layout->train_count + layout->test_count) *
                                           layout->feature_count * storage_bytes(layout->storage);
    return true;
}

static bool fill(void *context, void *destination, size_t bytes, struct error *error)
{
    (void)bytes;
    struct source *source = context;
    unsigned char *start = destination;
    struct data_room room = {
        .labels = (int32_t *)(void *)(start + labels_offset()),
        .features = start + features_offset(&source->layout),
    };
    if (!source->format->unpack(&source->files, &source->layout, &room, error))
        return false;
    memcpy(destination, &source->layout, sizeof source->layout);
    return true;
}

/* This boot of this machine: a copy in a file system that outlives it is not to be trusted. */
static void boot_id(char id[64])
{
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
    if (!file || !fgets(id, 64, file))
        (void)snprintf(id, 64, "unknown\n");
    if (file)
        (void)fclose(file);
}

static bool key_make(struct source *source, struct error *error)
{
    char boot[64];
    boot_id(boot);
    size_t used = (size_t)snprintf(source->key, sizeof source->key, "%s %s %s", LRSWEEP_VERSION,
                                   source->format->name, boot);
    for (size_t i = 0; i < source->files.count; i++) {
        const char *path = source->files.path[i];
        struct stat status;
        if (*path && stat(path, &status) != 0)
            return error_set(error, "%s: %s", path, strerror(errno));
        if (!*path)
            continue;
        int length = snprintf(
            source->key + used, sizeof source->key - used, "%s %llu %llu %lld %lld.%09ld\n", path,
            (unsigned long long)status.st_dev, (unsigned long long)status.st_ino,
            (long long)status.st_size, (long long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
        if (length < 0 || (size_t)length >= sizeof source->key - used)
            return error_set(error, "the paths of the data files are too long");
        used += (size_t)length;
    }
    return true;
}

/* A count, or a fraction below 1 of `whole`. Absent: 0. */
static bool share_read(const json_t *data, const char *key, size_t whole, size_t *count,
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
        return error_set(error, "data.%s is %.0f, there are only %zu samples", key, samples, whole);
    *count = (size_t)samples;
    return true;
}

static double entropy(const struct dataset_split *split, size_t class_count)
{
    size_t *seen = calloc(class_count, sizeof *seen);
    if (!seen)
        return NAN;
    for (size_t i = 0; i < split->count; i++)
        seen[split->labels[i]]++;
    double sum = 0;
    for (size_t i = 0; i < class_count; i++) {
        double share = (double)seen[i] / (double)split->count;
        if (seen[i])
            sum -= share * log(share);
    }
    free(seen);
    return sum;
}

static bool splits_cut(struct dataset *dataset, const struct data_layout *layout,
                       const json_t *data, char *at, struct error *error)
{
    const unsigned char *start = shared_copy_bytes(dataset->copy);
    const int32_t *labels = (const int32_t *)(const void *)(start + labels_offset());
    const unsigned char *features = start + features_offset(layout);
    size_t validation, test, sample_bytes = layout->feature_count * storage_bytes(layout->storage);

    (void)snprintf(at, DATASET_AT_BYTES, "data.validation");
    if (!share_read(data, "validation", layout->train_count, &validation, error))
        return false;
    size_t train = layout->train_count - validation;
    if (train == 0)
        return error_set(error,
                         "data.validation takes all %llu samples of the training files and leaves "
                         "none to train on",
                         (unsigned long long)layout->train_count);
    (void)snprintf(at, DATASET_AT_BYTES, "data.test");
    if (!share_read(data, "test", layout->test_count, &test, error))
        return false;
    if (test == 0)
        test = layout->test_count;

    const size_t first[SPLIT_COUNT] = {0, train, layout->train_count};
    const size_t count[SPLIT_COUNT] = {train, validation, test};
    for (int i = 0; i < SPLIT_COUNT; i++)
        dataset->split[i] = (struct dataset_split){.features = features + first[i] * sample_bytes,
                                                   .labels = labels + first[i],
                                                   .count = count[i]};
    return true;
}

static bool scale_read(struct dataset *dataset, const json_t *data, struct error *error)
{
    const json_t *given = json_object_get(data, "scale");
    const char *scale = given ? json_string_value(given) : "unit";
    if (scale && strcmp(scale, "unit") == 0)
        dataset->scale = dataset->storage == STORAGE_U8 ? 1.0 / 255.0 : 1.0;
    else if (scale && strcmp(scale, "none") == 0)
        dataset->scale = 1.0;
    else
        return error_set(error, "data.scale is \"%s\", allowed are none, unit",
                         scale ? scale : "?");
    return true;
}

static bool source_make(struct source *source, const json_t *data, char *at, struct error *error)
{
    const char *name = json_string_value(json_object_get(data, "format"));
    (void)snprintf(at, DATASET_AT_BYTES, "data.format");
    if (!name)
        return error_set(error, "data.format is missing");
    source->format = data_format_find(name);
    if (!source->format)
        return error_set(error, "there is no data format \"%s\"", name);
    (void)snprintf(at, DATASET_AT_BYTES, "data.path");
    return source->format->find(data, &source->files, error) && key_make(source, error);
}

bool dataset_open(struct dataset *dataset, const json_t *data, char at[DATASET_AT_BYTES],
                  struct error *error)
{
    memset(dataset, 0, sizeof *dataset);
    struct source *source = calloc(1, sizeof *source);
    (void)snprintf(at, DATASET_AT_BYTES, "data");
    if (!source)
        return error_set(error, "out of memory");
    if (source_make(source, data, at, error)) {
        const char *places[SHARED_COPY_PLACES];
        shared_copy_places(places);
        const struct shared_copy_source shared = {
            .key = source->key, .measure = measure, .fill = fill, .context = source};
        dataset->copy = shared_copy_open(places, &shared, error);
    }
    free(source);
    if (!dataset->copy)
        return false;

    struct data_layout layout;
    memcpy(&layout, shared_copy_bytes(dataset->copy), sizeof layout);
    dataset->storage = layout.storage;
    dataset->feature_count = layout.feature_count;
    dataset->shape_rank = layout.shape_rank;
    for (size_t i = 0; i < layout.shape_rank; i++)
        dataset->shape[i] = layout.shape[i];
    dataset->class_count = layout.class_count;

    bool good = splits_cut(dataset, &layout, data, at, error);
    if (good) {
        (void)snprintf(at, DATASET_AT_BYTES, "data.scale");
        good = scale_read(dataset, data, error);
    }
    if (good) {
        dataset->constant_loss = entropy(&dataset->split[SPLIT_TRAIN], dataset->class_count);
        (void)snprintf(at, DATASET_AT_BYTES, "%s", "");
    } else {
        dataset_close(dataset);
    }
    return good;
}

void dataset_close(struct dataset *dataset)
{
    shared_copy_close(dataset->copy);
    dataset->copy = NULL;
}
