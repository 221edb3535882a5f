/* lamb.c - LAMB, Adam with a rate of each tensor's own (You et al. 2020, algorithm 2):
 *
 *   m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g g;
 *   r = m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps) + weight_decay w;
 *   w = w - lr |w| / |r| r.
 *
 * |w| / |r| is 1 where one of them is 0; and for biases and normalisation, which are not decayed
 * either, as the authors' own program has it (decay_all: both apply to all). */
#include "common/portability.h"
#include "worker/trainer/optimizers/moments.h"

#include <math.h>

enum { LR = MOMENTS_PARAMETERS };
enum { FIRST = MOMENTS_SCALARS, ROOT };

static bool configure(struct optimizer *optimizer, const struct settings *train, bool clipped,
                      struct refusal *refusal)
{
    (void)clipped;
    optimizer->whole_tensors = true;
    bool good = moments_configure(optimizer, train, refusal);
    optimizer->step_length = STEP_LENGTH_OWN;
    return good;
}

static void begin(struct optimizer *optimizer, double lr)
{
    double *parameter = optimizer->parameter;
    real *scalar = optimizer->scalar;
    double t = moments_begin(optimizer);
    parameter[LR] = lr;
    scalar[FIRST] = (real)(1 / (1 - pow(parameter[MOMENTS_BETA1], t)));
    scalar[ROOT] = (real)(1 / sqrt(1 - pow(parameter[MOMENTS_BETA2], t)));
}

/* Moves the moments on; returns |w| and |r|, squared. r itself is made again where it is applied,
 * which is cheaper than an array for it. */
MULTIVERSION static void moments(const real *restrict weights, real *restrict mean,
                                 real *restrict square, const real *restrict gradient, size_t count,
                                 const real *scalar, real decay, double *weight_squares,
                                 double *direction_squares)
{
    real beta1 = scalar[SCALAR_BETA1], rest1 = scalar[SCALAR_REST1];
    real beta2 = scalar[SCALAR_BETA2], rest2 = scalar[SCALAR_REST2];
    real eps = scalar[SCALAR_EPS], first = scalar[FIRST], root = scalar[ROOT];
    double of_weights = 0, of_direction = 0;
#pragma omp simd reduction(+ : of_weights, of_direction)
    for (size_t i = 0; i < count; i++) {
        real g = gradient[i], w = weights[i];
        real m = beta1 * mean[i] + rest1 * g;
        real v = beta2 * square[i] + rest2 * (g * g);
        real r = first * m / (REAL_SQRT(v) * root + eps) + decay * w;
        mean[i] = m;
        square[i] = v;
        of_weights += (double)w * (double)w;
        of_direction += (double)r * (double)r;
    }
    *weight_squares = of_weights;
    *direction_squares = of_direction;
}

MULTIVERSION static void apply(real *restrict weights, const real *restrict mean,
                               const real *restrict square, size_t count, const real *scalar,
                               real decay, real step)
{
    real eps = scalar[SCALAR_EPS], first = scalar[FIRST], root = scalar[ROOT];
    for (size_t i = 0; i < count; i++) {
        real r = first * mean[i] / (REAL_SQRT(square[i]) * root + eps) + decay * weights[i];
        weights[i] -= step * r;
    }
}

static void update(const struct optimizer *optimizer, const struct optimizer_part *part,
                   real *weights, const real *gradient)
{
    const double *parameter = optimizer->parameter;
    real *mean = optimizer->state[MOMENTS_MEAN] + part->offset;
    real *square = optimizer->state[MOMENTS_SQUARE] + part->offset;
    real decay = part->decayed ? (real)parameter[MOMENTS_WEIGHT_DECAY] : 0;
    double weight_squares, direction_squares, ratio = 1;
    moments(weights, mean, square, gradient, part->count, optimizer->scalar, decay, &weight_squares,
            &direction_squares);
    if (part->decayed && weight_squares != 0 && direction_squares != 0)
        ratio = sqrt(weight_squares) / sqrt(direction_squares);
    apply(weights, mean, square, part->count, optimizer->scalar, decay,
          (real)(parameter[LR] * ratio));
}

const struct optimizer_class optimizer_lamb = {
    .name = "lamb", .configure = configure, .begin = begin, .update = update};
