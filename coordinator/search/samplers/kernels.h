/* kernels.h - the loops over all kernels of a density (parzen.h), which the compiler vectorises: a
 * sampler that learns spends its time here.
 *
 * What they give does not depend on the width of the vectors: sums are taken in a fixed number of
 * lanes, and e^x is this file's own, so that a search is replayed alike on another machine. */
#ifndef LRSWEEP_COORDINATOR_SEARCH_SAMPLERS_KERNELS_H
#define LRSWEEP_COORDINATOR_SEARCH_SAMPLERS_KERNELS_H

#include <stddef.h>

/* Arrays that kernels_sum is given have room for so many more numbers than they hold. */
#define KERNELS_LANES 8

/* Multiplies each kernel's density, factor e^exponent, by scale e^(-(inverse at - offset)^2 / 2).
 */
void kernels_normal(double *exponent, double *factor, const double *inverse, const double *offset,
                    const double *scale, double at, size_t count);

/* Multiplies factor by `hit` where the centre is `at`, by `prior` where it is NaN, else by `miss`.
 */
void kernels_choice(double *factor, const double *center, double at, double hit, double miss,
                    double prior, size_t count);

/* The sum of factor e^exponent, no exponent being above 0. Each e^x is within 1e-8 of itself, or 0
 * below e^-700. Changes both arrays. */
double kernels_sum(double *exponent, double *factor, size_t count);

/* Sets scale to 1 / (width sqrt(2 pi) mass), the factor of a normal that is cut off at the ends of
 * the unit interval, in which it has the share `mass`: inverse is 1 / width, offset centre / width.
 * An inverse of 0 gives 1. The mass is within 2e-7 (Abramowitz and Stegun, "Handbook of
 * mathematical functions", 1964, 7.1.26). work: [2][count]. */
void kernels_scales(double *scale, const double *inverse, const double *offset, double *work,
                    size_t count);

#endif
