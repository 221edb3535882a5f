/* find_plot.h - the curve of a range test in a few lines of text. */
#ifndef LRSWEEP_COORDINATOR_FIND_FIND_PLOT_H
#define LRSWEEP_COORDINATOR_FIND_FIND_PLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct find_plot {
    const double *lr;   /* [count], growing by the same factor */
    const double *loss; /* [count], smoothed; NaN: none */
    size_t count;
    double top; /* higher losses are cut off here */
    struct {
        double lr;        /* NaN: no mark */
        const char *sign; /* of one column */
    } marks[3];
    size_t width; /* columns that a line may take */
    bool blocks;  /* eighths of blocks in UTF-8, else ASCII */
};

/* Bars from the lowest loss up, an x where a loss is missing, the marks and the rates below.
 * Nothing where no loss is finite or the width is too small. */
void find_plot_print(FILE *stream, const struct find_plot *plot);

#endif
