/* text_table.h - columns of text that line up. */
#ifndef LRSWEEP_COORDINATOR_VIEW_TEXT_TABLE_H
#define LRSWEEP_COORDINATOR_VIEW_TEXT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TEXT_TABLE_COLUMNS_MAX 12

enum text_style { STYLE_PLAIN, STYLE_BOLD, STYLE_GREEN, STYLE_RED, STYLE_YELLOW, STYLE_DIM };

/* The escape sequences around a styled text; "" for STYLE_PLAIN and where colour is false. */
const char *text_style_begin(enum text_style style, bool colour);
const char *text_style_end(enum text_style style, bool colour);

/* Whether `stream` is a terminal that understands escape sequences: TERM is set, and not "dumb",
 * and no launcher stands between. */
bool text_style_terminal(FILE *stream);

/* Whether to write to it in colour: such a terminal, unless NO_COLOR is set and not empty
 * (https://no-color.org). */
bool text_style_colour(FILE *stream);

struct text_column {
    const char *header;
    bool right;    /* numbers stand to the right */
    bool flexible; /* its cells are cut where the table would be too wide; one column at most */
};

struct text_table;

/* `columns` [count] is borrowed. NULL: out of memory. */
struct text_table *text_table_create(const struct text_column *columns, size_t count);
void text_table_destroy(struct text_table *table);

/* Leaves a column, any but the first, out of what is printed. */
void text_table_hide(struct text_table *table, size_t column);

/* Adds a row of `count` cells, which are copied. styles may be NULL. False: out of memory. */
bool text_table_row(struct text_table *table, const char *const *cells,
                    const enum text_style *styles);

/* Header and rows; each column as wide as its widest cell, two spaces between them, the flexible
 * one narrower where the whole would take more than `most_columns`. */
void text_table_print(const struct text_table *table, FILE *stream, size_t most_columns,
                      bool colour);

#endif
