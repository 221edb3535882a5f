/* plot.h - curves, points and bars in a few lines of text. */
#ifndef LRSWEEP_COORDINATOR_VIEW_PLOT_H
#define LRSWEEP_COORDINATOR_VIEW_PLOT_H

#include "coordinator/view/text_table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum plot_kind {
    PLOT_LINE,   /* points that are joined; one that is not finite is a gap */
    PLOT_POINTS, /* `sign` at each point */
    PLOT_BARS /* from the bottom up; x grows evenly (by the same factor, if x is logarithmic), and
                 each column is the mean of what falls into it; an x stands for what is missing */
};

struct plot_series {
    enum plot_kind kind;
    const double *x, *y; /* [count] */
    size_t count;
    const char *sign;      /* of one column */
    enum text_style style; /* where there is colour; later series are drawn over earlier ones */
};

struct plot_mark {
    double x;         /* NaN: no mark */
    const char *sign; /* of one column */
};

struct plot {
    const struct plot_series *series;
    size_t series_count;
    bool x_log, y_log; /* then only values above 0 are drawn; y is linear where one is negative */
    double x_low, x_high;          /* NaN: those of the data */
    double y_low, y_high;          /* likewise; what lies outside is drawn at the edge */
    const struct plot_mark *marks; /* below the plot, above the axis */
    size_t mark_count;
    size_t width, rows; /* columns that a line may take; rows of the picture itself */
    bool blocks;        /* Braille and eighths of blocks in UTF-8, else ASCII */
    bool colour;
};

/* Prints `rows` lines with the highest and the lowest value beside them, the marks if there are
 * any, and the axis. Nothing where no value is finite, all are the same or the width is too small.
 */
void plot_print(FILE *stream, const struct plot *plot);

#endif
