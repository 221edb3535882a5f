/* cross_entropy.c - softmax, then -log of the label's probability (torch.nn.CrossEntropyLoss).
 *
 * With label smoothing s the target is 1 - s + s / classes for the label and s / classes for every
 * other class (Szegedy et al. 2016, section 7; PyTorch's label_smoothing). Evaluations leave it
 * out.
 *
 * Each row is shifted by its largest output first, so that no exponential overflows. */
#include "worker/trainer/exponential.h"
#include "worker/trainer/loss.h"

#include <math.h>

enum { SMOOTHING };

static bool configure(struct loss *loss, const struct settings *model, struct refusal *refusal)
{
    return settings_number(model, "label_smoothing", &loss->number[SMOOTHING], refusal);
}

/* shifted[i][j] = output[i][j] - max_j output[i][j] */
static void shift(const real *output, real *shifted, size_t count, size_t outputs)
{
    for (size_t i = 0; i < count; i++, output += outputs, shifted += outputs) {
        real largest = output[0];
        for (size_t j = 1; j < outputs; j++)
            largest = output[j] > largest ? output[j] : largest;
        for (size_t j = 0; j < outputs; j++)
            shifted[j] = output[j] - largest;
    }
}

/* The smoothed part of the loss: how much the mean of a row lies below its label, summed. */
static double lag(const real *shifted, const int32_t *labels, size_t count, size_t outputs)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++, shifted += outputs) {
        double row = 0;
        for (size_t j = 0; j < outputs; j++)
            row += (double)shifted[j];
        sum += (double)shifted[labels[i]] - row / (double)outputs;
    }
    return sum;
}

static double gradient(const struct loss *self, const real *output, const struct truth *truth,
                       size_t count, size_t outputs, real *result)
{
    const int32_t *labels = truth->labels;
    double loss = 0, smoothing = self->number[SMOOTHING];
    real every = (real)(smoothing / (double)(count * outputs));
    real label = (real)((1 - smoothing) / (double)count);
    real share = 1 / (real)count;
    shift(output, result, count, outputs);
    for (size_t i = 0; i < count; i++)
        loss -= (double)result[i * outputs + (size_t)labels[i]];
    if (smoothing > 0)
        loss += smoothing * lag(result, labels, count, outputs);
    exponential(result, count * outputs);
    for (size_t i = 0; i < count; i++, result += outputs) {
        real sum = 0;
        for (size_t j = 0; j < outputs; j++)
            sum += result[j];
        loss += log((double)sum);
        real factor = share / sum;
        for (size_t j = 0; j < outputs; j++)
            result[j] *= factor;
        if (smoothing > 0)
            for (size_t j = 0; j < outputs; j++)
                result[j] -= every;
        result[labels[i]] -= label;
    }
    return loss / (double)count;
}

static double evaluate(const struct loss *self, real *output, const struct truth *truth,
                       size_t count, size_t outputs, size_t *correct)
{
    const int32_t *labels = truth->labels;
    (void)self;
    double loss = 0;
    *correct = 0;
    shift(output, output, count, outputs);
    for (size_t i = 0; i < count; i++) {
        const real *row = output + i * outputs;
        size_t label = (size_t)labels[i];
        /* The first of equal largest outputs counts, as with argmax; a row that holds what is not a
         * number is wrong. */
        size_t best = 0;
        for (size_t j = 1; j < outputs; j++)
            best = row[j] > row[best] ? j : best;
        *correct += best == label && row[best] == 0;
        loss -= (double)row[label];
    }
    exponential(output, count * outputs);
    for (size_t i = 0; i < count; i++, output += outputs) {
        real sum = 0;
        for (size_t j = 0; j < outputs; j++)
            sum += output[j];
        loss += log((double)sum);
    }
    return loss;
}

const struct loss_class loss_cross_entropy = {
    .name = "cross_entropy", .configure = configure, .gradient = gradient, .evaluate = evaluate};
