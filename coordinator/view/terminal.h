/* terminal.h - how large what is written to is, and what it can show. */
#ifndef LRSWEEP_COORDINATOR_VIEW_TERMINAL_H
#define LRSWEEP_COORDINATOR_VIEW_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct terminal_size {
    unsigned columns, rows;
};

/* That of the terminal that `stream` is; where it is none, or does not tell, what COLUMNS and LINES
 * in the environment say; else 80 columns and 24 rows. */
struct terminal_size terminal_size_of(FILE *stream);

/* Columns of the terminal that `stream` is; `elsewhere`, if it is none or does not tell. */
size_t terminal_columns(FILE *stream, size_t elsewhere);

/* Whether block and Braille characters can be written: the character set (setlocale is called by
 * main) is UTF-8. */
bool terminal_blocks(void);

/* Length in bytes of the first `columns` columns of a line, which may hold escape sequences for
 * colours; they take none. */
size_t terminal_cut(const char *line, size_t columns);

#endif
