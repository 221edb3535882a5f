/* training.h - takes a trial from one step to another, with reports on the way. */
#ifndef LRSWEEP_WORKER_TRAINER_TRAINING_H
#define LRSWEEP_WORKER_TRAINER_TRAINING_H

#include "worker/trainer/trial.h"

/* A number that is not known is NAN. */
struct training_report {
    uint64_t step;
    double epoch;
    double train_loss; /* mean of the steps since the report before */
    double val_loss, val_accuracy;
    double lr; /* of the step that ended here */
    double grad_norm, update_ratio;
    double dead_units; /* share of all hidden units with an activation whose output is the same for
                          the whole batch */
    double seconds;
};

enum training_end { TRAINING_REACHED, TRAINING_INTERRUPTED, TRAINING_LOST };

struct training_watch {
    void (*report)(void *context, const struct training_report *report);
    /* Asked between steps, about once in a millisecond: true ends the training there. */
    bool (*interrupted)(void *context);
    uint64_t pause; /* step that ends the training as if it were interrupted; 0: none */
    void *context;
};

/* Trains up to step `to`. Reports every report_every steps and at each validation: every
 * validate_every steps, and at `to`, even if it is reached already. A lost run (trial->monitor
 * tells how) ends at its step, with a last report there; an interrupted one ends without. */
enum training_end training_run(struct trial *trial, uint64_t to,
                               const struct training_watch *watch);

#endif
