/* optimizer.h - how a gradient becomes a step.
 *
 * One row of the table in optimizers.c an optimizer, one file in optimizers/ a row. State is kept
 * in arenas of the network's shape. Updates work on any part of the arena, so that a part can be
 * updated while it is in the cache. */
#ifndef LRSWEEP_WORKER_TRAINER_OPTIMIZER_H
#define LRSWEEP_WORKER_TRAINER_OPTIMIZER_H

#include "worker/trainer/real.h"
#include "worker/trainer/settings.h"

#include <stddef.h>
#include <stdint.h>

#define OPTIMIZER_STATES_MAX     4
#define OPTIMIZER_PARAMETERS_MAX 12

/* A part of the arena that is updated in one call. It lies in one tensor. */
struct optimizer_part {
    size_t offset, count;
    bool decayed; /* weight decay applies */
};

/* What the length of an optimizer's steps goes by, beside the rate. */
enum step_length {
    STEP_LENGTH_OWN,      /* a measure of its own, which may take it down for good: the sum or the
                             largest of all squared gradients, the norm of the weights */
    STEP_LENGTH_GRADIENT, /* the gradient */
    STEP_LENGTH_RATE      /* nothing: the gradient is divided by its own recent size, cut to a
                             norm, or reduced to signs */
};

struct optimizer {
    const struct optimizer_class *class;
    double parameter[OPTIMIZER_PARAMETERS_MAX]; /* set by configure; the class's own order */
    size_t state_count;                         /* set by configure */
    const char *state_name[OPTIMIZER_STATES_MAX];
    /* Set by configure: a layer may add its gradient straight to state[0], which saves a pass over
     * it; update is then given no gradient. Only where nothing needs the gradient itself. */
    bool accumulates;
    enum step_length step_length; /* set by configure; STEP_LENGTH_OWN where it does not say */
    /* Set by configure: parts must be whole tensors, for the step depends on their norms. */
    bool whole_tensors;

    real *state[OPTIMIZER_STATES_MAX]; /* [arena_count] each; the caller's; start at 0 */
    uint64_t steps;                    /* begun so far */
    double running; /* the class's own product up to step running_steps; in checkpoints */
    uint64_t running_steps;
    real scalar[OPTIMIZER_PARAMETERS_MAX]; /* of the step that was begun; the class's own */
};

struct optimizer_class {
    const char *name; /* the catalogue's */

    /* Reads the optimizer's keys of `train`. clipped: the gradient will be shortened before update.
     */
    bool (*configure)(struct optimizer *optimizer, const struct settings *train, bool clipped,
                      struct refusal *refusal);

    /* Starts the next step: counts it and works out what all its parts have in common. */
    void (*begin)(struct optimizer *optimizer, double lr);

    /* The state, of `count` numbers each, was left by a trial with these parameters: makes it what
     * it would be with its own. NULL: it does not depend on them. */
    void (*adopt)(struct optimizer *optimizer, const double *parameter, size_t count);

    /* weights[i], and the state at offset + i, for i < count. gradient is NULL if it was
     * accumulated. */
    void (*update)(const struct optimizer *optimizer, const struct optimizer_part *part,
                   real *weights, const real *gradient);
};

/* NULL if there is none of that name. */
const struct optimizer_class *optimizer_class_find(const char *name);

extern const struct optimizer_class optimizer_sgd;
extern const struct optimizer_class optimizer_adagrad;
extern const struct optimizer_class optimizer_adadelta;
extern const struct optimizer_class optimizer_rmsprop;
extern const struct optimizer_class optimizer_adam;
extern const struct optimizer_class optimizer_adamw;
extern const struct optimizer_class optimizer_nadam;
extern const struct optimizer_class optimizer_radam;
extern const struct optimizer_class optimizer_lion;
extern const struct optimizer_class optimizer_lars;
extern const struct optimizer_class optimizer_lamb;

#endif
