/* fuzz_data_files.c - any bytes as the files of a data set, in every format that has files.
 *
 * The first line is the study's group `data` as JSON, without paths. Then comes for each file a
 * line "== NAME" and its bytes. The names are those that the format looks for; csv and libsvm:
 * train, validation, test; one .npz: data.npz.
 *
 * What is accepted has labels below the number of classes and numbers that are finite, is split and
 * scaled. The arrays are as long as the layout says and no longer. */
#include "tests/fuzz/input.h"
#include "worker/data/format.h"
#include "worker/data/scaling.h"
#include "worker/data/split.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROOM_BYTES_MAX 0x1p24 /* a file may claim more; then it is measured only */

static const char file_mark[] = "\n== ";

/* Stores the files that stand from `at` on. */
static void files_store(const uint8_t *at, const uint8_t *end)
{
    while (at < end) {
        const uint8_t *name = at + sizeof file_mark - 1;
        const uint8_t *line_end = input_find(name, end, "\n");
        const uint8_t *next = input_find(line_end, end, file_mark);
        const uint8_t *content = line_end < next ? line_end + 1 : next;
        char text[64];
        size_t length = (size_t)(line_end - name);
        if (length > 0 && length < sizeof text && !memchr(name, '/', length) &&
            !memchr(name, '\0', length) && *name != '.') {
            memcpy(text, name, length);
            text[length] = '\0';
            input_store(text, content, (size_t)(next - content));
        }
        at = next;
    }
}

static void path_set(json_t *data, const char *key, const char *name)
{
    char path[INPUT_PATH_BYTES];
    input_path(name, path);
    if (access(path, F_OK) == 0)
        (void)json_object_set_new(data, key, json_string(path));
    else
        (void)json_object_del(data, key);
}

static void paths_set(json_t *data)
{
    (void)json_object_set_new(data, "path", json_string(input_folder()));
    path_set(data, "validation_path", "validation");
    path_set(data, "test_path", "test");
    char path[INPUT_PATH_BYTES];
    static const char *const single[] = {"train", "data.npz"};
    for (size_t i = 0; i < sizeof single / sizeof single[0]; i++) {
        input_path(single[i], path);
        if (access(path, F_OK) == 0)
            (void)json_object_set_new(data, "path", json_string(path));
    }
}

static size_t samples_count(const struct data_layout *layout)
{
    return layout->train_count + layout->validation_count + layout->test_count;
}

static void numbers_check(const float *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(numbers[i]))
            input_fail("a number is not finite");
}

static void contents_check(const struct data_layout *layout, const struct data_room *room)
{
    size_t samples = samples_count(layout);
    for (size_t i = 0; i < samples && room->labels; i++)
        if (room->labels[i] < 0 || (uint32_t)room->labels[i] >= layout->class_count)
            input_fail("a label is out of range");
    if (room->targets)
        numbers_check(room->targets, samples * layout->target_count);
    if (layout->storage == STORAGE_F32)
        numbers_check(room->features, samples * layout->feature_count);
}

/* As the shared copy is made from them (dataset.c). */
static void arrange(const json_t *data, const struct data_layout *layout,
                    const struct data_room *room)
{
    struct split_plan plan;
    struct error error;
    char at[SETTING_AT_BYTES];
    enum scaling scaling;
    if (!split_plan_make(&plan, layout, data, at, &error) ||
        !scaling_read(data, (enum storage)layout->storage, &scaling, &error) ||
        !split_arrange(&plan, layout, room, 1, &error) || scaling != SCALING_STANDARD)
        return;
    float *center = malloc(layout->feature_count * sizeof *center);
    float *factor = malloc(layout->feature_count * sizeof *factor);
    if (!center || !factor ||
        !scaling_measure(layout, room->features, plan.count[SPLIT_TRAIN], center, factor))
        input_fail("out of memory");
    numbers_check(center, layout->feature_count);
    numbers_check(factor, layout->feature_count);
    if (layout->storage == STORAGE_F32)
        scaling_apply(layout, room->features, samples_count(layout), center, factor);
    free(center);
    free(factor);
}

static void unpack(const struct data_format *format, const struct data_request *request,
                   struct data_layout *layout)
{
    struct error error;
    size_t samples = samples_count(layout);
    double numbers = (double)layout->feature_count + (double)layout->target_count + 1;
    if (numbers * (double)samples > ROOM_BYTES_MAX)
        return;
    struct data_room room = {
        /* Zeroed, as the shared copy is. */
        .features =
            calloc(samples * layout->feature_count, storage_bytes((enum storage)layout->storage)),
        .labels = layout->target_count ? NULL : calloc(samples, sizeof(int32_t)),
        .targets =
            layout->target_count ? calloc(samples * layout->target_count, sizeof(float)) : NULL,
    };
    if (!room.features || (!room.labels && !room.targets))
        input_fail("out of memory");
    if (format->unpack(request, layout, &room, &error)) {
        contents_check(layout, &room);
        arrange(request->data, layout, &room);
    } else if (!*error.text) {
        input_fail("files are refused without a reason");
    }
    free(room.features);
    free(room.labels);
    free(room.targets);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    const uint8_t *end = bytes + length, *files = input_find(bytes, end, file_mark);
    json_t *data = json_loadb((const char *)bytes, (size_t)(files - bytes), 0, NULL);
    const char *name = json_string_value(json_object_get(data, "format"));
    const struct data_format *format = name ? data_format_find(name) : NULL;
    if (format && format->find) {
        struct data_request request = {.data = data, .seed = 1};
        struct data_layout layout = {0};
        struct error error;
        input_clear();
        files_store(files, end);
        paths_set(data);
        if (format->find(data, &request.files, &error) &&
            format->measure(&request, &layout, &error))
            unpack(format, &request, &layout);
    }
    json_decref(data);
    return 0;
}
