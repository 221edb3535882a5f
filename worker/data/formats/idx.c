/* idx.c - the IDX files of the MNIST family, plain or gzipped.
 *
 * Format: LeCun, Cortes and Burges, "The MNIST database of handwritten digits": two zero bytes, a
 * type (8: unsigned byte), the number of dimensions, each dimension as a big-endian 32-bit number,
 * then the bytes, the last dimension changing fastest. */
#include "worker/data/format.h"
#include "worker/data/format_paths.h"
#include "worker/data/packed_file.h"

#include <stdio.h>

enum { TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS, FILES };

static const struct {
    const char *stem, *kind; /* joined by '-' or '.' */
    unsigned dimensions;
} names[FILES] = {
    [TRAIN_IMAGES] = {"train-images", "idx3-ubyte", 3},
    [TRAIN_LABELS] = {"train-labels", "idx1-ubyte", 1},
    [TEST_IMAGES] = {"t10k-images", "idx3-ubyte", 3},
    [TEST_LABELS] = {"t10k-labels", "idx1-ubyte", 1},
};

/* No image file of this many bytes exists; a header that claims one is damaged. */
static const uint64_t largest_payload_bytes = UINT64_C(1) << 40;

struct idx_header {
    uint32_t size[3];
    uint64_t payload_bytes;
};

/* The file in any of its four spellings. */
static bool file_find(const char *folder, int which, char path[FORMAT_PATH_BYTES],
                      struct error *error)
{
    static const char joints[] = "-.";
    for (const char *joint = joints; *joint; joint++) {
        char name[64];
        (void)snprintf(name, sizeof name, "%s%c%s", names[which].stem, *joint, names[which].kind);
        if (!format_file_optional(folder, name, path, error))
            return false;
        if (*path)
            return true;
    }
    return error_set(error, "%s holds no %s-%s (nor one that ends in .gz)", folder,
                     names[which].stem, names[which].kind);
}

static bool find(const json_t *data, struct format_files *files, struct error *error)
{
    char folder[FORMAT_PATH_BYTES];
    files->count = FILES;
    bool good = format_path(data, "path", "the folder that holds the IDX files", folder, error);
    for (int i = 0; i < FILES && good; i++)
        good = file_find(folder, i, files->path[i], error);
    return good;
}

static uint32_t big_endian(const unsigned char bytes[4])
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool header_read(struct packed_file *file, unsigned dimensions, struct idx_header *header,
                        struct error *error)
{
    const char *path = packed_file_path(file);
    unsigned char bytes[16];
    if (!packed_file_read(file, bytes, 4 + 4 * (size_t)dimensions, error))
        return false;
    uint32_t magic = big_endian(bytes), expected = 0x0800U | dimensions;
    if (magic != expected)
        return error_set(
            error,
            "%s: not an IDX file of unsigned bytes with %u dimension%s: it starts with "
            "0x%08x at byte 0, expected 0x%08x",
            path, dimensions, dimensions > 1 ? "s" : "", magic, expected);
    header->payload_bytes = 1;
    for (unsigned i = 0; i < dimensions; i++) {
        header->size[i] = big_endian(bytes + 4 + 4 * (size_t)i);
        if (header->size[i] == 0)
            return error_set(error, "%s: dimension %u is 0 at byte %u", path, i + 1, 4 + 4 * i);
        if (header->size[i] > largest_payload_bytes / header->payload_bytes)
            return error_set(error,
                             "%s: the header's dimensions, up to byte %u, are impossibly large",
                             path, 8 + 4 * i);
        header->payload_bytes *= header->size[i];
    }
    uint64_t bound, end = packed_file_offset(file) + header->payload_bytes;
    bool exact = packed_file_size(file, &bound);
    if (bound < end || (exact && bound > end))
        return error_set(error, "%s: %s: it ends at byte %s%llu, its header says %llu", path,
                         bound < end ? "truncated" : "too long", exact ? "" : "~",
                         (unsigned long long)bound, (unsigned long long)end);
    return true;
}

static bool headers_read(const struct format_files *files, struct idx_header header[FILES],
                         struct error *error)
{
    for (int i = 0; i < FILES; i++) {
        struct packed_file *file = packed_file_open(files->path[i], error);
        bool good = file && header_read(file, names[i].dimensions, &header[i], error);
        packed_file_close(file);
        if (!good)
            return false;
    }
    return true;
}

static bool measure(const struct data_request *request, struct data_layout *layout,
                    struct error *error)
{
    const struct format_files *files = &request->files;
    struct idx_header header[FILES];
    if (!headers_read(files, header, error))
        return false;
    for (int images = TRAIN_IMAGES; images < FILES; images += 2) {
        uint32_t count = header[images].size[0], labels = header[images + 1].size[0];
        if (count != labels)
            return error_set(error, "%s holds %u images (byte 4), %s holds %u labels (byte 4)",
                             files->path[images], count, files->path[images + 1], labels);
    }
    const uint32_t *train = header[TRAIN_IMAGES].size, *test = header[TEST_IMAGES].size;
    if (train[1] != test[1] || train[2] != test[2])
        return error_set(error, "the images of %s are %u x %u (byte 8), those of %s %u x %u",
                         files->path[TEST_IMAGES], test[1], test[2], files->path[TRAIN_IMAGES],
                         train[1], train[2]);
    *layout = (struct data_layout){
        .train_count = train[0],
        .test_count = test[0],
        .feature_count = (uint64_t)train[1] * train[2],
        .shape = {1, train[1], train[2]},
        .shape_rank = 3,
        .storage = STORAGE_U8,
    };
    return true;
}

/* Reads a file whose header was measured; refuses one that changed since. */
static bool payload_read(const char *path, int which, uint64_t expected_bytes, void *destination,
                         struct error *error)
{
    struct packed_file *file = packed_file_open(path, error);
    struct idx_header header;
    bool good = file && header_read(file, names[which].dimensions, &header, error);
    if (good && header.payload_bytes != expected_bytes)
        good = error_set(error, "%s changed while it was read", path);
    good = good && packed_file_read(file, destination, expected_bytes, error) &&
           packed_file_end(file, error);
    packed_file_close(file);
    return good;
}

/* Labels are bytes in the file; they are read into the end of their room and widened from there:
 * every write stands at or before the byte that is read next. */
static bool labels_read(const char *path, int which, uint64_t count, int32_t *labels,
                        struct error *error)
{
    uint8_t *bytes = (uint8_t *)labels + count * (sizeof *labels - 1);
    if (!payload_read(path, which, count, bytes, error))
        return false;
    for (uint64_t i = 0; i < count; i++) {
        uint8_t label = bytes[i];
        labels[i] = label;
    }
    return true;
}

/* Classes are the run of labels that occur from the smallest on, which is 0 (or 1, as in EMNIST's
 * letters). A label beyond a gap is a damaged byte, not a class. */
static uint32_t classes_count(const int32_t *labels, uint64_t count)
{
    bool seen[UINT8_MAX + 2] = {false};
    for (uint64_t i = 0; i < count; i++)
        seen[labels[i]] = true;
    uint32_t class = seen[0] ? 0 : 1;
    while (seen[class])
        class ++;
    return class;
}

static bool labels_check(const char *path, const int32_t *labels, uint64_t count, uint32_t classes,
                         struct error *error)
{
    for (uint64_t i = 0; i < count; i++)
        if (labels[i] >= (int32_t)classes)
            return error_set(error,
                             "%s: the label at byte %llu is %d, out of range: the training labels "
                             "run from 0 to %d",
                             path, (unsigned long long)(8 + i), labels[i], (int)classes - 1);
    return true;
}

static bool unpack(const struct data_request *request, struct data_layout *layout,
                   const struct data_room *room, struct error *error)
{
    const struct format_files *files = &request->files;
    uint64_t train = layout->train_count, test = layout->test_count;
    uint64_t features = layout->feature_count;
    uint8_t *pixels = room->features;
    if (!labels_read(files->path[TRAIN_LABELS], TRAIN_LABELS, train, room->labels, error) ||
        !labels_read(files->path[TEST_LABELS], TEST_LABELS, test, room->labels + train, error))
        return false;
    uint32_t classes = classes_count(room->labels, train);
    if (classes < 2)
        return error_set(error,
                         "%s: its labels name fewer than two classes from 0 on (bytes 8 to "
                         "%llu)",
                         files->path[TRAIN_LABELS], (unsigned long long)(8 + train));
    if (!labels_check(files->path[TRAIN_LABELS], room->labels, train, classes, error) ||
        !labels_check(files->path[TEST_LABELS], room->labels + train, test, classes, error))
        return false;
    layout->class_count = classes;
    return payload_read(files->path[TRAIN_IMAGES], TRAIN_IMAGES, train * features, pixels, error) &&
           payload_read(files->path[TEST_IMAGES], TEST_IMAGES, test * features,
                        pixels + train * features, error);
}

const struct data_format format_idx = {
    .name = "idx", .find = find, .measure = measure, .unpack = unpack};
