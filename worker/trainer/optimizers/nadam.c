/* nadam.c - Adam with Nesterov's momentum (Dozat 2016) as torch.optim.NAdam has it:
 *
 *   g = g + weight_decay w;  m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g g;
 *   mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2);  P_t = mu_1 ... mu_t;
 *   w = w - (lr (1 - mu_t) / (1 - P_t) g + lr mu_(t+1) / (1 - P_t mu_(t+1)) m) / (sqrt(v / (1 -
 * beta2^t)) + eps).
 *
 * PyTorch 1.13 has P_t mu_t mu_(t+1) in the last denominator when it goes through the tensors one
 * by one; its other way, later versions and the paper have what stands here. */
#include "common/portability.h"
#include "worker/trainer/optimizers/moments.h"

#include <math.h>

enum { MOMENTUM_DECAY = MOMENTS_PARAMETERS };
enum { DECAY = MOMENTS_SCALARS, GRADIENT_STEP, MEAN_STEP, ROOT };

static bool configure(struct optimizer *optimizer, const struct settings *train, bool clipped,
                      struct refusal *refusal)
{
    (void)clipped;
    return moments_configure(optimizer, train, refusal) &&
           settings_number(train, "momentum_decay", &optimizer->parameter[MOMENTUM_DECAY], refusal);
}

static double mu(const double *parameter, double t)
{
    return parameter[MOMENTS_BETA1] * (1 - 0.5 * pow(0.96, t * parameter[MOMENTUM_DECAY]));
}

/* P_t. It is kept from step to step and in checkpoints: where a branch changes beta1, it goes on
 * from what was multiplied before, as PyTorch's mu_product does. */
static double product(struct optimizer *optimizer)
{
    if (optimizer->running_steps == 0 || optimizer->running_steps > optimizer->steps) {
        optimizer->running = 1;
        optimizer->running_steps = 0;
    }
    while (optimizer->running_steps < optimizer->steps)
        optimizer->running *= mu(optimizer->parameter, (double)++optimizer->running_steps);
    return optimizer->running;
}

static void begin(struct optimizer *optimizer, double lr)
{
    const double *parameter = optimizer->parameter;
    real *scalar = optimizer->scalar;
    double t = moments_begin(optimizer);
    double now = mu(parameter, t), next = mu(parameter, t + 1), so_far = product(optimizer);
    scalar[DECAY] = (real)parameter[MOMENTS_WEIGHT_DECAY];
    scalar[GRADIENT_STEP] = (real)(lr * (1 - now) / (1 - so_far));
    scalar[MEAN_STEP] = (real)(lr * next / (1 - so_far * next));
    scalar[ROOT] = (real)(1 / sqrt(1 - pow(parameter[MOMENTS_BETA2], t)));
}

MULTIVERSION static void moments(real *restrict weights, real *restrict mean, real *restrict square,
                                 const real *restrict gradient, size_t count, const real *scalar,
                                 real decay)
{
    real beta1 = scalar[SCALAR_BETA1], rest1 = scalar[SCALAR_REST1];
    real beta2 = scalar[SCALAR_BETA2], rest2 = scalar[SCALAR_REST2];
    real eps = scalar[SCALAR_EPS], root = scalar[ROOT];
    real gradient_step = scalar[GRADIENT_STEP], mean_step = scalar[MEAN_STEP];
    for (size_t i = 0; i < count; i++) {
        real g = gradient[i] + decay * weights[i];
        real m = beta1 * mean[i] + rest1 * g;
        real v = beta2 * square[i] + rest2 * (g * g);
        mean[i] = m;
        square[i] = v;
        weights[i] -= (gradient_step * g + mean_step * m) / (REAL_SQRT(v) * root + eps);
    }
}

static void update(const struct optimizer *optimizer, const struct optimizer_part *part,
                   real *weights, const real *gradient)
{
    moments(weights, optimizer->state[MOMENTS_MEAN] + part->offset,
            optimizer->state[MOMENTS_SQUARE] + part->offset, gradient, part->count,
            optimizer->scalar, part->decayed ? optimizer->scalar[DECAY] : 0);
}

const struct optimizer_class optimizer_nadam = {
    .name = "nadam", .configure = configure, .begin = begin, .update = update};
