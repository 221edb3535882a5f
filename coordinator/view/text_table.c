/* text_table.c - measures cells, then prints them. */
#include "coordinator/view/text_table.h"

#include "common/launcher.h"
#include "coordinator/view/figures.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FLEXIBLE_LEAST 8 /* columns that the flexible column keeps */

struct cell {
    char *text;
    enum text_style style;
};

struct text_table {
    const struct text_column *columns;
    size_t column_count;
    size_t widths[TEXT_TABLE_COLUMNS_MAX];
    bool hidden[TEXT_TABLE_COLUMNS_MAX];
    struct cell *cells; /* [rows][column_count] */
    size_t rows, capacity;
};

const char *text_style_begin(enum text_style style, bool colour)
{
    static const char *const sequences[] = {
        [STYLE_PLAIN] = "",       [STYLE_BOLD] = "\033[1m",    [STYLE_GREEN] = "\033[32m",
        [STYLE_RED] = "\033[31m", [STYLE_YELLOW] = "\033[33m", [STYLE_DIM] = "\033[2m",
    };
    return colour ? sequences[style] : "";
}

const char *text_style_end(enum text_style style, bool colour)
{
    return colour && style != STYLE_PLAIN ? "\033[0m" : "";
}

/* What a rank has before it is the launcher's own pseudo-terminal, wherever the launcher writes. */
bool text_style_terminal(FILE *stream)
{
    const char *term = getenv("TERM");
    return launcher_rank() < 0 && isatty(fileno(stream)) && term && term[0] &&
           strcmp(term, "dumb") != 0;
}

bool text_style_colour(FILE *stream)
{
    const char *no_color = getenv("NO_COLOR");
    return text_style_terminal(stream) && !(no_color && no_color[0]);
}

struct text_table *text_table_create(const struct text_column *columns, size_t count)
{
    struct text_table *table = calloc(1, sizeof *table);
    if (!table)
        return NULL;
    table->columns = columns;
    table->column_count = count < TEXT_TABLE_COLUMNS_MAX ? count : TEXT_TABLE_COLUMNS_MAX;
    for (size_t i = 0; i < table->column_count; i++)
        table->widths[i] = figure_columns(columns[i].header);
    return table;
}

void text_table_destroy(struct text_table *table)
{
    if (!table)
        return;
    for (size_t i = 0; i < table->rows * table->column_count; i++)
        free(table->cells[i].text);
    free(table->cells);
    free(table);
}

void text_table_hide(struct text_table *table, size_t column)
{
    table->hidden[column] = true;
}

bool text_table_row(struct text_table *table, const char *const *cells,
                    const enum text_style *styles)
{
    size_t count = table->column_count;
    if (table->rows == table->capacity) {
        size_t capacity = table->capacity ? 2 * table->capacity : 32;
        struct cell *more = realloc(table->cells, capacity * count * sizeof *more);
        if (!more)
            return false;
        table->cells = more;
        table->capacity = capacity;
    }
    struct cell *row = &table->cells[table->rows * count];
    for (size_t i = 0; i < count; i++) {
        row[i] = (struct cell){strdup(cells[i]), styles ? styles[i] : STYLE_PLAIN};
        if (!row[i].text) {
            while (i-- > 0)
                free(row[i].text);
            return false;
        }
        size_t width = figure_columns(row[i].text);
        if (width > table->widths[i])
            table->widths[i] = width;
    }
    table->rows++;
    return true;
}

/* Cuts a text that has more than `most` columns to that many, the last three being dots. */
static void cut(char *text, size_t most)
{
    size_t columns = 0;
    for (; *text; text++) {
        columns += ((unsigned char)*text & 0xc0) != 0x80;
        if (columns > most - 3)
            break;
    }
    memcpy(text, "...", sizeof "..."); /* at least four bytes are left */
}

static void print_cell(const struct text_table *table, size_t column, size_t width,
                       const struct cell *cell, FILE *stream, bool colour)
{
    if (table->hidden[column])
        return;
    if (figure_columns(cell->text) > width)
        cut(cell->text, width);
    int gap = (int)(width - figure_columns(cell->text));
    bool right = table->columns[column].right, last = column + 1 == table->column_count;
    fprintf(stream, "%s%*s%s%s%s", column > 0 ? "  " : "", right ? gap : 0, "",
            text_style_begin(cell->style, colour), cell->text, text_style_end(cell->style, colour));
    if (!right && !last)
        fprintf(stream, "%*s", gap, "");
}

/* The width of every column; the flexible one gives up what is too much, down to its least. */
static void fit(const struct text_table *table, size_t most_columns,
                size_t widths[TEXT_TABLE_COLUMNS_MAX])
{
    size_t total = 0;
    for (size_t i = 0; i < table->column_count; i++) {
        widths[i] = table->widths[i];
        total += table->hidden[i] ? 0 : widths[i] + (i > 0 ? 2 : 0);
    }
    size_t excess = total > most_columns ? total - most_columns : 0;
    for (size_t i = 0; i < table->column_count; i++) {
        size_t least = figure_columns(table->columns[i].header);
        if (least < FLEXIBLE_LEAST)
            least = FLEXIBLE_LEAST;
        if (table->columns[i].flexible && widths[i] > least)
            widths[i] = widths[i] > least + excess ? widths[i] - excess : least;
    }
}

void text_table_print(const struct text_table *table, FILE *stream, size_t most_columns,
                      bool colour)
{
    size_t widths[TEXT_TABLE_COLUMNS_MAX];
    fit(table, most_columns, widths);
    for (size_t i = 0; i < table->column_count; i++) {
        const struct cell header = {(char *)table->columns[i].header, STYLE_BOLD};
        print_cell(table, i, widths[i], &header, stream, colour);
    }
    fputc('\n', stream);
    for (size_t row = 0; row < table->rows; row++) {
        for (size_t i = 0; i < table->column_count; i++)
            print_cell(table, i, widths[i], &table->cells[row * table->column_count + i], stream,
                       colour);
        fputc('\n', stream);
    }
}
