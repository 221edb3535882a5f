/* thin.h - fewer points that look like all of them. */
#ifndef LRSWEEP_COORDINATOR_REPORT_THIN_H
#define LRSWEEP_COORDINATOR_REPORT_THIN_H

#include <stddef.h>

/* Chooses `keep` (3 at least) of the points of a curve so that its shape stays, peaks and steps
 * included: largest triangle, three buckets (S. Steinarsson, Downsampling Time Series for Visual
 * Representation, University of Iceland 2013, section 4.2). x [count] ascends; x and y are finite.
 * chosen [keep] gets places, ascending, the first and the last point among them. Returns how many:
 * all, if there are no more than `keep`. */
size_t thin_curve(const double *x, const double *y, size_t count, size_t keep, size_t *chosen);

#endif
