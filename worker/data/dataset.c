/* dataset.c - makes or opens the shared copy, and the views of its splits. */
#include "worker/data/dataset.h"

#include "common/version.h"
#include "worker/data/scaling.h"
#include "worker/data/shared_copy.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The contents of a copy: its header, the labels or targets, centers and factors where bytes are
 * standardised, and the features, each from a multiple of so many bytes on. */
enum { ALIGNMENT_BYTES = 64 };

struct copy_header {
    struct data_layout layout;
    struct split_plan plan;
    uint32_t scaling; /* enum scaling */
};

/* Where the parts stand. */
struct offsets {
    size_t truths, scales, features, end;
};

#define KEY_BYTES (FORMAT_FILES_MAX * (FORMAT_PATH_BYTES + 128) + 16384)

struct source {
    const struct data_format *format;
    struct data_request request;
    struct copy_header header; /* set by measure */
    char *at;                  /* the setting at fault */
    char key[KEY_BYTES];
};

static size_t aligned(size_t bytes)
{
    return (bytes + ALIGNMENT_BYTES - 1) / ALIGNMENT_BYTES * ALIGNMENT_BYTES;
}

static size_t samples_count(const struct data_layout *layout)
{
    return layout->train_count + layout->validation_count + layout->test_count;
}

static bool scales_kept(const struct copy_header *header)
{
    return header->scaling == SCALING_STANDARD && header->layout.storage == STORAGE_U8;
}

static struct offsets offsets_of(const struct copy_header *header)
{
    const struct data_layout *layout = &header->layout;
    size_t samples = samples_count(layout);
    size_t truth_bytes =
        layout->target_count ? layout->target_count * sizeof(float) : sizeof(int32_t);
    struct offsets offsets;
    offsets.truths = aligned(sizeof *header);
    offsets.scales = offsets.truths + aligned(samples * truth_bytes);
    offsets.features =
        offsets.scales +
        (scales_kept(header) ? 2 * aligned(layout->feature_count * sizeof(float)) : 0);
    offsets.end =
        offsets.features + samples * layout->feature_count * storage_bytes(layout->storage);
    return offsets;
}

/* Beyond this no copy fits a node, and sizes would overflow. */
static bool size_check(const struct data_layout *layout, struct error *error)
{
    const double copy_bytes_max = 0x1p46;
    double bytes = (double)samples_count(layout) *
                   ((double)layout->feature_count * (double)storage_bytes(layout->storage) +
                    4.0 * (1.0 + (double)layout->target_count));
    if (bytes <= copy_bytes_max)
        return true;
    return error_set(error, "%llu samples of %llu features do not fit into memory",
                     (unsigned long long)samples_count(layout),
                     (unsigned long long)layout->feature_count);
}

static void at_set(char *at, const char *setting)
{
    (void)snprintf(at, DATASET_AT_BYTES, "%s", setting);
}

static bool measure(void *context, size_t *bytes, struct error *error)
{
    struct source *source = context;
    struct copy_header *header = &source->header;
    const json_t *data = source->request.data;
    enum scaling scaling;
    if (!source->format->measure(&source->request, &header->layout, error) ||
        !size_check(&header->layout, error))
        return false;
    if (!split_plan_make(&header->plan, &header->layout, data, source->at, error))
        return false;
    at_set(source->at, "data.scale");
    if (!scaling_read(data, header->layout.storage, &scaling, error))
        return false;
    at_set(source->at, source->format->find ? "data.path" : "data");
    header->scaling = scaling;
    *bytes = offsets_of(header).end;
    return true;
}

/* Floats are scaled in the copy; bytes keep center and factor beside them. */
static bool standardise(const struct copy_header *header, const struct data_room *room,
                        unsigned char *scales, struct error *error)
{
    const struct data_layout *layout = &header->layout;
    size_t half = aligned(layout->feature_count * sizeof(float));
    unsigned char *spare = malloc(2 * half), *kept = scales_kept(header) ? scales : spare;
    float *center = (float *)(void *)kept, *factor = (float *)(void *)(kept + half);
    bool good = spare && scaling_measure(layout, room->features, header->plan.count[SPLIT_TRAIN],
                                         center, factor);
    if (good && layout->storage == STORAGE_F32)
        scaling_apply(layout, room->features, samples_count(layout), center, factor);
    free(spare);
    return good || error_set(error, "out of memory for the means of %llu features",
                             (unsigned long long)layout->feature_count);
}

static bool fill(void *context, void *destination, size_t bytes, struct error *error)
{
    (void)bytes;
    struct source *source = context;
    struct copy_header *header = &source->header;
    struct offsets offsets = offsets_of(header);
    unsigned char *start = destination;
    void *truths = start + offsets.truths;
    struct data_room room = {
        .labels = header->layout.target_count ? NULL : truths,
        .targets = header->layout.target_count ? truths : NULL,
        .features = start + offsets.features,
    };
    if (!source->format->unpack(&source->request, &header->layout, &room, error) ||
        !split_arrange(&header->plan, &header->layout, &room, source->request.seed, error))
        return false;
    if (header->scaling == SCALING_STANDARD &&
        !standardise(header, &room, start + offsets.scales, error))
        return false;
    memcpy(destination, header, sizeof *header);
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

/* Everything that the contents depend on: the settings, what draws, and each file as it is now. */
static bool key_make(struct source *source, struct error *error)
{
    char boot[64];
    boot_id(boot);
    char *data = json_dumps(source->request.data, JSON_COMPACT | JSON_SORT_KEYS);
    int length = snprintf(source->key, sizeof source->key, "%s %s %s%llu %s\n", LRSWEEP_VERSION,
                          source->format->name, boot, (unsigned long long)source->request.seed,
                          data ? data : "");
    bool good = data && length > 0 && (size_t)length < sizeof source->key;
    free(data);
    if (!good)
        return error_set(error, "the settings of data are too long");
    size_t used = (size_t)length;
    for (size_t i = 0; i < source->request.files.count; i++) {
        const char *path = source->request.files.path[i];
        struct stat status;
        if (*path && stat(path, &status) != 0)
            return error_set(error, "%s: %s", path, strerror(errno));
        if (!*path)
            continue;
        length = snprintf(source->key + used, sizeof source->key - used,
                          "%s %llu %llu %lld %lld.%09ld\n", path, (unsigned long long)status.st_dev,
                          (unsigned long long)status.st_ino, (long long)status.st_size,
                          (long long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
        if (length < 0 || (size_t)length >= sizeof source->key - used)
            return error_set(error, "the paths of the data files are too long");
        used += (size_t)length;
    }
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

/* The mean over the targets of their variances in the split. */
static double variance(const struct dataset_split *split, size_t target_count)
{
    double total = 0;
    for (size_t j = 0; j < target_count; j++) {
        double sum = 0, squares = 0;
        for (size_t i = 0; i < split->count; i++)
            sum += (double)split->targets[i * target_count + j];
        double mean = sum / (double)split->count;
        for (size_t i = 0; i < split->count; i++) {
            double off = (double)split->targets[i * target_count + j] - mean;
            squares += off * off;
        }
        total += squares / (double)split->count;
    }
    return total / (double)target_count;
}

static void views_make(struct dataset *dataset, const struct copy_header *header)
{
    const struct data_layout *layout = &header->layout;
    const unsigned char *start = shared_copy_bytes(dataset->copy);
    struct offsets offsets = offsets_of(header);
    const void *truths = start + offsets.truths;
    size_t sample_bytes = layout->feature_count * storage_bytes(layout->storage);

    dataset->storage = layout->storage;
    dataset->feature_count = layout->feature_count;
    dataset->shape_rank = layout->shape_rank;
    for (size_t i = 0; i < layout->shape_rank; i++)
        dataset->shape[i] = layout->shape[i];
    dataset->class_count = layout->class_count;
    dataset->target_count = layout->target_count;
    dataset->scale = header->scaling == SCALING_UNIT ? 1.0 / 255.0 : 1.0;
    if (scales_kept(header)) {
        dataset->center = (const float *)(const void *)(start + offsets.scales);
        dataset->factor =
            (const float *)(const void *)(start + offsets.scales +
                                          aligned(layout->feature_count * sizeof(float)));
    }
    for (int i = 0; i < SPLIT_COUNT; i++) {
        size_t first = header->plan.first[i];
        struct dataset_split *split = &dataset->split[i];
        split->features = start + offsets.features + first * sample_bytes;
        split->count = header->plan.count[i];
        split->variance = NAN;
        if (layout->target_count) {
            split->targets = (const float *)truths + first * layout->target_count;
            split->variance = variance(split, layout->target_count);
        } else {
            split->labels = (const int32_t *)truths + first;
        }
    }
    const struct dataset_split *train = &dataset->split[SPLIT_TRAIN];
    dataset->constant_loss =
        layout->target_count ? train->variance : entropy(train, dataset->class_count);
}

static bool source_make(struct source *source, char *at, struct error *error)
{
    const json_t *data = source->request.data;
    const char *name = json_string_value(json_object_get(data, "format"));
    at_set(at, "data.format");
    if (!name)
        return error_set(error, "data.format is missing");
    source->format = data_format_find(name);
    if (!source->format)
        return error_set(error, "there is no data format \"%s\"", name);
    at_set(at, source->format->find ? "data.path" : "data");
    return (!source->format->find || source->format->find(data, &source->request.files, error)) &&
           key_make(source, error);
}

bool dataset_open(struct dataset *dataset, const json_t *data, uint64_t seed,
                  char at[DATASET_AT_BYTES], struct error *error)
{
    memset(dataset, 0, sizeof *dataset);
    struct source *source = calloc(1, sizeof *source);
    at_set(at, "data");
    if (!source)
        return error_set(error, "out of memory");
    source->request.data = data;
    source->request.seed = seed;
    source->at = at;
    if (source_make(source, at, error)) {
        const char *places[SHARED_COPY_PLACES];
        shared_copy_places(places);
        const struct shared_copy_source shared = {
            .key = source->key, .measure = measure, .fill = fill, .context = source};
        dataset->copy = shared_copy_open(places, &shared, error);
    }
    free(source);
    if (!dataset->copy)
        return false;
    struct copy_header header;
    memcpy(&header, shared_copy_bytes(dataset->copy), sizeof header);
    views_make(dataset, &header);
    at_set(at, "");
    return true;
}

void dataset_close(struct dataset *dataset)
{
    shared_copy_close(dataset->copy);
    dataset->copy = NULL;
}
