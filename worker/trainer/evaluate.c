/* evaluate.c - a split through the network, chunk by chunk, summed in double. */
#include "worker/trainer/evaluate.h"

#include "worker/trainer/batch.h"

#include <math.h>

enum { ROWS_MOST = 500, ROWS_LEAST = 16, ACTIVATION_BYTES_MOST = 4 << 20 };

size_t evaluate_rows(const struct network *network)
{
    size_t numbers = network->inputs * (network->reorders ? 2 : 1);
    for (size_t i = 0; i < network->layer_count; i++)
        numbers += network->layer[i].outputs;
    size_t rows = ACTIVATION_BYTES_MOST / (numbers * sizeof(real));
    return rows > ROWS_MOST ? ROWS_MOST : rows < ROWS_LEAST ? ROWS_LEAST : rows;
}

struct evaluation evaluate(const struct network *network, const struct loss *loss,
                           const real *parameters, const struct activations *activations,
                           const struct dataset *dataset, enum split split)
{
    const struct dataset_split *samples = &dataset->split[split];
    double sum = 0;
    size_t correct = 0, rows = evaluate_rows(network);
    if (samples->count == 0)
        return (struct evaluation){.loss = NAN, .accuracy = NAN};
    for (size_t first = 0; first < samples->count; first += rows) {
        size_t count = samples->count - first, right;
        count = count < rows ? count : rows;
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
