/* plot_canvas.h - a picture of characters: dots two by four to a cell, bars, and single signs. */
#ifndef LRSWEEP_COORDINATOR_VIEW_PLOT_CANVAS_H
#define LRSWEEP_COORDINATOR_VIEW_PLOT_CANVAS_H

#include "coordinator/view/text_table.h"

#include <stddef.h>
#include <stdio.h>

#define CANVAS_COLUMNS_MAX 200
#define CANVAS_ROWS_MAX    40

struct canvas_cell {
    unsigned char dots;    /* bit 4 column + row of a dot, from the upper left */
    unsigned char eighths; /* of a bar */
    const char *sign;      /* NULL: none; it hides the rest */
    enum text_style style;
};

struct canvas {
    size_t columns, rows;
    struct canvas_cell cells[CANVAS_ROWS_MAX][CANVAS_COLUMNS_MAX];
};

/* No larger than the maximum; given back with free. NULL: out of memory. */
struct canvas *canvas_create(size_t columns, size_t rows);

/* Shares from 0 (left, bottom) to 1. */
void canvas_line(struct canvas *canvas, double x0, double y0, double x1, double y1,
                 enum text_style style);

/* A bar of at least an eighth of a row. */
void canvas_bar(struct canvas *canvas, size_t column, double height, enum text_style style);

/* `sign` is borrowed; row 0 is the uppermost. */
void canvas_sign(struct canvas *canvas, size_t column, size_t row, const char *sign,
                 enum text_style style);

/* blocks: Braille patterns and blocks in UTF-8; else ASCII. */
void canvas_print_row(FILE *stream, const struct canvas *canvas, size_t row, bool blocks,
                      bool colour);

#endif
