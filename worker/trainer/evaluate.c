/* evaluate.c - a split through the network, chunk by chunk, summed in double. */
#include "worker/trainer/evaluate.h"

#include "worker/trainer/batch.h"

#include <math.h>

struct evaluation evaluate(const struct network *network, const struct loss *loss,
                           const real *parameters, const struct activations *activations,
                           const struct dataset *dataset, enum split split)
{
    const struct dataset_split *samples = &dataset->split[split];
    double sum = 0;
    size_t correct = 0;
    if (samples->count == 0)
        return (struct evaluation){.loss = NAN, .accuracy = NAN};
    for (size_t first = 0; first < samples->count; first += EVALUATE_CHUNK_SAMPLES) {
        size_t count = samples->count - first, right;
        count = count < EVALUATE_CHUNK_SAMPLES ? count : EVALUATE_CHUNK_SAMPLES;
        split_gather(dataset, split, first, count, activations->input);
        const struct pass pass = {.parameters = parameters, .count = count};
        real *output = network_forward(network, &pass, activations);
        const struct truth truth = {
            .labels = samples->labels ? samples->labels + first : NULL,
            .targets = samples->targets ? samples->targets + first * dataset->target_count : NULL};
        sum += loss->class->evaluate(loss, output, &truth, count, network->outputs, &right);
        correct += right;
    }
    double mean = sum / (double)samples->count;
    return (struct evaluation){.loss = mean,
                               .accuracy = dataset->target_count
                                               ? 1 - mean / samples->variance
                                               : (double)correct / (double)samples->count};
}
