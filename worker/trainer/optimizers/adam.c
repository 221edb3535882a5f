/* adam.c - Adam (Kingma and Ba 2015, algorithm 1), AdamW (Loshchilov and Hutter 2019, algorithm 2)
 * and their AMSGrad forms (Reddi et al. 2018, algorithm 2) as torch.optim.Adam and AdamW have them:
 *
 *   Adam:  g = g + weight_decay w;  AdamW:  w = w - lr weight_decay w;
 *   m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g g;  AMSGrad:  v' = max(v', v), else
 * v; w = w - lr / (1 - beta1^t) m / (sqrt(v') / sqrt(1 - beta2^t) + eps).
 */
#include "common/portability.h"
#include "worker/trainer/optimizers/moments.h"

#include <math.h>

enum { STEP = MOMENTS_SCALARS, ROOT, DECAY, KEEP };
enum { LARGEST = MOMENTS_STATES };

static bool configure(struct optimizer *optimizer, const struct settings *train, bool clipped,
                      struct refusal *refusal)
{
    (void)clipped;
    bool amsgrad;
    if (!moments_configure(optimizer, train, refusal) ||
        !settings_bool(train, "amsgrad", &amsgrad, refusal))
        return false;
    optimizer->state_count += amsgrad;
    optimizer->step_length = amsgrad ? STEP_LENGTH_OWN : STEP_LENGTH_RATE;
    optimizer->state_name[LARGEST] = "max_exp_avg_sq";
    return true;
}

static void begin(struct optimizer *optimizer, double lr)
{
    const double *parameter = optimizer->parameter;
    real *scalar = optimizer->scalar;
    double t = moments_begin(optimizer);
    scalar[STEP] = (real)(lr / (1 - pow(parameter[MOMENTS_BETA1], t)));
    scalar[ROOT] = (real)(1 / sqrt(1 - pow(parameter[MOMENTS_BETA2], t)));
    scalar[DECAY] = (real)parameter[MOMENTS_WEIGHT_DECAY];
    scalar[KEEP] = (real)(1 - lr * parameter[MOMENTS_WEIGHT_DECAY]);
}

/* decay: of Adam, 0 for AdamW; keep: of AdamW, 1 for Adam. */
MULTIVERSION static void moments(real *restrict weights, real *restrict mean, real *restrict square,
                                 const real *restrict gradient, size_t count, const real *scalar,
                                 real decay, real keep)
{
    real beta1 = scalar[SCALAR_BETA1], rest1 = scalar[SCALAR_REST1];
    real beta2 = scalar[SCALAR_BETA2], rest2 = scalar[SCALAR_REST2];
    real eps = scalar[SCALAR_EPS], step = scalar[STEP], root = scalar[ROOT];
    for (size_t i = 0; i < count; i++) {
        real g = gradient[i] + decay * weights[i];
        real m = beta1 * mean[i] + rest1 * g;
        real v = beta2 * square[i] + rest2 * (g * g);
        mean[i] = m;
        square[i] = v;
        weights[i] = keep * weights[i] - step * (m / (REAL_SQRT(v) * root + eps));
    }
}

MULTIVERSION static void moments_amsgrad(real *restrict weights, real *restrict mean,
                                         real *restrict square, real *restrict largest,
                                         const real *restrict gradient, size_t count,
                                         const real *scalar, real decay, real keep)
{
    real beta1 = scalar[SCALAR_BETA1], rest1 = scalar[SCALAR_REST1];
    real beta2 = scalar[SCALAR_BETA2], rest2 = scalar[SCALAR_REST2];
    real eps = scalar[SCALAR_EPS], step = scalar[STEP], root = scalar[ROOT];
    for (size_t i = 0; i < count; i++) {
        real g = gradient[i] + decay * weights[i];
        real m = beta1 * mean[i] + rest1 * g;
        real v = beta2 * square[i] + rest2 * (g * g);
        real top = largest[i] > v ? largest[i] : v; /* v, too, where it is not a number */
        mean[i] = m;
        square[i] = v;
        largest[i] = top;
        weights[i] = keep * weights[i] - step * (m / (REAL_SQRT(top) * root + eps));
    }
}

static void apply(const struct optimizer *optimizer, const struct optimizer_part *part,
                  real *weights, const real *gradient, real decay, real keep)
{
    real *mean = optimizer->state[MOMENTS_MEAN] + part->offset;
    real *square = optimizer->state[MOMENTS_SQUARE] + part->offset;
    if (optimizer->state_count > LARGEST)
        moments_amsgrad(weights, mean, square, optimizer->state[LARGEST] + part->offset, gradient,
                        part->count, optimizer->scalar, decay, keep);
    else
        moments(weights, mean, square, gradient, part->count, optimizer->scalar, decay, keep);
}

static void update_coupled(const struct optimizer *optimizer, const struct optimizer_part *part,
                           real *weights, const real *gradient)
{
    apply(optimizer, part, weights, gradient, part->decayed ? optimizer->scalar[DECAY] : 0, 1);
}

static void update_decoupled(const struct optimizer *optimizer, const struct optimizer_part *part,
                             real *weights, const real *gradient)
{
    apply(optimizer, part, weights, gradient, 0, part->decayed ? optimizer->scalar[KEEP] : 1);
}

const struct optimizer_class optimizer_adam = {
    .name = "adam", .configure = configure, .begin = begin, .update = update_coupled};

const struct optimizer_class optimizer_adamw = {
    .name = "adamw", .configure = configure, .begin = begin, .update = update_decoupled};
