/* plot.h - a plot as SVG: axes, lines and marks, for a paper.
 *
 * What is written is an SVG 1.1 document of its own with plain shapes and texts, which TeX's and
 * office programs' converters take: no styles, no scripts. */
#ifndef LRSWEEP_COORDINATOR_REPORT_SVG_PLOT_H
#define LRSWEEP_COORDINATOR_REPORT_SVG_PLOT_H

#include "common/verdict.h"
#include "coordinator/view/text_buffer.h"

struct plot_scale {
    double low, high; /* low < high; above 0 if `log` */
    bool log;
    const char *label;
};

struct plot {
    struct text_buffer *out;
    struct plot_scale x, y;
};

/* How a verdict is drawn: a colour of Okabe and Ito (Color Universal Design, 2008), a dash and a
 * shape, as in the page. */
struct plot_look {
    const char *colour, *dash; /* dash "": none */
    const char *shape;         /* path data around 0, from -1 to 1 */
};

const struct plot_look *plot_look(enum verdict verdict);

/* A scale that holds `values` [count] (those not finite are left out) with some room at its ends.
 * With `log` it is logarithmic, unless one is negative; zeros are left out then, and drawn at its
 * lower end. Fails if none is left. */
bool plot_scale_fit(struct plot_scale *scale, const double *values, size_t count, bool log,
                    const char *label);

/* Begins the document: the frame, the axes with ticks, labels and grid. title: for who cannot see
 * it. */
void plot_begin(const struct plot *plot, const char *title);

/* A shaded range of x over the whole height; opacity from 0 to 1. */
void plot_band(const struct plot *plot, double from, double to, const char *colour, double opacity);

/* A dashed line at x over the whole height, with a text above it. */
void plot_rule(const struct plot *plot, double x, const char *colour, const char *text);

/* A curve through the points [count] that are within the scales or clipped at them. */
void plot_line(const struct plot *plot, const double *x, const double *y, size_t count,
               const struct plot_look *look, double width, double opacity);

/* A mark; a value that is not finite stands at the upper edge. */
void plot_mark(const struct plot *plot, double x, double y, const struct plot_look *look,
               double radius, double opacity);

/* Ends the document with a key to the verdicts of which `counts` is not 0. */
void plot_end(const struct plot *plot, const size_t counts[VERDICTS]);

#endif
