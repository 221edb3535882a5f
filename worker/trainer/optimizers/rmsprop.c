/* rmsprop.c - RMSprop (Tieleman and Hinton 2012), centred too (Graves 2013, equations 38 to 45), as
 * torch.optim.RMSprop has it:
 *
 *   g = g + weight_decay w;  v = alpha v + (1 - alpha) g g;
 *   centred:  a = alpha a + (1 - alpha) g;  d = g / (sqrt(v - a a) + eps), else g / (sqrt(v) +
 * eps); with momentum:  b = momentum b + d;  w = w - lr b, else w = w - lr d.
 */
#include "common/portability.h"
#include "worker/trainer/optimizer.h"

#include <math.h>

enum { ALPHA, EPS, WEIGHT_DECAY, MOMENTUM, CENTRED };
enum { LR, SCALAR_ALPHA, REST, SCALAR_EPS, DECAY, SCALAR_MOMENTUM };

static bool configure(struct optimizer *optimizer, const struct settings *train, bool clipped,
                      struct refusal *refusal)
{
    (void)clipped;
    bool centred;
    double *parameter = optimizer->parameter;
    if (!settings_number(train, "alpha", &parameter[ALPHA], refusal) ||
        !settings_number(train, "eps", &parameter[EPS], refusal) ||
        !settings_number(train, "weight_decay", &parameter[WEIGHT_DECAY], refusal) ||
        !settings_number(train, "momentum", &parameter[MOMENTUM], refusal) ||
        !settings_bool(train, "centered", &centred, refusal))
        return false;
    parameter[CENTRED] = centred;
    optimizer->step_length = STEP_LENGTH_RATE;
    optimizer->state_count = 0;
    optimizer->state_name[optimizer->state_count++] = "square_avg";
    if (centred)
        optimizer->state_name[optimizer->state_count++] = "grad_avg";
    if (parameter[MOMENTUM] > 0)
        optimizer->state_name[optimizer->state_count++] = "momentum_buffer";
    return true;
}

static void begin(struct optimizer *optimizer, double lr)
{
    const double *parameter = optimizer->parameter;
    real *scalar = optimizer->scalar;
    optimizer->steps++;
    scalar[LR] = (real)lr;
    scalar[SCALAR_ALPHA] = (real)parameter[ALPHA];
    scalar[REST] = (real)(1 - parameter[ALPHA]);
    scalar[SCALAR_EPS] = (real)parameter[EPS];
    scalar[DECAY] = (real)parameter[WEIGHT_DECAY];
    scalar[SCALAR_MOMENTUM] = (real)parameter[MOMENTUM];
}

MULTIVERSION static void plain(real *restrict weights, real *restrict square,
                               const real *restrict gradient, size_t count, const real *scalar,
                               real decay)
{
    real lr = scalar[LR], alpha = scalar[SCALAR_ALPHA], rest = scalar[REST],
         eps = scalar[SCALAR_EPS];
    for (size_t i = 0; i < count; i++) {
        real g = gradient[i] + decay * weights[i];
        real v = alpha * square[i] + rest * (g * g);
        square[i] = v;
        weights[i] -= lr * (g / (REAL_SQRT(v) + eps));
    }
}

MULTIVERSION static void plain_momentum(real *restrict weights, real *restrict square,
                                        real *restrict buffer, const real *restrict gradient,
                                        size_t count, const real *scalar, real decay)
{
    real lr = scalar[LR], alpha = scalar[SCALAR_ALPHA], rest = scalar[REST],
         eps = scalar[SCALAR_EPS];
    real momentum = scalar[SCALAR_MOMENTUM];
    for (size_t i = 0; i < count; i++) {
        real g = gradient[i] + decay * weights[i];
        real v = alpha * square[i] + rest * (g * g);
        square[i] = v;
        real b = momentum * buffer[i] + g / (REAL_SQRT(v) + eps);
        buffer[i] = b;
        weights[i] -= lr * b;
    }
}

MULTIVERSION static void centred(real *restrict weights, real *restrict square, real *restrict mean,
                                 const real *restrict gradient, size_t count, const real *scalar,
                                 real decay)
{
    real lr = scalar[LR], alpha = scalar[SCALAR_ALPHA], rest = scalar[REST],
         eps = scalar[SCALAR_EPS];
    for (size_t i = 0; i < count; i++) {
        real g = gradient[i] + decay * weights[i];
        real v = alpha * square[i] + rest * (g * g);
        square[i] = v;
        real a = alpha * mean[i] + rest * g;
        mean[i] = a;
        v -= a * a;
        weights[i] -= lr * (g / (REAL_SQRT(v) + eps));
    }
}

MULTIVERSION static void centred_momentum(real *restrict weights, real *restrict square,
                                          real *restrict mean, real *restrict buffer,
                                          const real *restrict gradient, size_t count,
                                          const real *scalar, real decay)
{
    real lr = scalar[LR], alpha = scalar[SCALAR_ALPHA], rest = scalar[REST],
         eps = scalar[SCALAR_EPS];
    real momentum = scalar[SCALAR_MOMENTUM];
    for (size_t i = 0; i < count; i++) {
        real g = gradient[i] + decay * weights[i];
        real v = alpha * square[i] + rest * (g * g);
        square[i] = v;
        real a = alpha * mean[i] + rest * g;
        mean[i] = a;
        v -= a * a;
        real b = momentum * buffer[i] + g / (REAL_SQRT(v) + eps);
        buffer[i] = b;
        weights[i] -= lr * b;
    }
}

static void update(const struct optimizer *optimizer, const struct optimizer_part *part,
                   real *weights, const real *gradient)
{
    const real *scalar = optimizer->scalar;
    bool is_centred = optimizer->parameter[CENTRED] != 0;
    bool has_momentum = optimizer->parameter[MOMENTUM] > 0;
    real decay = part->decayed ? scalar[DECAY] : 0;
    size_t count = part->count;
    real *square = optimizer->state[0] + part->offset;
    if (is_centred && has_momentum)
        centred_momentum(weights, square, optimizer->state[1] + part->offset,
                         optimizer->state[2] + part->offset, gradient, count, scalar, decay);
    else if (is_centred)
        centred(weights, square, optimizer->state[1] + part->offset, gradient, count, scalar,
                decay);
    else if (has_momentum)
        plain_momentum(weights, square, optimizer->state[1] + part->offset, gradient, count, scalar,
                       decay);
    else
        plain(weights, square, gradient, count, scalar, decay);
}

const struct optimizer_class optimizer_rmsprop = {
    .name = "rmsprop", .configure = configure, .begin = begin, .update = update};
