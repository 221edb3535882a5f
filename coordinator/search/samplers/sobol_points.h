/* sobol_points.h - Sobol's sequence, plain and scrambled.
 *
 * I. M. Sobol, "On the distribution of points in a cube and the approximate evaluation of
 * integrals", USSR Comput. Math. Math. Phys. 1967, in the order of Antonov and Saleev (1979), with
 * the primitive polynomials and initial direction numbers new-joe-kuo-6 of S. Joe and F. Y. Kuo,
 * "Constructing Sobol sequences with better two-dimensional projections", SIAM J. Sci. Comput.
 * 2008.
 *
 * Scrambled as A. B. Owen, "Randomly permuted (t,m,s)-nets and (t,s)-sequences", 1995, describes:
 * in base 2 each digit is flipped or not, by a coin that belongs to the dimension and to all digits
 * before it. A scrambled net is still a net, and each of its points is uniform in the cube. */
#ifndef LRSWEEP_COORDINATOR_SEARCH_SAMPLERS_SOBOL_POINTS_H
#define LRSWEEP_COORDINATOR_SEARCH_SAMPLERS_SOBOL_POINTS_H

#include <stdint.h>

#define SOBOL_DIMENSIONS_MAX 32

/* Coordinate `dimension` (from 0) of point `index`, times 2^32; point 0 is the origin. */
uint32_t sobol_point(uint32_t index, unsigned dimension);

/* A coordinate of the point after scrambling, times 2^32. */
uint32_t sobol_scramble(uint32_t coordinate, uint64_t seed, unsigned dimension);

#endif
