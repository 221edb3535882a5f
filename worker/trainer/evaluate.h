/* evaluate.h - loss and accuracy of a network on a whole split. */
#ifndef LRSWEEP_WORKER_TRAINER_EVALUATE_H
#define LRSWEEP_WORKER_TRAINER_EVALUATE_H

#include "worker/data/dataset.h"
#include "worker/trainer/loss.h"
#include "worker/trainer/network.h"

/* Samples that are evaluated at a time: 500, or so many fewer that their activations take 4 MiB (a
 * perceptron's are far below that, a convolution's would be tens of times the batch's), but 16.
 * Depends on the network alone, so that the batch size does not change an evaluation's roundings.
 */
size_t evaluate_rows(const struct network *network);

struct evaluation {
    double loss; /* mean over the split; NAN if it is empty */
    /* Share classified right; for numbers R^2, the share of the targets' variance in the split that
     * is explained (0: as good as their mean); NAN if the split is empty. */
    double accuracy;
};

/* `activations` has room for evaluate_rows rows forward. */
struct evaluation evaluate(const struct network *network, const struct loss *loss,
                           const real *parameters, const struct activations *activations,
                           const struct dataset *dataset, enum split split);

#endif
