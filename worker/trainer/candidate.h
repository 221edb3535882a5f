/* candidate.h - how one candidate is trained: the study's `train` with the candidate's own values.
 */
#ifndef LRSWEEP_WORKER_TRAINER_CANDIDATE_H
#define LRSWEEP_WORKER_TRAINER_CANDIDATE_H

#include "common/schedule/schedule.h"
#include "worker/trainer/augment.h"
#include "worker/trainer/model.h"
#include "worker/trainer/optimizer.h"

struct candidate {
    struct schedule schedule;
    struct optimizer optimizer; /* configured, without state */
    size_t batch_size;          /* of the whole set where the study says 0 */
    double clip_norm;           /* 0: any */
    double clip_value;          /* 0: any */
    double layer_decay;         /* of the rate, from a layer to the one before it */
    bool decay_all;             /* weight decay for tensors of one dimension too */
    size_t report_every;        /* steps */
    size_t validate_every;      /* steps */
    struct augmentation augmentation;
    bool stop_collapsed; /* the monitor may end a run whose loss is finite */
    uint64_t steps_per_epoch;
};

/* params: {"lr": number, "schedule": group, "optimizer": group, "lr_multiplier": list (see
 * rates.h), any key of train}; what it does not hold stands in the study, a schedule that is in
 * neither is constant. A refusal's `at` is a setting of the study. */
bool candidate_read(struct candidate *candidate, const struct model *model, const json_t *params,
                    struct refusal *refusal);

/* Checks `train` by itself, before there is any candidate, and what in `space` no candidate can do
 * with these data. */
bool candidate_check(const struct model *model, struct refusal *refusal);

#endif
