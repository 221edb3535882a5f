/* part_files.c - loads texts and numbers their classes. */
#include "worker/data/part_files.h"

#include "worker/data/classes.h"
#include "worker/data/format_paths.h"
#include "worker/data/packed_file.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool part_files_find(const json_t *data, struct format_files *files, struct error *error)
{
    files->count = PART_COUNT;
    return format_path(data, "path", "the file of the training samples", files->path[PART_TRAIN],
                       error) &&
           format_path_optional(data, "validation_path", files->path[PART_VALIDATION], error) &&
           format_path_optional(data, "test_path", files->path[PART_TEST], error);
}

bool part_files_classes(const json_t *data)
{
    const json_t *classes = json_object_get(data, "classes");
    return !classes || json_is_true(classes);
}

bool part_texts_load(struct part_texts *texts, const struct format_files *files,
                     struct error *error)
{
    memset(texts, 0, sizeof *texts);
    for (int i = 0; i < PART_COUNT; i++) {
        texts->path[i] = files->path[i];
        if (!*files->path[i])
            continue;
        struct packed_file *file = packed_file_open(files->path[i], error);
        bool good = file && packed_file_read_all(file, &texts->text[i], &texts->bytes[i], error);
        packed_file_close(file);
        size_t length = good ? strlen(texts->text[i]) : 0;
        if (good && length != texts->bytes[i])
            good = error_set(error, "%s: not a text: a NUL at byte %zu", files->path[i], length);
        if (!good) {
            part_texts_free(texts);
            return false;
        }
    }
    return true;
}

void part_texts_free(struct part_texts *texts)
{
    for (int i = 0; i < PART_COUNT; i++) {
        free(texts->text[i]);
        texts->text[i] = NULL;
    }
}

bool text_number(const char *text, double *value)
{
    /* What strtod takes beside decimal numbers (hexadecimal ones, words) is none here. */
    char *end;
    if (!*text || text[strspn(text, "+-.0123456789eE \t")])
        return false;
    *value = strtod(text, &end);
    end += strspn(end, " \t");
    return end != text && !*end && isfinite(*value) && fabs(*value) <= (double)FLT_MAX;
}

bool label_column_create(struct label_column *column, size_t total, struct error *error)
{
    column->text = calloc(total, sizeof *column->text);
    column->number = calloc(total, sizeof *column->number);
    column->row = calloc(total, sizeof *column->row);
    column->numeric = true;
    if (column->text && column->number && column->row)
        return true;
    label_column_free(column);
    return error_set(error, "out of memory for %zu labels", total);
}

void label_column_free(struct label_column *column)
{
    free(column->text);
    free(column->number);
    free(column->row);
    memset(column, 0, sizeof *column);
}

void label_column_set(struct label_column *column, enum part part, size_t sample, const char *text,
                      size_t row)
{
    column->text[sample] = text;
    column->row[sample] = row;
    if (!text_number(text, &column->number[sample])) {
        column->number[sample] = NAN; /* equal to none */
        column->numeric = column->numeric && part != PART_TRAIN;
    }
}

bool label_column_number(const struct label_column *column, const struct part_texts *texts,
                         struct data_layout *layout, const struct data_room *room,
                         struct error *error)
{
    size_t train = layout->train_count, test = train + layout->validation_count;
    size_t total = test + layout->test_count, sample = 0;
    enum classes_state state = column->numeric
                                   ? classes_of_numbers(column->number, train, total, room->labels,
                                                        &layout->class_count, &sample)
                                   : classes_of_texts(column->text, train, total, room->labels,
                                                      &layout->class_count, &sample);
    switch (state) {
    case CLASSES_GOOD:
        return true;
    case CLASSES_ONE:
        return error_set(error, "%s: its samples are of fewer than two classes",
                         texts->path[PART_TRAIN]);
    case CLASSES_MANY:
        return error_set(error,
                         "%s: its samples are of more than %d classes; to predict numbers, set "
                         "data.classes = false",
                         texts->path[PART_TRAIN], CLASSES_MAX);
    case CLASSES_UNKNOWN:
        return error_set(error, "%s: row %zu: the class \"%.60s\" is none of the training samples'",
                         texts->path[sample >= test ? PART_TEST : PART_VALIDATION],
                         column->row[sample], column->text[sample]);
    case CLASSES_NO_MEMORY:
        break;
    }
    return error_set(error, "out of memory for %zu labels", total);
}
