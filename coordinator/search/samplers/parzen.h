/* parzen.h - a density over the search space, made of one kernel for each of some candidates.
 *
 * The estimator of J. Bergstra, R. Bardenet, Y. Bengio and B. Kegl, "Algorithms for hyper-parameter
 * optimization", NeurIPS 2011, section 4. Numbers live on the unit interval of their own scale (an
 * int or an ordered grid at the middles of equal cells), where a kernel is a normal cut off at the
 * interval's ends; a choice's kernel is its candidate's value, smoothed. One further component is
 * the prior: the space's own distribution.
 *
 * Joint, a kernel covers all parameters at once, along the tree of the space: what a candidate has
 * not, as its schedule has no such parameter, its kernel takes from the prior. So the density is
 * one over whole candidates, and a parameter is learned with the choice that brings it as with all
 * others. Single, each parameter has a density of its own, of the candidates that have it. */
#ifndef LRSWEEP_COORDINATOR_SEARCH_SAMPLERS_PARZEN_H
#define LRSWEEP_COORDINATOR_SEARCH_SAMPLERS_PARZEN_H

#include "common/random.h"
#include "common/space.h"

#include <stdbool.h>
#include <stddef.h>

struct parzen_place {
    double at;
    size_t kernel;
};

struct parzen {
    const struct space *space;
    bool choice[SPACE_MAX];      /* the parameter's values have no order */
    size_t ordered[SPACE_MAX];   /* the number of its values, which have one; 0: a continuum */
    double log_range[SPACE_MAX]; /* of log-uniform ones: log (high / low) */
    size_t count, room;          /* kernels; the prior comes on top */
    double prior_weight;         /* a candidate's kernel has 1 */
    double draw_factor; /* what is drawn from is so much wider than the density's kernels */
    double *weight;     /* [room] */
    double total, share_total[SPACE_MAX]; /* of the weights and shares, and the prior's */
    /* [space.count][room] each: */
    double *center;                         /* unit coordinate, index of a choice, NaN: has none */
    double *width;                          /* of the normal */
    double *inverse, *offset;               /* 1 / width and centre / width; 0: has none */
    double *scale;                          /* 1 / (width sqrt(2 pi) mass in [0, 1]); 1: has none */
    double *share;                          /* the weight; 0: has none */
    double hit[SPACE_MAX], miss[SPACE_MAX]; /* a choice's kernel at its value, at others */
    double *exponent, *factor; /* of the kernels at the point in hand: density factor e^exponent */
    double *work;
    struct parzen_place *places;
};

/* For at most `room` kernels. False: out of memory. */
bool parzen_create(struct parzen *parzen, const struct space *space, size_t room,
                   double prior_weight);
void parzen_destroy(struct parzen *parzen);

/* No kernels. */
void parzen_clear(struct parzen *parzen);

/* A kernel at point[space.count] (parzen_point), with the weight of so many candidates. */
void parzen_add(struct parzen *parzen, const double *point, double weight);

/* Sets the kernels' widths, when all are there. With n kernels and d parameters on average, a joint
 * kernel's is 1.06 s n^(-1 / (d + 4)), s the deviation of the centres (D. W. Scott, "Multivariate
 * density estimation", 1992, section 6.3; BOHB's rule), and a single kernel's the distance to the
 * farther of its neighbours, among which are the interval's ends and middle (Bergstra et al.). None
 * is below 1 / (2 min(n + 2, 100)), nor below half a cell where values are ordered. From joint
 * kernels is drawn as if they were 1.5 times as wide, so that the best found early do not bind the
 * search: BOHB's bandwidth factor, which is 3 there and misses the exact place of a smooth minimum.
 */
void parzen_fit(struct parzen *parzen, bool joint);

/* Draws a candidate as unit coordinates (indices of choices), NaN where it has none: all of it
 * (joint), or parameter `index` alone. */
void parzen_draw(const struct parzen *parzen, struct random_stream *stream, double *point);
void parzen_draw_single(const struct parzen *parzen, struct random_stream *stream, size_t index,
                        double *point);

/* The logarithm of the density at a point: of all of it, or of parameter `index` alone. */
double parzen_log_density(const struct parzen *parzen, const double *point);
double parzen_log_density_single(const struct parzen *parzen, size_t index, const double *point);

/* The point of a candidate, and the candidate at a point: unit coordinates, indices of choices, NaN
 * where it has none. */
void parzen_point(const struct parzen *parzen, const double *values, double *point);
void parzen_values(const struct parzen *parzen, const double *point, double *values);

#endif
