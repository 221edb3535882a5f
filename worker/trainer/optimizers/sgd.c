/* sgd.c - stochastic gradient descent: plain, with momentum, and in Nesterov's form.
 *
 * torch.optim.SGD with dampening 0:
 *   g = g + weight_decay w;  v = momentum v + g  (v = g at the first step, as v starts at 0);
 *   w = w - lr v, or w - lr (g + momentum v) in Nesterov's form.
 *
 * The state kept is the decayed buffer, momentum v, which is what the next step adds its gradient
 * to: the product of a layer's gradient can then be accumulated straight onto it. It is multiplied
 * out in the same pass that updates the weights, and rounded where PyTorch rounds it. */
#include "common/portability.h"
#include "worker/trainer/optimizer.h"
#include "worker/trainer/vector.h"

enum { MOMENTUM, NESTEROV, WEIGHT_DECAY };
enum { LR = 3 };

static bool configure(struct optimizer *optimizer, const struct settings *train, bool clipped,
                      struct refusal *refusal)
{
    bool nesterov;
    double *parameter = optimizer->parameter;
    if (!settings_number(train, "momentum", &parameter[MOMENTUM], refusal) ||
        !settings_bool(train, "nesterov", &nesterov, refusal) ||
        !settings_number(train, "weight_decay", &parameter[WEIGHT_DECAY], refusal))
        return false;
    bool momentum = parameter[MOMENTUM] > 0;
    if (nesterov && !momentum)
        return refusal_set(refusal, "train.nesterov", "train.nesterov needs a momentum above 0");
    parameter[NESTEROV] = nesterov;
    optimizer->state_count = momentum;
    optimizer->state_name[0] = "decayed_momentum_buffer";
    optimizer->accumulates = momentum && !nesterov && !clipped;
    optimizer->step_length = clipped ? STEP_LENGTH_RATE : STEP_LENGTH_GRADIENT;
    return true;
}

static void begin(struct optimizer *optimizer, double lr)
{
    optimizer->steps++;
    for (int i = MOMENTUM; i <= WEIGHT_DECAY; i++)
        optimizer->scalar[i] = (real)optimizer->parameter[i];
    optimizer->scalar[LR] = (real)lr;
}

MULTIVERSION static void plain(real *restrict weights, const real *restrict gradient, size_t count,
                               real lr, real decay)
{
    for (size_t i = 0; i < count; i++)
        weights[i] -= lr * (gradient[i] + decay * weights[i]);
}

/* buffer holds momentum v + g */
MULTIVERSION static void accumulated(real *restrict weights, real *restrict buffer, size_t count,
                                     real lr, real momentum, real decay)
{
    for (size_t i = 0; i < count; i++) {
        real v = buffer[i] + decay * weights[i];
        weights[i] -= lr * v;
        buffer[i] = momentum * v;
    }
}

/* The same without weight decay: a weight that is not finite times a decay of 0 would be NaN. */
MULTIVERSION static void accumulated_undecayed(real *restrict weights, real *restrict buffer,
                                               size_t count, real lr, real momentum)
{
    for (size_t i = 0; i < count; i++) {
        real v = buffer[i];
        weights[i] -= lr * v;
        buffer[i] = momentum * v;
    }
}

MULTIVERSION static void with_gradient(real *restrict weights, real *restrict buffer,
                                       const real *restrict gradient, size_t count, real lr,
                                       real momentum, real decay, real nesterov)
{
    for (size_t i = 0; i < count; i++) {
        real g = gradient[i] + decay * weights[i];
        real v = buffer[i] + g;
        real decayed = momentum * v;
        weights[i] -= lr * (nesterov != 0 ? g + decayed : v);
        buffer[i] = decayed;
    }
}

static void update(const struct optimizer *optimizer, const struct optimizer_part *part,
                   real *weights, const real *gradient)
{
    const real *scalar = optimizer->scalar;
    size_t count = part->count;
    real *buffer = optimizer->state_count ? optimizer->state[0] + part->offset : NULL;
    real decay = part->decayed ? scalar[WEIGHT_DECAY] : 0;
    if (!buffer)
        plain(weights, gradient, count, scalar[LR], decay);
    else if (gradient)
        with_gradient(weights, buffer, gradient, count, scalar[LR], scalar[MOMENTUM], decay,
                      scalar[NESTEROV]);
    else if (decay != 0)
        accumulated(weights, buffer, count, scalar[LR], scalar[MOMENTUM], decay);
    else
        accumulated_undecayed(weights, buffer, count, scalar[LR], scalar[MOMENTUM]);
}

/* v itself does not depend on the momentum, but what is kept of it does. Without a momentum there
 * is no v: it starts at 0, or with the next gradient, which is the same. */
static void adopt(struct optimizer *optimizer, const double *parameter, size_t count)
{
    double then = parameter[MOMENTUM], now = optimizer->parameter[MOMENTUM];
    if (optimizer->state_count > 0 && then > 0 && now != then)
        vector_scale(optimizer->state[0], count, (real)(now / then));
}

const struct optimizer_class optimizer_sgd = {
    .name = "sgd", .configure = configure, .begin = begin, .adopt = adopt, .update = update};
