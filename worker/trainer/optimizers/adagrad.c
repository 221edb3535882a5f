/* adagrad.c - Adagrad (Duchi et al. 2011) as torch.optim.Adagrad has it:
 *
 *   g = g + weight_decay w;  s = s + g g;
 *   w = w - lr / (1 + (t - 1) lr_decay) g / (sqrt(initial_accumulator_value + s) + eps).
 *
 * The state is s without the initial value, for all state starts at 0. */
#include "common/portability.h"
#include "worker/trainer/optimizer.h"

#include <math.h>

enum { LR_DECAY, INITIAL, EPS, WEIGHT_DECAY };
enum { STEP, START, SCALAR_EPS, DECAY };

static bool configure(struct optimizer *optimizer, const struct settings *train, bool clipped,
                      struct refusal *refusal)
{
    (void)clipped;
    double *parameter = optimizer->parameter;
    optimizer->state_count = 1;
    optimizer->state_name[0] = "sum";
    return settings_number(train, "lr_decay", &parameter[LR_DECAY], refusal) &&
           settings_number(train, "initial_accumulator_value", &parameter[INITIAL], refusal) &&
           settings_number(train, "eps", &parameter[EPS], refusal) &&
           settings_number(train, "weight_decay", &parameter[WEIGHT_DECAY], refusal);
}

static void begin(struct optimizer *optimizer, double lr)
{
    const double *parameter = optimizer->parameter;
    double t = (double)++optimizer->steps;
    optimizer->scalar[STEP] = (real)(lr / (1 + (t - 1) * parameter[LR_DECAY]));
    optimizer->scalar[START] = (real)parameter[INITIAL];
    optimizer->scalar[SCALAR_EPS] = (real)parameter[EPS];
    optimizer->scalar[DECAY] = (real)parameter[WEIGHT_DECAY];
}

MULTIVERSION static void apply(real *restrict weights, real *restrict sum,
                               const real *restrict gradient, size_t count, const real *scalar,
                               real decay)
{
    real step = scalar[STEP], start = scalar[START], eps = scalar[SCALAR_EPS];
    for (size_t i = 0; i < count; i++) {
        real g = gradient[i] + decay * weights[i];
        real s = sum[i] + g * g;
        sum[i] = s;
        weights[i] -= step * (g / (REAL_SQRT(start + s) + eps));
    }
}

static void update(const struct optimizer *optimizer, const struct optimizer_part *part,
                   real *weights, const real *gradient)
{
    apply(weights, optimizer->state[0] + part->offset, gradient, part->count, optimizer->scalar,
          part->decayed ? optimizer->scalar[DECAY] : 0);
}

const struct optimizer_class optimizer_adagrad = {
    .name = "adagrad", .configure = configure, .begin = begin, .update = update};
