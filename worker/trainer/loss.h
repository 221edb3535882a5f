/* loss.h - what training minimises: a mean over the samples of a batch.
 *
 * One row of the table in losses.c a loss, one file in losses/ a row. */
#ifndef LRSWEEP_WORKER_TRAINER_LOSS_H
#define LRSWEEP_WORKER_TRAINER_LOSS_H

#include "worker/trainer/real.h"
#include "worker/trainer/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the samples of a batch should give: one of the two, as the data have it. */
struct truth {
    const int32_t *labels; /* [count]: classes */
    const float *targets;  /* [count][outputs]: numbers */
};

#define LOSS_NUMBERS_MAX 2

struct loss {
    const struct loss_class *class;
    double number[LOSS_NUMBERS_MAX]; /* the class's own */
};

struct loss_class {
    const char *name;   /* the catalogue's */
    bool wants_targets; /* numbers, or else classes */
    bool one_output;    /* two classes told apart by one output, or else an output for each class */

    /* Reads the loss's own keys of the study's model. NULL: it has none. */
    bool (*configure)(struct loss *loss, const struct settings *model, struct refusal *refusal);

    /* The mean loss of output[count][outputs]; gradient[count][outputs] gets its derivative by the
     * output. */
    double (*gradient)(const struct loss *loss, const real *output, const struct truth *truth,
                       size_t count, size_t outputs, real *gradient);

    /* The sum of the samples' losses, added up in double; *correct: how many are classified right,
     * 0 for numbers. What regularises training is left out here, so that losses can be compared.
     * The output may be overwritten. */
    double (*evaluate)(const struct loss *loss, real *output, const struct truth *truth,
                       size_t count, size_t outputs, size_t *correct);
};

/* Reads the loss of the study's model. */
bool loss_create(struct loss *loss, const json_t *model, struct refusal *refusal);

extern const struct loss_class loss_binary_cross_entropy;
extern const struct loss_class loss_cross_entropy;
extern const struct loss_class loss_squared_error;

#endif
