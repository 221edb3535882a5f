/* loss.h - what training minimises: a mean over the samples of a batch.
 *
 * One row of the table in losses.c a loss, one file in losses/ a row. */
#ifndef LRSWEEP_WORKER_TRAINER_LOSS_H
#define LRSWEEP_WORKER_TRAINER_LOSS_H

#include "worker/trainer/real.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the samples of a batch should give: one of the two, as the data have it. */
struct truth {
    const int32_t *labels; /* [count]: classes */
    const float *targets;  /* [count][outputs]: numbers */
};

struct loss_class {
    const char *name;   /* the catalogue's */
    bool wants_targets; /* numbers, or else classes */

    /* The mean loss of output[count][outputs]; gradient[count][outputs] gets its derivative by the
     * output. */
    double (*gradient)(const real *output, const struct truth *truth, size_t count, size_t outputs,
                       real *gradient);

    /* The sum of the samples' losses, added up in double; *correct: how many are classified right,
     * 0 for numbers. The output may be overwritten. */
    double (*evaluate)(real *output, const struct truth *truth, size_t count, size_t outputs,
                       size_t *correct);
};

/* NULL if there is none of that name. */
const struct loss_class *loss_class_find(const char *name);

extern const struct loss_class loss_cross_entropy;
extern const struct loss_class loss_squared_error;

#endif
