/* adam.c - Adam (Kingma and Ba 2015, algorithm 1) as torch.optim.Adam has it:
 *
 *   g = g + weight_decay w;  m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g g;
 *   w = w - lr / (1 - beta1^t) m / (sqrt(v) / sqrt(1 - beta2^t) + eps).
 */
#include "common/portability.h"
#include "worker/trainer/optimizer.h"

#include <math.h>

enum { BETA1, BETA2, EPS, WEIGHT_DECAY };
enum {
    SCALAR_BETA1,
    SCALAR_REST1,
    SCALAR_BETA2,
    SCALAR_REST2,
    SCALAR_EPS,
    SCALAR_DECAY,
    STEP,
    ROOT
};
enum { MEAN, SQUARE };

static bool configure(struct optimizer *optimizer, const struct settings *train, bool clipped,
                      struct refusal *refusal)
{
    (void)clipped;
    double *parameter = optimizer->parameter;
    if (!settings_number(train, "beta1", &parameter[BETA1], refusal) ||
        !settings_number(train, "beta2", &parameter[BETA2], refusal) ||
        !settings_number(train, "eps", &parameter[EPS], refusal) ||
        !settings_number(train, "weight_decay", &parameter[WEIGHT_DECAY], refusal))
        return false;
    optimizer->state_count = 2;
    optimizer->state_name[MEAN] = "exp_avg";
    optimizer->state_name[SQUARE] = "exp_avg_sq";
    optimizer->accumulates = false;
    return true;
}

static void begin(struct optimizer *optimizer, double lr)
{
    const double *parameter = optimizer->parameter;
    real *scalar = optimizer->scalar;
    double t = (double)++optimizer->steps;
    scalar[SCALAR_BETA1] = (real)parameter[BETA1];
    scalar[SCALAR_REST1] = (real)(1 - parameter[BETA1]);
    scalar[SCALAR_BETA2] = (real)parameter[BETA2];
    scalar[SCALAR_REST2] = (real)(1 - parameter[BETA2]);
    scalar[SCALAR_EPS] = (real)parameter[EPS];
    scalar[SCALAR_DECAY] = (real)parameter[WEIGHT_DECAY];
    scalar[STEP] = (real)(lr / (1 - pow(parameter[BETA1], t)));
    scalar[ROOT] = (real)(1 / sqrt(1 - pow(parameter[BETA2], t)));
}

MULTIVERSION static void moments(real *restrict weights, real *restrict mean, real *restrict square,
                                 const real *restrict gradient, size_t count, const real *scalar,
                                 real decay)
{
    real beta1 = scalar[SCALAR_BETA1], rest1 = scalar[SCALAR_REST1];
    real beta2 = scalar[SCALAR_BETA2], rest2 = scalar[SCALAR_REST2];
    real eps = scalar[SCALAR_EPS];
    real step = scalar[STEP], root = scalar[ROOT];
    for (size_t i = 0; i < count; i++) {
        real g = gradient[i] + decay * weights[i];
        real m = beta1 * mean[i] + rest1 * g;
        real v = beta2 * square[i] + rest2 * (g * g);
        mean[i] = m;
        square[i] = v;
#ifdef LRSWEEP_DOUBLE
        weights[i] -= step * (m / (sqrt(v) * root + eps));
#else
        weights[i] -= step * (m / (sqrtf(v) * root + eps));
#endif
    }
}

static void update(const struct optimizer *optimizer, const struct optimizer_part *part,
                   real *weights, const real *gradient)
{
    moments(weights, optimizer->state[MEAN] + part->offset, optimizer->state[SQUARE] + part->offset,
            gradient, part->count, optimizer->scalar,
            part->decayed ? optimizer->scalar[SCALAR_DECAY] : 0);
}

const struct optimizer_class optimizer_adam = {
    .name = "adam", .configure = configure, .begin = begin, .update = update};
