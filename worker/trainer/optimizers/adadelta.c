/* adadelta.c - Adadelta (Zeiler 2012, algorithm 1) as torch.optim.Adadelta has it:
 *
 *   g = g + weight_decay w;  v = rho v + (1 - rho) g g;  d = sqrt(u + eps) / sqrt(v + eps) g;
 *   u = rho u + (1 - rho) d d;  w = w - lr d.
 */
#include "common/portability.h"
#include "worker/trainer/optimizer.h"

#include <math.h>

enum { RHO, EPS, WEIGHT_DECAY };
enum { LR, SCALAR_RHO, REST, SCALAR_EPS, DECAY };
enum { SQUARE, DELTA };

static bool configure(struct optimizer *optimizer, const struct settings *train, bool clipped,
                      struct refusal *refusal)
{
    (void)clipped;
    double *parameter = optimizer->parameter;
    optimizer->state_count = 2;
    optimizer->state_name[SQUARE] = "square_avg";
    optimizer->state_name[DELTA] = "acc_delta";
    return settings_number(train, "rho", &parameter[RHO], refusal) &&
           settings_number(train, "eps", &parameter[EPS], refusal) &&
           settings_number(train, "weight_decay", &parameter[WEIGHT_DECAY], refusal);
}

static void begin(struct optimizer *optimizer, double lr)
{
    const double *parameter = optimizer->parameter;
    optimizer->steps++;
    optimizer->scalar[LR] = (real)lr;
    optimizer->scalar[SCALAR_RHO] = (real)parameter[RHO];
    optimizer->scalar[REST] = (real)(1 - parameter[RHO]);
    optimizer->scalar[SCALAR_EPS] = (real)parameter[EPS];
    optimizer->scalar[DECAY] = (real)parameter[WEIGHT_DECAY];
}

MULTIVERSION static void apply(real *restrict weights, real *restrict square, real *restrict delta,
                               const real *restrict gradient, size_t count, const real *scalar,
                               real decay)
{
    real lr = scalar[LR], rho = scalar[SCALAR_RHO], rest = scalar[REST], eps = scalar[SCALAR_EPS];
    for (size_t i = 0; i < count; i++) {
        real g = gradient[i] + decay * weights[i];
        real v = rho * square[i] + rest * (g * g);
        real d = REAL_SQRT(delta[i] + eps) / REAL_SQRT(v + eps) * g;
        square[i] = v;
        delta[i] = rho * delta[i] + rest * (d * d);
        weights[i] -= lr * d;
    }
}

static void update(const struct optimizer *optimizer, const struct optimizer_part *part,
                   real *weights, const real *gradient)
{
    apply(weights, optimizer->state[SQUARE] + part->offset, optimizer->state[DELTA] + part->offset,
          gradient, part->count, optimizer->scalar, part->decayed ? optimizer->scalar[DECAY] : 0);
}

const struct optimizer_class optimizer_adadelta = {
    .name = "adadelta", .configure = configure, .begin = begin, .update = update};
