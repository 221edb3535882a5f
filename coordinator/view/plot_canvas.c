/* plot_canvas.c - sets dots and prints cells. */
#include "coordinator/view/plot_canvas.h"

#include <math.h>
#include <stdlib.h>

#define EIGHTHS     8
#define DOT_COLUMNS 2
#define DOT_ROWS    4

struct canvas *canvas_create(size_t columns, size_t rows)
{
    struct canvas *canvas = calloc(1, sizeof *canvas);
    if (canvas) {
        canvas->columns = columns < CANVAS_COLUMNS_MAX ? columns : CANVAS_COLUMNS_MAX;
        canvas->rows = rows < CANVAS_ROWS_MAX ? rows : CANVAS_ROWS_MAX;
    }
    return canvas;
}

static void dot(struct canvas *canvas, size_t x, size_t y, enum text_style style)
{
    struct canvas_cell *cell = &canvas->cells[y / DOT_ROWS][x / DOT_COLUMNS];
    cell->dots |= (unsigned char)(1U << (x % DOT_COLUMNS * DOT_ROWS + y % DOT_ROWS));
    cell->style = style;
}

void canvas_line(struct canvas *canvas, double x0, double y0, double x1, double y1,
                 enum text_style style)
{
    double across = (double)(canvas->columns * DOT_COLUMNS - 1);
    double down = (double)(canvas->rows * DOT_ROWS - 1);
    double longest = fmax(fabs(x1 - x0) * across, fabs(y1 - y0) * down);
    size_t steps = (size_t)ceil(longest) + 1;
    for (size_t i = 0; i < steps; i++) {
        double share = steps > 1 ? (double)i / (double)(steps - 1) : 0;
        double x = x0 + share * (x1 - x0), y = y0 + share * (y1 - y0);
        dot(canvas, (size_t)(x * across + 0.5), (size_t)((1 - y) * down + 0.5), style);
    }
}

void canvas_bar(struct canvas *canvas, size_t column, double height, enum text_style style)
{
    int rows = (int)canvas->rows;
    int whole = 1 + (int)(height * (rows * EIGHTHS - 1) + 0.5);
    for (int row = 0; row < rows; row++) {
        int part = whole - (rows - 1 - row) * EIGHTHS;
        struct canvas_cell *cell = &canvas->cells[row][column];
        cell->eighths = (unsigned char)(part < 0 ? 0 : part > EIGHTHS ? EIGHTHS : part);
        cell->style = style;
    }
}

void canvas_sign(struct canvas *canvas, size_t column, size_t row, const char *sign,
                 enum text_style style)
{
    canvas->cells[row][column].sign = sign;
    canvas->cells[row][column].style = style;
}

/* U+2800 and the pattern, whose bits are numbered down the left column, then the right one, but for
 * the lowest row, which Braille got later. */
static void print_braille(FILE *stream, unsigned dots)
{
    static const unsigned char bits[] = {0x01, 0x02, 0x04, 0x40, 0x08, 0x10, 0x20, 0x80};
    unsigned pattern = 0;
    for (size_t i = 0; i < sizeof bits; i++)
        pattern |= dots & 1U << i ? bits[i] : 0U;
    fputc(0xe2, stream);
    fputc((int)(0xa0 | pattern >> 6), stream);
    fputc((int)(0x80 | (pattern & 0x3f)), stream);
}

static void print_cell(FILE *stream, const struct canvas_cell *cell, bool blocks)
{
    static const char *const bars[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const plain[] = {" ", ".", ".", ".", ":", ":", "|", "|", "|"};
    unsigned upper = cell->dots & 0x33, lower = cell->dots & 0xcc;
    if (cell->sign)
        fputs(cell->sign, stream);
    else if (cell->dots && blocks)
        print_braille(stream, cell->dots);
    else if (cell->dots)
        fputc(upper && lower ? ':' : upper ? '\'' : '.', stream);
    else
        fputs((blocks ? bars : plain)[cell->eighths], stream);
}

void canvas_print_row(FILE *stream, const struct canvas *canvas, size_t row, bool blocks,
                      bool colour)
{
    enum text_style style = STYLE_PLAIN;
    for (size_t column = 0; column < canvas->columns; column++) {
        const struct canvas_cell *cell = &canvas->cells[row][column];
        bool empty = !cell->sign && !cell->dots && !cell->eighths;
        enum text_style wanted = empty ? STYLE_PLAIN : cell->style;
        if (wanted != style) {
            fputs(text_style_end(style, colour), stream);
            fputs(text_style_begin(wanted, colour), stream);
            style = wanted;
        }
        print_cell(stream, cell, blocks);
    }
    fputs(text_style_end(style, colour), stream);
}
