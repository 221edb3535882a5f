/* npy.c - NumPy's arrays: a folder of x_train.npy, y_train.npy ... or one .npz with these members.
 *
 * x_train and y_train have to be there; x_test with y_test and x_validation with y_validation may
 * be. The first dimension counts the samples. */
#include "worker/data/classes.h"
#include "worker/data/format.h"
#include "worker/data/format_paths.h"
#include "worker/data/npy_array.h"
#include "worker/data/packed_file.h"
#include "worker/data/part_files.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const part_names[PART_COUNT] = {"train", "validation", "test"};

/* One .npz, or a file for each array, x and y of a part side by side. */
static bool find(const json_t *data, struct format_files *files, struct error *error)
{
    char path[FORMAT_PATH_BYTES];
    if (!format_path(data, "path", "the folder of the .npy files, or an .npz file", path, error))
        return false;
    if (!format_path_is_folder(path)) {
        memcpy(files->path[0], path, sizeof path);
        files->count = 1;
        return true;
    }
    files->count = (size_t)2 * PART_COUNT;
    for (size_t i = 0; i < files->count; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "%c_%s.npy", i % 2 ? 'y' : 'x', part_names[i / 2]);
        if (!format_file_optional(path, name, files->path[i], error))
            return false;
        if (!*files->path[i] && (i < 2 || (i % 2 && *files->path[i - 1])))
            return error_set(error, "%s holds no %s", path, name);
    }
    return true;
}

/* Opens an array of a part; *there: whether the part has one. */
static bool array_open(const struct format_files *files, size_t part, bool is_y,
                       struct npy_array *array, bool *there, struct error *error)
{
    char member[32];
    (void)snprintf(member, sizeof member, "%c_%s.npy", is_y ? 'y' : 'x', part_names[part]);
    *there = true;
    if (files->count > 1) {
        const char *path = files->path[2 * part + (is_y ? 1 : 0)];
        *there = *path != '\0';
        return !*there || npy_array_open(array, path, NULL, error);
    }
    if (part > 0 && !is_y && !packed_file_has_member(files->path[0], member, there, error))
        return false;
    return !*there || npy_array_open(array, files->path[0], member, error);
}

static bool is_bytes(const struct npy_array *array)
{
    return array->kind == 'u' && array->bytes == 1;
}

/* What the training arrays say. */
static bool layout_start(const struct data_request *request, const struct npy_array *x,
                         const struct npy_array *y, struct data_layout *layout, struct error *error)
{
    const char *path = packed_file_path(y->file);
    if (x->rank > SHAPE_RANK_MAX + 1)
        return error_set(error, "%s: %zu dimensions; a sample may have %d at most",
                         packed_file_path(x->file), x->rank, SHAPE_RANK_MAX);
    if (x->sample_count > UINT32_MAX || y->sample_count > UINT32_MAX)
        return error_set(error, "%s: samples of %llu numbers are too large",
                         packed_file_path(x->file), (unsigned long long)x->sample_count);
    if (part_files_classes(request->data) && y->sample_count != 1)
        return error_set(error,
                         "%s: %llu numbers for a sample, expected one class; to predict numbers, "
                         "set data.classes = false",
                         path, (unsigned long long)y->sample_count);
    *layout = (struct data_layout){
        .feature_count = x->sample_count,
        .shape_rank = x->rank > 1 ? (uint32_t)x->rank - 1 : 1,
        .shape = {1},
        .target_count = part_files_classes(request->data) ? 0 : (uint32_t)y->sample_count,
        .storage = is_bytes(x) ? STORAGE_U8 : STORAGE_F32,
    };
    for (size_t i = 1; i < x->rank; i++)
        layout->shape[i - 1] = (uint32_t)x->size[i];
    return true;
}

static bool part_check(const struct npy_array *x, const struct npy_array *y,
                       const struct data_layout *layout, struct error *error)
{
    uint64_t numbers = layout->target_count ? layout->target_count : 1;
    bool same = x->sample_count == layout->feature_count &&
                (x->rank > 1 ? x->rank - 1 : 1) == layout->shape_rank;
    for (size_t i = 1; i < x->rank && same; i++)
        same = x->size[i] == layout->shape[i - 1];
    if (!same)
        return error_set(error, "%s: its samples have another shape than the training samples",
                         packed_file_path(x->file));
    if (is_bytes(x) != (layout->storage == STORAGE_U8))
        return error_set(error, "%s: bytes in one array and other numbers in the other",
                         packed_file_path(x->file));
    if (y->sample_count != numbers)
        return error_set(error, "%s: %llu numbers for a sample, expected %llu",
                         packed_file_path(y->file), (unsigned long long)y->sample_count,
                         (unsigned long long)numbers);
    if (x->samples != y->samples)
        return error_set(error, "%s holds %llu samples, %s holds %llu", packed_file_path(x->file),
                         (unsigned long long)x->samples, packed_file_path(y->file),
                         (unsigned long long)y->samples);
    return true;
}

static bool part_measure(const struct data_request *request, size_t part,
                         struct data_layout *layout, uint64_t *count, struct error *error)
{
    struct npy_array x = {0}, y = {0};
    bool there;
    *count = 0;
    bool good = array_open(&request->files, part, false, &x, &there, error);
    if (good && there) {
        good = array_open(&request->files, part, true, &y, &there, error) &&
               (part > 0 || layout_start(request, &x, &y, layout, error)) &&
               part_check(&x, &y, layout, error);
        *count = x.samples;
    }
    npy_array_close(&x);
    npy_array_close(&y);
    return good;
}

static bool measure(const struct data_request *request, struct data_layout *layout,
                    struct error *error)
{
    uint64_t count[PART_COUNT];
    for (size_t i = 0; i < PART_COUNT; i++)
        if (!part_measure(request, i, layout, &count[i], error))
            return false;
    layout->train_count = count[0];
    layout->validation_count = count[1];
    layout->test_count = count[2];
    return true;
}

static bool x_read(struct npy_array *array, const struct data_layout *layout, uint64_t first,
                   const struct data_room *room, struct error *error)
{
    uint64_t at = first * layout->feature_count;
    return layout->storage == STORAGE_U8
               ? npy_array_read_bytes(array, (uint8_t *)room->features + at, error)
               : npy_array_read_floats(array, (float *)room->features + at, error);
}

/* Labels are whole numbers, whatever their type. */
static bool labels_read(struct npy_array *array, double *labels, struct error *error)
{
    if (!npy_array_read_doubles(array, labels, error))
        return false;
    for (uint64_t i = 0; i < array->samples; i++)
        if (labels[i] != floor(labels[i]))
            return error_set(error,
                             "%s: sample %llu (from 0) has the label %g, which is no class; to "
                             "predict numbers, set data.classes = false",
                             packed_file_path(array->file), (unsigned long long)i, labels[i]);
    return true;
}

/* A file is the same as when it was measured. */
static bool unchanged(const struct npy_array *array, uint64_t samples, uint64_t numbers,
                      bool as_bytes, struct error *error)
{
    return (array->samples == samples && array->sample_count == numbers &&
            (!as_bytes || is_bytes(array))) ||
           error_set(error, "%s changed while it was read", packed_file_path(array->file));
}

static bool part_unpack(const struct data_request *request, size_t part,
                        const struct data_layout *layout, uint64_t first, uint64_t count,
                        const struct data_room *room, double *labels, struct error *error)
{
    struct npy_array x = {0}, y = {0};
    bool there;
    bool good = array_open(&request->files, part, false, &x, &there, error) &&
                array_open(&request->files, part, true, &y, &there, error) &&
                unchanged(&x, count, layout->feature_count, layout->storage == STORAGE_U8, error) &&
                unchanged(&y, count, layout->target_count ? layout->target_count : 1, false, error);
    if (good && layout->target_count)
        good = npy_array_read_floats(&y, room->targets + first * layout->target_count, error);
    else if (good && labels)
        good = labels_read(&y, labels + first, error);
    good = good && x_read(&x, layout, first, room, error);
    npy_array_close(&x);
    npy_array_close(&y);
    return good;
}

static bool labels_number(const struct data_request *request, struct data_layout *layout,
                          const double *labels, const struct data_room *room, struct error *error)
{
    size_t total = layout->train_count + layout->validation_count + layout->test_count, sample;
    const struct format_files *files = &request->files;
    const char *path = files->path[files->count > 1 ? 1 : 0];
    switch (classes_of_numbers(labels, layout->train_count, total, room->labels,
                               &layout->class_count, &sample)) {
    case CLASSES_GOOD:
        return true;
    case CLASSES_ONE:
        return error_set(error, "%s: y_train holds fewer than two classes", path);
    case CLASSES_MANY:
        return error_set(error,
                         "%s: y_train holds more than %d classes; to predict numbers, set "
                         "data.classes = false",
                         path, CLASSES_MAX);
    case CLASSES_UNKNOWN: {
        bool test = sample >= layout->train_count + layout->validation_count;
        size_t first = layout->train_count + (test ? layout->validation_count : 0);
        return error_set(error,
                         "%s: sample %zu (from 0) of y_%s has the label %g, which y_train does not",
                         files->path[files->count == 1 ? 0
                                     : test            ? 5
                                                       : 3],
                         sample - first, test ? "test" : "validation", labels[sample]);
    }
    case CLASSES_NO_MEMORY:
        break;
    }
    return error_set(error, "%s: out of memory", path);
}

static bool unpack(const struct data_request *request, struct data_layout *layout,
                   const struct data_room *room, struct error *error)
{
    const uint64_t count[PART_COUNT] = {layout->train_count, layout->validation_count,
                                        layout->test_count};
    uint64_t total = count[0] + count[1] + count[2], first = 0;
    double *labels = layout->target_count ? NULL : malloc(total * sizeof *labels);
    bool good = true;
    if (!labels && !layout->target_count)
        return error_set(error, "out of memory for labels");
    for (size_t i = 0; i < PART_COUNT && good; i++) {
        if (count[i])
            good = part_unpack(request, i, layout, first, count[i], room, labels, error);
        first += count[i];
    }
    if (good && labels)
        good = labels_number(request, layout, labels, room, error);
    free(labels);
    return good;
}

const struct data_format format_npy = {
    .name = "npy", .find = find, .measure = measure, .unpack = unpack};
