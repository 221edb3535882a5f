/* csv.c - a table as text: a row for each sample, a column for its target, the others features. */
#include "common/csv_reader.h"
#include "worker/data/format.h"
#include "worker/data/part_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the study says about the files. */
struct dialect {
    char separator;
    bool header, classes;
    const char *target; /* name or number; NULL: the last column */
};

/* The columns, as the training file has them. */
struct columns {
    size_t count, target;
    char *names; /* the header, fields separated by line ends; NULL: there is none */
};

static bool dialect_read(const json_t *data, struct dialect *dialect, struct error *error)
{
    const char *separator = json_string_value(json_object_get(data, "separator"));
    const json_t *header = json_object_get(data, "header");
    const json_t *target = json_object_get(data, "target");
    dialect->separator = ',';
    if (separator && strcmp(separator, "semicolon") == 0)
        dialect->separator = ';';
    else if (separator && strcmp(separator, "tab") == 0)
        dialect->separator = '\t';
    else if (separator && strcmp(separator, "comma") != 0)
        return error_set(error, "data.separator is \"%s\", allowed are comma, semicolon, tab",
                         separator);
    dialect->header = !header || json_is_true(header);
    dialect->classes = part_files_classes(data);
    dialect->target = json_string_value(target);
    if (target && !dialect->target)
        return error_set(error, "data.target must be a string: a column's name or number");
    return true;
}

static bool target_find(const struct csv_reader *reader, const struct dialect *dialect,
                        size_t *target, struct error *error)
{
    *target = reader->count - 1;
    if (!dialect->target)
        return true;
    for (size_t i = 0; i < reader->count && dialect->header; i++)
        if (strcmp(reader->field[i], dialect->target) == 0) {
            *target = i;
            return true;
        }
    char *end;
    unsigned long number = strtoul(dialect->target, &end, 10);
    if (!*end && number >= 1 && number <= reader->count) {
        *target = number - 1;
        return true;
    }
    return error_set(error, "%s: it has no column \"%.60s\" (data.target) among its %zu",
                     reader->path, dialect->target, reader->count);
}

/* All fields of the record, joined. */
static char *names_join(const struct csv_reader *reader)
{
    size_t bytes = 1;
    for (size_t i = 0; i < reader->count; i++)
        bytes += strlen(reader->field[i]) + 1;
    char *names = malloc(bytes), *at = names;
    for (size_t i = 0; i < reader->count && names; i++)
        at += sprintf(at, "%s\n", reader->field[i]);
    return names;
}

/* Looks at the first record of a file. It is left as the reader's current one; *sample: it is a
 * sample and no header. */
static bool first_read(struct csv_reader *reader, const struct dialect *dialect,
                       struct columns *columns, bool is_train, struct error *error)
{
    bool more;
    if (!csv_reader_next(reader, &more, error))
        return false;
    if (!more)
        return error_set(error, "%s: it holds no rows", reader->path);
    char *names = dialect->header ? names_join(reader) : NULL;
    if (dialect->header && !names)
        return error_set(error, "%s: out of memory", reader->path);
    if (is_train) {
        columns->count = reader->count;
        columns->names = names;
        if (reader->count < 2)
            return error_set(error, "%s: row 1 has one column, expected a target and features",
                             reader->path);
        return target_find(reader, dialect, &columns->target, error);
    }
    bool same = reader->count == columns->count && (!names || strcmp(names, columns->names) == 0);
    free(names);
    return same || error_set(error, "%s: row 1: its columns are not those of the training file",
                             reader->path);
}

static bool field_refuse(const struct csv_reader *reader, const struct columns *columns,
                         size_t column, struct error *error)
{
    static const char *const missing[] = {"", "?", "NA", "N/A", "NaN", "nan", "null", "NULL"};
    const char *field = reader->field[column], *name = columns->names ? columns->names : "";
    for (size_t i = 0; i < column && *name; i++)
        name += strcspn(name, "\n") + 1;
    bool absent = false;
    for (size_t i = 0; i < sizeof missing / sizeof missing[0]; i++)
        absent = absent || strcmp(field, missing[i]) == 0;
    int name_length = (int)strcspn(name, "\n");
    name_length = name_length < 60 ? name_length : 60;
    return error_set(error, "%s: row %zu, column %zu%s%.*s%s: %s%.60s%s", reader->path, reader->row,
                     column + 1, name_length ? " (" : "", name_length, name, name_length ? ")" : "",
                     absent ? "the value is missing" : "\"", absent ? "" : field,
                     absent ? "" : "\" is no number");
}

/* Where the samples of a file go; NULL: they are only counted. */
struct sink {
    const struct data_room *room;
    struct label_column *labels;
    size_t first, limit;
};

static bool sample_put(const struct csv_reader *reader, const struct columns *columns,
                       enum part part, size_t at, const struct sink *sink, struct error *error)
{
    float *features = (float *)sink->room->features + at * (columns->count - 1);
    double value;
    for (size_t i = 0; i < columns->count; i++) {
        if (i == columns->target && sink->labels) {
            if (!*reader->field[i])
                return field_refuse(reader, columns, i, error);
            label_column_set(sink->labels, part, at, reader->field[i], reader->row);
            continue;
        }
        if (!text_number(reader->field[i], &value))
            return field_refuse(reader, columns, i, error);
        if (i == columns->target)
            sink->room->targets[at] = (float)value;
        else
            *features++ = (float)value;
    }
    return true;
}

static bool part_read(const struct part_texts *texts, enum part part, const struct dialect *dialect,
                      struct columns *columns, const struct sink *sink, size_t *count,
                      struct error *error)
{
    struct csv_reader reader;
    csv_reader_start(&reader, texts->path[part], texts->text[part], dialect->separator);
    bool more = true;
    bool good = first_read(&reader, dialect, columns, part == PART_TRAIN, error);
    *count = 0;
    if (good && dialect->header)
        good = csv_reader_next(&reader, &more, error);
    while (good && more) {
        if (sink && *count == sink->limit)
            good = error_set(error, "%s changed while it was read", texts->path[part]);
        good = good &&
               (!sink || sample_put(&reader, columns, part, sink->first + *count, sink, error));
        (*count)++;
        good = good && csv_reader_next(&reader, &more, error);
    }
    csv_reader_free(&reader);
    return good && (*count > 0 || error_set(error, "%s: it holds no samples", texts->path[part]));
}

static bool measure(const struct data_request *request, struct data_layout *layout,
                    struct error *error)
{
    struct dialect dialect;
    struct part_texts texts;
    struct columns columns = {0};
    size_t count[PART_COUNT] = {0};
    if (!dialect_read(request->data, &dialect, error) ||
        !part_texts_load(&texts, &request->files, error))
        return false;
    bool good = true;
    for (int i = 0; i < PART_COUNT && good; i++)
        if (texts.text[i])
            good = part_read(&texts, (enum part)i, &dialect, &columns, NULL, &count[i], error);
    part_texts_free(&texts);
    free(columns.names);
    *layout = (struct data_layout){
        .train_count = count[PART_TRAIN],
        .validation_count = count[PART_VALIDATION],
        .test_count = count[PART_TEST],
        .feature_count = columns.count - 1,
        .shape = {(uint32_t)(columns.count - 1)},
        .shape_rank = 1,
        .target_count = dialect.classes ? 0 : 1,
        .storage = STORAGE_F32,
    };
    return good;
}

static bool unpack(const struct data_request *request, struct data_layout *layout,
                   const struct data_room *room, struct error *error)
{
    const uint64_t expected[PART_COUNT] = {layout->train_count, layout->validation_count,
                                           layout->test_count};
    struct dialect dialect;
    struct part_texts texts;
    struct columns columns = {0};
    struct label_column labels = {0};
    struct sink sink = {.room = room, .labels = layout->target_count ? NULL : &labels};
    if (!dialect_read(request->data, &dialect, error) ||
        !part_texts_load(&texts, &request->files, error))
        return false;
    bool good = label_column_create(&labels, expected[0] + expected[1] + expected[2], error);
    for (int i = 0; i < PART_COUNT && good; i++) {
        size_t count = 0;
        sink.limit = expected[i];
        if (texts.text[i])
            good = part_read(&texts, (enum part)i, &dialect, &columns, &sink, &count, error);
        if (good && (count != expected[i] || columns.count != layout->feature_count + 1))
            good = error_set(error, "%s changed while it was read", texts.path[i]);
        sink.first += count;
    }
    if (good && sink.labels)
        good = label_column_number(&labels, &texts, layout, room, error);
    label_column_free(&labels);
    part_texts_free(&texts);
    free(columns.names);
    return good;
}

const struct data_format format_csv = {
    .name = "csv", .find = part_files_find, .measure = measure, .unpack = unpack};
