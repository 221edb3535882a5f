/* curves.h - a family of synthetic learning curves, for the simulator.
 *
 * x is how many decades a candidate's rate lies above a reference rate, t the share of the full
 * budget that was trained. The validation value is
 *
 *   floor + CURVATURE max(x, 0)^2 + quality + (initial - floor) (1 + 10^x t / TAU)^(-ALPHA),
 *
 * times (1 + noise): a power law of the number of steps (Hestness et al. 2017 and Domhan et al.
 * 2015 find curves of this kind) that a higher rate runs through faster, to a level that is higher
 * above the reference rate. So curves cross: what leads early is not always best in the end, and
 * the best rate lies somewhat above the reference. `quality` stands for all that is searched
 * besides the rate: half the square of a normal number, its own for each candidate.
 *
 * Above the edge, EDGE_DECADES above the reference, a trial stays at `initial` and diverges within
 * the first few hundredths of its full budget, as DESIGN's table of measured runs shows. */
#ifndef LRSWEEP_COORDINATOR_SEARCH_CURVES_H
#define LRSWEEP_COORDINATOR_SEARCH_CURVES_H

#include "coordinator/search/simulator.h"

struct curves {
    uint64_t seed;
    double initial, floor; /* values of an untrained and of a perfectly trained model */
    double quality;        /* scale of what other parameters add */
    double noise;          /* relative standard deviation of a validation */
    double diverging;      /* share of the range of rates, on a log scale, that diverges: 0 to 1 */
};

/* Values of a ten-class problem: 2.303, 0.3, quality 0.1, noise 0.5 %, nothing diverges. */
struct curves curves_default(uint64_t seed);

/* For a simulator; `curves` is borrowed. */
struct simulator_learning curves_learning(const struct curves *curves);

/* The value of this trial at a step, without the noise. */
double curves_expected(const struct curves *curves, const struct search *search, uint32_t trial,
                       uint64_t step);

#endif
