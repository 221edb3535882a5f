/* binary_cross_entropy.c - two classes and one output z, the logit of class 1: -log of the label's
 * probability under 1 / (1 + e^-z) (torch.nn.BCEWithLogitsLoss).
 *
 * With w = -z for class 1 and w = z for class 0, the loss is log(1 + e^w), computed as
 * max(w, 0) + log1p(e^-|w|): nothing overflows, and nothing is lost where w is far below 0. */
#include "worker/trainer/exponential.h"
#include "worker/trainer/loss.h"

#include <math.h>

/* small[i] = e^-|output[i]| */
static void decay(const real *output, real *small, size_t count)
{
    for (size_t i = 0; i < count; i++)
        small[i] = output[i] > 0 ? -output[i] : output[i];
    exponential(small, count);
}

static double sample_loss(real wrong, real small)
{
    return (wrong > 0 ? (double)wrong : 0) + log1p((double)small);
}

static double gradient(const struct loss *self, const real *output, const struct truth *truth,
                       size_t count, size_t outputs, real *result)
{
    (void)self;
    (void)outputs;
    double loss = 0;
    real share = 1 / (real)count;
    decay(output, result, count);
    for (size_t i = 0; i < count; i++) {
        real sign = truth->labels[i] ? -1 : 1, wrong = sign * output[i], small = result[i];
        loss += sample_loss(wrong, small);
        result[i] = sign * share * (wrong > 0 ? 1 : small) / (1 + small);
    }
    return loss / (double)count;
}

static double evaluate(const struct loss *self, real *output, const struct truth *truth,
                       size_t count, size_t outputs, size_t *correct)
{
    (void)self;
    (void)outputs;
    double loss = 0;
    *correct = 0;
    /* Class 0 has the tie, as the first of equal outputs has it in cross-entropy; what is not a
     * number is wrong. */
    for (size_t i = 0; i < count; i++) {
        real wrong = truth->labels[i] ? -output[i] : output[i];
        *correct += truth->labels[i] ? wrong < 0 : wrong <= 0;
        loss += sample_loss(wrong, (real)exp(-fabs((double)wrong)));
    }
    return loss;
}

const struct loss_class loss_binary_cross_entropy = {
    .name = "binary_cross_entropy", .one_output = true, .gradient = gradient, .evaluate = evaluate};
