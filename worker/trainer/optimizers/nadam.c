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
#include "worker/trainer/optimizer.h"

#include <math.h>

enum { BETA1, BETA2, EPS, WEIGHT_DECAY, MOMENTUM_DECAY };
enum {
    SCALAR_BETA1,
    SCALAR_REST1,
    SCALAR_BETA2,
    SCALAR_REST2,
    SCALAR_EPS,
    SCALAR_DECAY,
    GRADIENT_STEP,
    MEAN_STEP,
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
        !settings_number(train, "weight_decay", &parameter[WEIGHT_DECAY], refusal) ||
        !settings_number(train, "momentum_decay", &parameter[MOMENTUM_DECAY], refusal))
        return false;
    optimizer->state_count = 2;
    optimizer->state_name[MEAN] = "exp_avg";
    optimizer->state_name[SQUARE] = "exp_avg_sq";
    optimizer->accumulates = false;
    return true;
}

static double mu(const double *parameter, double t)
{
    return parameter[BETA1] * (1 - 0.5 * pow(0.96, t * parameter[MOMENTUM_DECAY]));
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
    double t = (double)++optimizer->steps;
    double now = mu(parameter, t), next = mu(parameter, t + 1), so_far = product(optimizer);
    scalar[SCALAR_BETA1] = (real)parameter[BETA1];
    scalar[SCALAR_REST1] = (real)(1 - parameter[BETA1]);
    scalar[SCALAR_BETA2] = (real)parameter[BETA2];
    scalar[SCALAR_REST2] = (real)(1 - parameter[BETA2]);
    scalar[SCALAR_EPS] = (real)parameter[EPS];
    scalar[SCALAR_DECAY] = (real)parameter[WEIGHT_DECAY];
    scalar[GRADIENT_STEP] = (real)(lr * (1 - now) / (1 - so_far));
    scalar[MEAN_STEP] = (real)(lr * next / (1 - so_far * next));
    scalar[ROOT] = (real)(1 / sqrt(1 - pow(parameter[BETA2], t)));
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
    moments(weights, optimizer->state[MEAN] + part->offset, optimizer->state[SQUARE] + part->offset,
            gradient, part->count, optimizer->scalar,
            part->decayed ? optimizer->scalar[SCALAR_DECAY] : 0);
}

const struct optimizer_class optimizer_nadam = {
    .name = "nadam", .configure = configure, .begin = begin, .update = update};
