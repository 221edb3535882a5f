/* study_facts.h - what the views say of a study as a whole, gathered from a snapshot once.
 *
 * A snapshot may come from anywhere: whatever is missing or of a wrong type is "" or NaN here. */
#ifndef LRSWEEP_COORDINATOR_VIEW_STUDY_FACTS_H
#define LRSWEEP_COORDINATOR_VIEW_STUDY_FACTS_H

#include "coordinator/study/snapshot.h"

struct study_facts {
    const char *name, *metric; /* "val_loss" ... */
    const char *unit;          /* of budgets: "epochs" or "steps" */
    const char *status;        /* running finished interrupted failed */
    bool searches_rate;        /* a study of a user's own trainer may have none */
    bool range_test;           /* of lrsweep find: nothing is recommended, no rate is a trial's */
    long long seed;
    double candidates;      /* that the search wants */
    double max_budget;      /* in `unit` */
    double steps_per_epoch; /* with the study's batch size; NaN: not known */
    double train_samples;   /* NaN: not known */
    bool batch_searched;    /* each trial has a batch size of its own */
    double epochs_trained;  /* by all trials together; NaN: not known */
    uint32_t states[TRIAL_STATES];
    uint64_t steps_trained;       /* by all trials together */
    const struct trial_row *best; /* NULL: none */
    double best_value;            /* `final` if it is complete, else `metric` */
};

struct study_facts study_facts_of(const struct snapshot *snapshot);

bool study_facts_finished(const struct study_facts *facts);

/* A value of the `study` table as a number, NaN if there is none. */
double study_facts_number(const struct snapshot *snapshot, const char *key);

/* Steps of this trial in epochs; NaN where an epoch's steps are not known. */
double study_facts_epochs(const struct study_facts *facts, const struct trial_row *trial,
                          uint64_t steps);

#endif
