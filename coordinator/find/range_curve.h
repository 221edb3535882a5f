/* range_curve.h - what one run of a learning-rate range test tells: rates for training, the edge of
 * divergence, and bounds for a search.
 *
 * The test is Smith's ("Cyclical learning rates for training neural networks", WACV 2017, section
 * 3.3), with rates that grow exponentially as Gugger and Howard do it in fastai: one short run
 * whose rate grows by the same factor at every step. Its loss stays flat, falls, and rises again.
 *
 * Pure: a curve in, suggestions out. What made others suggest nonsense, and what is done here:
 * - A single early spike is the steepest place of a raw curve (Lightning issue 1767; skipping some
 *   points at both ends helps against spikes there alone), and a mean smears a spike over its
 *   window. Here a running median takes spikes out before anything else looks at the curve, and
 *   slopes are looked for only where the loss has visibly left its start.
 * - An exponential average that begins at 0, or lags behind, moves the curve towards higher rates
 *   (Lightning issue 14167). The windows here are centred.
 * - A NaN wins every comparison for the minimum or the steepest slope (Lightning issue 1850, fastai
 *   issue 3476, both mended by dropping what is not finite). Here a gap is bridged by the median,
 * and an end that is not finite is where the run diverged.
 * - Too few points, or a curve that never falls, still got a suggestion or an exception (Lightning
 *   issue 13844, fastai pull request 3458). Here a fall must stand out from the noise between one
 *   step and the next, or there is no suggestion and `status` says why. */
#ifndef LRSWEEP_COORDINATOR_FIND_RANGE_CURVE_H
#define LRSWEEP_COORDINATOR_FIND_RANGE_CURVE_H

#include <stdbool.h>
#include <stddef.h>

#define RANGE_POINTS_MIN 30 /* fewer steps tell nothing */

struct range_curve {
    size_t count;
    const double *lr;   /* [count], growing by the same factor from step to step */
    const double *loss; /* [count], of the batch that the step trains on, before the step; NaN and
                           infinity: not finite, or never reached */
    /* Of SGD; 0 for all else. Used where a loss grows without bound. */
    double momentum;
    bool nesterov;
};

enum range_status {
    RANGE_SOUND,  /* fell: there are suggestions */
    RANGE_EMPTY,  /* no loss, or hardly any, is finite */
    RANGE_RISING, /* rose without having fallen */
    RANGE_FLAT    /* neither fell nor rose */
};
#define RANGE_STATUSES 4

/* Rates that are proposed, each with its own reasoning. */
enum range_rate {
    /* Where nine tenths of the fall are done. The one that is recommended: rates from here up do
     * not learn faster, and it keeps a distance from the edge. Perceptrons on Fashion-MNIST (five
     * settings, each with SGD, momentum and Adam: tests/bench/find) trained with it came to within
     * a point of the best of a grid of 30 rates in fourteen of fifteen cases and to 1.1 points in
     * the other; with the three below they fell behind by up to 5.8, since those lie lower. */
    RANGE_KNEE,
    /* Where the smoothed loss falls fastest by log lr (Lightning's rule, and fastai's once). */
    RANGE_STEEPEST,
    /* The middle, by log lr, of the longest falling subsequence of the smoothed loss (fastai's
     * default, `valley`), from where the fall begins to stand out. */
    RANGE_VALLEY,
    /* A tenth of the rate at which the smoothed loss is lowest (Gugger's rule). */
    RANGE_MINIMUM_TENTH,
    /* The lowest rate that diverges. Where the loss grows without bound (least squares): the rate
     * at which the growth per step would be 1, worked out from the growth that is seen later; at
     * the edge itself it cannot be seen yet, since lower rates have emptied the steep directions.
     * Elsewhere: where the smoothed loss has, for good, given back half of its fall (by logarithm).
     * NaN: the curve ends below that. */
    RANGE_EDGE,
    RANGE_LOW, /* bounds for a search; NaN where the edge is: high is then the last rate */
    RANGE_HIGH
};
#define RANGE_RATES 7

struct range_result {
    enum range_status status;
    double rate[RANGE_RATES]; /* NaN: none; all are, unless the status is RANGE_SOUND */
    double start, bottom;     /* smoothed losses: at the first rates, and the lowest */
    double rising;            /* RANGE_RISING: the rate from which on it is above its start */
};

/* "knee", "steepest", "valley", "minimum/10", "edge", "low", "high". */
const char *range_rate_name(enum range_rate rate);

/* smoothed[count] is filled, with NaN behind the last finite loss. False: out of memory. */
bool range_curve_read(const struct range_curve *curve, double *smoothed,
                      struct range_result *result);

#endif
