/* csv_reader.c - cuts a text into fields, in place. */
#include "common/csv_reader.h"

#include <stdlib.h>
#include <string.h>

void csv_reader_start(struct csv_reader *reader, const char *path, char *text, char separator)
{
    static const char mark[] = "\xef\xbb\xbf";
    *reader = (struct csv_reader){.path = path, .at = text, .separator = separator};
    if (strncmp(text, mark, sizeof mark - 1) == 0)
        reader->at += sizeof mark - 1;
}

void csv_reader_free(struct csv_reader *reader)
{
    free(reader->field);
    reader->field = NULL;
}

static bool field_add(struct csv_reader *reader, char *field, struct error *error)
{
    if (reader->count == reader->room) {
        size_t room = reader->room ? 2 * reader->room : 32;
        char **larger = realloc(reader->field, room * sizeof *larger);
        if (!larger)
            return error_set(error, "%s: out of memory", reader->path);
        reader->field = larger;
        reader->room = room;
    }
    reader->field[reader->count++] = field;
    return true;
}

/* Takes a quoted field, of which `at` is the opening quote; leaves `at` behind the closing one. */
static bool quoted_take(struct csv_reader *reader, char **end, struct error *error)
{
    char *to = reader->at;
    for (char *from = reader->at + 1; *from; from++) {
        if (*from == '"' && from[1] == '"')
            from++;
        else if (*from == '"') {
            reader->at = from + 1;
            *end = to;
            return true;
        }
        *to++ = *from;
    }
    return error_set(error, "%s: row %zu, column %zu: a quote that is not closed", reader->path,
                     reader->row, reader->count + 1);
}

/* Takes one field and what ends it; *last: it ends the record. */
static bool field_take(struct csv_reader *reader, bool *last, struct error *error)
{
    char *field = reader->at, *end = field;
    if (*field == '"') {
        if (!quoted_take(reader, &end, error))
            return false;
    } else {
        const char ends[] = {reader->separator, '\n', '\0'};
        end = reader->at += strcspn(reader->at, ends);
        if (*end != reader->separator && end > field && end[-1] == '\r')
            end--;
    }
    if (reader->at[0] == '\r' && (reader->at[1] == '\n' || !reader->at[1]))
        reader->at++;
    char stop = *reader->at;
    if (stop && stop != '\n' && stop != reader->separator)
        return error_set(error, "%s: row %zu, column %zu: text after the closing quote",
                         reader->path, reader->row, reader->count + 1);
    reader->at += stop != '\0';
    *end = '\0';
    *last = stop != reader->separator;
    return field_add(reader, field, error);
}

bool csv_reader_next(struct csv_reader *reader, bool *more, struct error *error)
{
    size_t expected = reader->count;
    *more = reader->at[strspn(reader->at, "\r\n")] != '\0';
    if (!*more)
        return true;
    reader->count = 0;
    reader->row++;
    for (bool last = false; !last;)
        if (!field_take(reader, &last, error))
            return false;
    if (expected && reader->count != expected)
        return error_set(error, "%s: row %zu has %zu columns, the rows before it have %zu",
                         reader->path, reader->row, reader->count, expected);
    return true;
}
