/* lars.c - LARS, momentum with a rate of each tensor's own (You, Gitman and Ginsburg 2017,
 * algorithm 1):
 *
 *   r = trust |w| / (|g| + weight_decay |w|);  v = momentum v + lr r (g + weight_decay w);  w = w -
 * v.
 *
 * The rate stands inside the momentum, as in the paper. r is 1 where |w| or |g| is 0, for a tensor
 * that starts at 0 could never leave it; and for biases and normalisation, which are not decayed
 * either, as the authors' own programs have it (decay_all: both apply to all). */
#include "common/portability.h"
#include "worker/trainer/optimizer.h"
#include "worker/trainer/vector.h"

#include <math.h>

enum { MOMENTUM, WEIGHT_DECAY, TRUST, LR };

static bool configure(struct optimizer *optimizer, const struct settings *train, bool clipped,
                      struct refusal *refusal)
{
    (void)clipped;
    double *parameter = optimizer->parameter;
    optimizer->state_count = 1;
    optimizer->state_name[0] = "momentum_buffer";
    optimizer->whole_tensors = true;
    return settings_number(train, "momentum", &parameter[MOMENTUM], refusal) &&
           settings_number(train, "weight_decay", &parameter[WEIGHT_DECAY], refusal) &&
           settings_number(train, "trust_coefficient", &parameter[TRUST], refusal);
}

static void begin(struct optimizer *optimizer, double lr)
{
    optimizer->steps++;
    optimizer->parameter[LR] = lr;
}

MULTIVERSION static void apply(real *restrict weights, real *restrict buffer,
                               const real *restrict gradient, size_t count, real step,
                               real momentum, real decay)
{
    for (size_t i = 0; i < count; i++) {
        real v = momentum * buffer[i] + step * (gradient[i] + decay * weights[i]);
        buffer[i] = v;
        weights[i] -= v;
    }
}

static void update(const struct optimizer *optimizer, const struct optimizer_part *part,
                   real *weights, const real *gradient)
{
    const double *parameter = optimizer->parameter;
    double decay = part->decayed ? parameter[WEIGHT_DECAY] : 0, ratio = 1;
    if (part->decayed) {
        double weight_norm = sqrt(vector_squares(weights, part->count));
        double gradient_norm = sqrt(vector_squares(gradient, part->count));
        if (weight_norm != 0 && gradient_norm != 0)
            ratio = parameter[TRUST] * weight_norm / (gradient_norm + decay * weight_norm);
    }
    apply(weights, optimizer->state[0] + part->offset, gradient, part->count,
          (real)(parameter[LR] * ratio), (real)parameter[MOMENTUM], (real)decay);
}

const struct optimizer_class optimizer_lars = {
    .name = "lars", .configure = configure, .begin = begin, .update = update};
