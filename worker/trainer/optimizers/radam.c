/* radam.c - rectified Adam (Liu et al. 2020, algorithm 2) as torch.optim.RAdam has it:
 *
 *   g = g + weight_decay w;  m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g g;
 *   rho_inf = 2 / (1 - beta2) - 1;  rho_t = rho_inf - 2 t beta2^t / (1 - beta2^t);
 *   w = w - lr / (1 - beta1^t) m                                          where rho_t <= 5, else
 *   w = w - lr / (1 - beta1^t) r_t m sqrt(1 - beta2^t) / (sqrt(v) + eps),
 *   r_t^2 = (rho_t - 4) (rho_t - 2) rho_inf / ((rho_inf - 4) (rho_inf - 2) rho_t).
 */
#include "common/portability.h"
#include "worker/trainer/optimizers/moments.h"

#include <math.h>

enum { DECAY = MOMENTS_SCALARS, STEP, RECTIFIED };

static bool configure(struct optimizer *optimizer, const struct settings *train, bool clipped,
                      struct refusal *refusal)
{
    (void)clipped;
    return moments_configure(optimizer, train, refusal);
}

static void begin(struct optimizer *optimizer, double lr)
{
    const double *parameter = optimizer->parameter;
    real *scalar = optimizer->scalar;
    double t = moments_begin(optimizer), beta2 = parameter[MOMENTS_BETA2];
    double correction2 = 1 - pow(beta2, t), limit = 2 / (1 - beta2) - 1;
    double length = limit - 2 * t * pow(beta2, t) / correction2;
    double step = lr / (1 - pow(parameter[MOMENTS_BETA1], t));
    bool rectified = length > 5;
    if (rectified)
        step *= sqrt(correction2) *
                sqrt((length - 4) * (length - 2) * limit / ((limit - 4) * (limit - 2) * length));
    scalar[DECAY] = (real)parameter[MOMENTS_WEIGHT_DECAY];
    scalar[STEP] = (real)step;
    scalar[RECTIFIED] = rectified;
}

MULTIVERSION static void moments(real *restrict weights, real *restrict mean, real *restrict square,
                                 const real *restrict gradient, size_t count, const real *scalar,
                                 real decay)
{
    real beta1 = scalar[SCALAR_BETA1], rest1 = scalar[SCALAR_REST1];
    real beta2 = scalar[SCALAR_BETA2], rest2 = scalar[SCALAR_REST2];
    real eps = scalar[SCALAR_EPS], step = scalar[STEP];
    bool rectified = scalar[RECTIFIED] != 0;
    for (size_t i = 0; i < count; i++) {
        real g = gradient[i] + decay * weights[i];
        real m = beta1 * mean[i] + rest1 * g;
        real v = beta2 * square[i] + rest2 * (g * g);
        mean[i] = m;
        square[i] = v;
        weights[i] -= step * (m / (rectified ? REAL_SQRT(v) + eps : 1));
    }
}

static void update(const struct optimizer *optimizer, const struct optimizer_part *part,
                   real *weights, const real *gradient)
{
    moments(weights, optimizer->state[MOMENTS_MEAN] + part->offset,
            optimizer->state[MOMENTS_SQUARE] + part->offset, gradient, part->count,
            optimizer->scalar, part->decayed ? optimizer->scalar[DECAY] : 0);
}

const struct optimizer_class optimizer_radam = {
    .name = "radam", .configure = configure, .begin = begin, .update = update};
