/* median.h - the median, which a few wild values do not move. */
#ifndef LRSWEEP_COMMON_MEDIAN_H
#define LRSWEEP_COMMON_MEDIAN_H

#include <stddef.h>

/* Sorts values[count], none of them NaN. NaN if there are none. */
double median(double *values, size_t count);

#endif
