/* trial.h - one candidate in training: its weights, its optimizer's state, and one step. */
#ifndef LRSWEEP_WORKER_TRAINER_TRIAL_H
#define LRSWEEP_WORKER_TRAINER_TRIAL_H

#include "worker/trainer/batch.h"
#include "worker/trainer/candidate.h"
#include "worker/trainer/monitor.h"
#include "worker/trainer/network.h"
#include "worker/trainer/rates.h"

struct trial {
    const struct model *model;
    struct candidate candidate; /* its optimizer holds the state */
    struct rates rates;         /* where they differ from layer to layer */
    uint64_t seed;
    struct batches batches;
    struct activations activations;
    struct monitor *monitor;
    real *weights;   /* [weights_count]: running statistics too */
    real *gradients; /* [arena_count] */
    real *before;    /* [piece]: a part's weights before its update, where the step is measured */
    size_t piece;
    const struct tensor **tensor; /* [tensor_count]: those that are trained */
    size_t tensor_count;
    struct unit_shares *shares; /* [watched layers] of the network */

    /* What a checkpoint holds beside the arrays and the monitor. */
    uint64_t step;       /* steps done */
    double loss_sum;     /* of the steps since the last report */
    uint64_t loss_count; /* how many they are */
    double seconds;      /* spent training, validation not counted */
    struct schedule_state schedule;
};

/* What is measured at steps that are reported. Measuring changes no result. */
struct measures {
    double grad_norm;    /* of the gradient before clipping */
    double update_ratio; /* norm of the step over the norm of the weights before it */
};

/* Everything that training needs is allocated here. The weights are the initial ones of `seed`. */
bool trial_create(struct trial *trial, const struct model *model, const json_t *params,
                  uint64_t seed, struct error *error);
void trial_destroy(struct trial *trial);

/* What its monitor knows beforehand. */
struct monitor_settings trial_monitor_settings(const struct trial *trial);

/* Takes the next step and counts it. Returns its loss (of the batch, before the update); *lr: the
 * rate used. measures: NULL where none are wanted. */
double trial_step(struct trial *trial, double *lr, struct measures *measures);

#endif
