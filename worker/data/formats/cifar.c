/* cifar.c - the binary files of CIFAR-10 and CIFAR-100, plain or gzipped.
 *
 * Format: Krizhevsky, "The CIFAR-10 dataset", binary version: records of a label (CIFAR-100: a
 * coarse and a fine one, of which the fine one counts) and 3072 bytes, the red, green and blue
 * planes of 32 rows of 32 pixels. There is no header: a file's size has to be a whole number of
 * records. */
#include "worker/data/format.h"
#include "worker/data/format_paths.h"
#include "worker/data/packed_file.h"

enum { CHANNELS = 3, SIDE = 32, PIXELS = CHANNELS * SIDE * SIDE, LABELS_MAX = 2 };

struct variant {
    const char *names[7]; /* the training files, then the test file */
    size_t labels;        /* label bytes before the pixels, the last of which counts */
    unsigned classes;
};

static const struct variant cifar10 = {
    {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
     "data_batch_5.bin", "test_batch.bin"},
    1,
    10,
};
static const struct variant cifar100 = {{"train.bin", "test.bin"}, 2, 100};

static bool find(const json_t *data, const struct variant *variant, struct format_files *files,
                 struct error *error)
{
    char folder[FORMAT_PATH_BYTES];
    if (!format_path(data, "path", "the folder of the binary files", folder, error))
        return false;
    files->count = 0;
    for (size_t i = 0; variant->names[i]; i++)
        if (!format_file_find(folder, variant->names[i], files->path[files->count++], error))
            return false;
    return true;
}

/* How many records the file holds; a gzipped file has to be unpacked to know. */
static bool records_count(const char *path, size_t record_bytes, uint64_t *count,
                          struct error *error)
{
    uint64_t bytes;
    struct packed_file *file = packed_file_open(path, error);
    bool good = file && (packed_file_size(file, &bytes) || packed_file_count(file, &bytes, error));
    packed_file_close(file);
    if (!good)
        return false;
    *count = bytes / record_bytes;
    if (bytes % record_bytes != 0)
        return error_set(error,
                         "%s: truncated: it ends at byte %llu, inside the record of %zu bytes that "
                         "starts at byte %llu",
                         path, (unsigned long long)bytes, record_bytes,
                         (unsigned long long)(*count * record_bytes));
    return *count > 0 || error_set(error, "%s is empty", path);
}

static bool measure(const struct data_request *request, const struct variant *variant,
                    struct data_layout *layout, struct error *error)
{
    const struct format_files *files = &request->files;
    *layout = (struct data_layout){
        .feature_count = PIXELS,
        .shape = {CHANNELS, SIDE, SIDE},
        .shape_rank = 3,
        .storage = STORAGE_U8,
    };
    for (size_t i = 0; i < files->count; i++) {
        uint64_t count;
        if (!records_count(files->path[i], variant->labels + PIXELS, &count, error))
            return false;
        if (i + 1 < files->count)
            layout->train_count += count;
        else
            layout->test_count = count;
    }
    return true;
}

static bool records_read(struct packed_file *file, const struct variant *variant, uint64_t count,
                         uint8_t *pixels, int32_t *labels, struct error *error)
{
    for (uint64_t i = 0; i < count; i++) {
        unsigned char label[LABELS_MAX];
        if (!packed_file_read(file, label, variant->labels, error) ||
            !packed_file_read(file, pixels + i * PIXELS, PIXELS, error))
            return false;
        labels[i] = label[variant->labels - 1];
        if (labels[i] >= (int32_t)variant->classes)
            return error_set(
                error, "%s: the label at byte %llu is %d, out of range: labels run from 0 to %u",
                packed_file_path(file),
                (unsigned long long)(i * (variant->labels + PIXELS) + variant->labels - 1),
                labels[i], variant->classes - 1);
    }
    return packed_file_end(file, error);
}

static bool unpack(const struct data_request *request, const struct variant *variant,
                   struct data_layout *layout, const struct data_room *room, struct error *error)
{
    uint64_t done = 0, total = layout->train_count + layout->test_count;
    uint8_t *pixels = room->features;
    for (size_t i = 0; i < request->files.count; i++) {
        const char *path = request->files.path[i];
        uint64_t count = 0;
        if (!records_count(path, variant->labels + PIXELS, &count, error))
            return false;
        if (count > total - done)
            return error_set(error, "%s changed while it was read", path);
        struct packed_file *file = packed_file_open(path, error);
        bool good = file && records_read(file, variant, count, pixels + done * PIXELS,
                                         room->labels + done, error);
        packed_file_close(file);
        if (!good)
            return false;
        done += count;
    }
    layout->class_count = variant->classes;
    return done == total ||
           error_set(error, "%s changed while it was read", request->files.path[0]);
}

#define VARIANT(id)                                                                                \
    static bool id##_find(const json_t *data, struct format_files *files, struct error *error)     \
    {                                                                                              \
        return find(data, &(id), files, error);                                                    \
    }                                                                                              \
    static bool id##_measure(const struct data_request *request, struct data_layout *layout,       \
                             struct error *error)                                                  \
    {                                                                                              \
        return measure(request, &(id), layout, error);                                             \
    }                                                                                              \
    static bool id##_unpack(const struct data_request *request, struct data_layout *layout,        \
                            const struct data_room *room, struct error *error)                     \
    {                                                                                              \
        return unpack(request, &(id), layout, room, error);                                        \
    }                                                                                              \
    const struct data_format format_##id = {                                                       \
        .name = #id, .find = id##_find, .measure = id##_measure, .unpack = id##_unpack};

VARIANT(cifar10)
VARIANT(cifar100)
