/* study_list.c - reads the file. */
#include "common/study/study_list.h"

#include "common/csv_reader.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* --- the file --- */

const char *study_list_cell(const struct study_list *list, size_t row, size_t column)
{
    return list->cells[row * list->columns + column];
}

void study_list_problem(const struct study_list *list, size_t row, size_t column,
                        struct study_problems *problems, const char *format, ...)
{
    char text[ERROR_TEXT_BYTES / 2], name[60];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    study_quote(study_list_cell(list, 0, column), name, sizeof name);
    study_problem(problems, &list->place, "row %zu, column %zu (%s): %s", row + 1, column + 1, name,
                  text);
}

void study_list_destroy(struct study_list *list)
{
    if (!list)
        return;
    free(list->path);
    free(list->text);
    free(list->cells);
    free(list);
}

static char *load(const struct study_list *list, struct study_problems *problems)
{
    FILE *stream = fopen(list->path, "r");
    struct stat status;
    char *text = NULL;
    size_t length = 0, room = 0, got = 1;
    if (stream && (fstat(fileno(stream), &status) != 0 || !S_ISREG(status.st_mode))) {
        study_problem(problems, &list->place, "is no file");
        (void)fclose(stream);
        return NULL;
    }
    while (stream && got > 0 && length <= STUDY_LIST_MAX_BYTES) {
        room = room ? 2 * room : 65536;
        char *grown = realloc(text, room + 1);
        if (!grown) {
            problems->out_of_memory = true;
            break;
        }
        text = grown;
        got = fread(text + length, 1, room - length, stream);
        length += got;
    }
    if (!stream || ferror(stream))
        study_problem(problems, &list->place, "cannot be read: %s", strerror(errno));
    else if (length > STUDY_LIST_MAX_BYTES)
        study_problem(problems, &list->place, "is larger than %zu bytes", STUDY_LIST_MAX_BYTES);
    else if (text && memchr(text, '\0', length))
        study_problem(problems, &list->place, "holds a NUL byte: it is no text");
    else if (text && !problems->out_of_memory) {
        text[length] = '\0';
        (void)fclose(stream);
        return text;
    }
    if (stream)
        (void)fclose(stream);
    free(text);
    return NULL;
}

/* Cuts off blanks around a cell. */
static char *trimmed(char *cell)
{
    cell += strspn(cell, " \t");
    size_t length = strlen(cell);
    while (length > 0 && strchr(" \t", cell[length - 1]))
        length--;
    cell[length] = '\0';
    return cell;
}

static bool keep_row(struct study_list *list, size_t *room, const struct csv_reader *reader)
{
    size_t used = reader->row * reader->count;
    if (!list->cells || used > *room) {
        size_t wanted = 2 * used + 64;
        char **grown = realloc(list->cells, wanted * sizeof *grown);
        if (!grown)
            return false;
        list->cells = grown;
        *room = wanted;
    }
    for (size_t i = 0; i < reader->count; i++)
        list->cells[used - reader->count + i] = trimmed(reader->field[i]);
    list->columns = reader->count;
    list->rows = reader->row - 1;
    return true;
}

static bool read_rows(struct study_list *list, struct study_problems *problems)
{
    struct csv_reader reader;
    struct error error;
    size_t room = 0;
    bool good, more = true;
    csv_reader_start(&reader, "", list->text, ',');
    while ((good = csv_reader_next(&reader, &more, &error)) && more &&
           reader.row <= STUDY_LIST_MAX_ROWS + 1) {
        good = keep_row(list, &room, &reader);
        if (!good) {
            problems->out_of_memory = true;
            break;
        }
    }
    csv_reader_free(&reader);
    if (!good && !problems->out_of_memory)
        study_problem(problems, &list->place, "%s", error.text + strspn(error.text, ": "));
    else if (good && more)
        study_problem(problems, &list->place, "more than %d rows", STUDY_LIST_MAX_ROWS);
    else if (good && list->rows == 0)
        study_problem(problems, &list->place,
                      "has no candidates; allowed: a row of names, and a row for each candidate");
    return good && !more && list->rows > 0;
}

static bool check_names(const struct study_list *list, struct study_problems *problems)
{
    bool good = true;
    for (size_t i = 0; i < list->columns; i++) {
        const char *name = study_list_cell(list, 0, i);
        if (!*name) {
            study_list_problem(list, 0, i, problems, "a column without a name");
            good = false;
        }
        for (size_t j = 0; j < i && *name; j++)
            if (strcmp(study_list_cell(list, 0, j), name) == 0) {
                study_list_problem(list, 0, i, problems, "the name of column %zu too", j + 1);
                good = false;
            }
    }
    return good;
}

/* --- values --- */

static bool number_of(const char *text, double *number)
{
    char *end;
    *number = strtod(text, &end);
    return *text && !*end && isfinite(*number) && !strpbrk(text, "xX");
}

json_t *study_list_value(const char *text)
{
    double number;
    if (number_of(text, &number))
        return json_real(number);
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
        return json_boolean(*text == 't');
    return json_string(text);
}

struct study_list *study_list_open(const char *path, size_t order, struct study_problems *problems)
{
    struct study_list *list = calloc(1, sizeof *list);
    char *copy = list ? strdup(path) : NULL;
    if (!copy) {
        problems->out_of_memory = true;
        free(list);
        return NULL;
    }
    list->path = copy;
    list->place = (struct study_place){.file = list->path, .order = order};
    list->text = load(list, problems);
    if (list->text && read_rows(list, problems) && check_names(list, problems))
        return list;
    study_list_destroy(list);
    return NULL;
}
