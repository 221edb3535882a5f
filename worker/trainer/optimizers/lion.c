/* lion.c - Lion, steps that are signs alone (Chen et al. 2023, algorithm 2):
 *
 *   c = beta1 m + (1 - beta1) g;  w = w - lr (sign(c) + weight_decay w);  m = beta2 m + (1 - beta2)
 * g.
 */
#include "common/portability.h"
#include "worker/trainer/optimizer.h"

enum { BETA1, BETA2, WEIGHT_DECAY };
enum { SCALAR_BETA1, SCALAR_REST1, SCALAR_BETA2, SCALAR_REST2, LR, KEEP };

static bool configure(struct optimizer *optimizer, const struct settings *train, bool clipped,
                      struct refusal *refusal)
{
    (void)clipped;
    double *parameter = optimizer->parameter;
    optimizer->state_count = 1;
    optimizer->state_name[0] = "exp_avg";
    optimizer->step_length = STEP_LENGTH_RATE;
    return settings_number(train, "beta1", &parameter[BETA1], refusal) &&
           settings_number(train, "beta2", &parameter[BETA2], refusal) &&
           settings_number(train, "weight_decay", &parameter[WEIGHT_DECAY], refusal);
}

static void begin(struct optimizer *optimizer, double lr)
{
    const double *parameter = optimizer->parameter;
    real *scalar = optimizer->scalar;
    optimizer->steps++;
    scalar[SCALAR_BETA1] = (real)parameter[BETA1];
    scalar[SCALAR_REST1] = (real)(1 - parameter[BETA1]);
    scalar[SCALAR_BETA2] = (real)parameter[BETA2];
    scalar[SCALAR_REST2] = (real)(1 - parameter[BETA2]);
    scalar[LR] = (real)lr;
    scalar[KEEP] = (real)(1 - lr * parameter[WEIGHT_DECAY]);
}

MULTIVERSION static void apply(real *restrict weights, real *restrict mean,
                               const real *restrict gradient, size_t count, const real *scalar,
                               real keep)
{
    real beta1 = scalar[SCALAR_BETA1], rest1 = scalar[SCALAR_REST1];
    real beta2 = scalar[SCALAR_BETA2], rest2 = scalar[SCALAR_REST2], lr = scalar[LR];
    for (size_t i = 0; i < count; i++) {
        real g = gradient[i], m = mean[i];
        real c = beta1 * m + rest1 * g;
        /* 0 has no sign; what is not a number stays so, or a run that broke would look like one
         * that stands still. */
        real below = c < 0 ? -lr : c * 0;
        real step = c > 0 ? lr : below;
        weights[i] = keep * weights[i] - step;
        mean[i] = beta2 * m + rest2 * g;
    }
}

static void update(const struct optimizer *optimizer, const struct optimizer_part *part,
                   real *weights, const real *gradient)
{
    apply(weights, optimizer->state[0] + part->offset, gradient, part->count, optimizer->scalar,
          part->decayed ? optimizer->scalar[KEEP] : 1);
}

const struct optimizer_class optimizer_lion = {
    .name = "lion", .configure = configure, .begin = begin, .update = update};
