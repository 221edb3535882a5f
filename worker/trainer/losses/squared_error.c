/* squared_error.c - the mean of (output - target)^2 over samples and outputs (torch.nn.MSELoss). */
#include "worker/trainer/loss.h"

static double gradient(const struct loss *self, const real *output, const struct truth *truth,
                       size_t count, size_t outputs, real *result)
{
    (void)self;
    double loss = 0, numbers = (double)count * (double)outputs;
    real factor = (real)(2 / numbers);
    for (size_t i = 0; i < count * outputs; i++) {
        real off = output[i] - (real)truth->targets[i];
        loss += (double)off * (double)off;
        result[i] = factor * off;
    }
    return loss / numbers;
}

static double evaluate(const struct loss *self, real *output, const struct truth *truth,
                       size_t count, size_t outputs, size_t *correct)
{
    (void)self;
    double loss = 0;
    *correct = 0;
    for (size_t i = 0; i < count * outputs; i++) {
        double off = (double)output[i] - (double)truth->targets[i];
        loss += off * off;
    }
    return loss / (double)outputs;
}

const struct loss_class loss_squared_error = {
    .name = "squared_error", .wants_targets = true, .gradient = gradient, .evaluate = evaluate};
