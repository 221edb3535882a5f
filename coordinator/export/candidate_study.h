/* candidate_study.h - a study of one candidate: what its trainer was given, written out. */
#ifndef LRSWEEP_COORDINATOR_EXPORT_CANDIDATE_STUDY_H
#define LRSWEEP_COORDINATOR_EXPORT_CANDIDATE_STUDY_H

#include "coordinator/study/snapshot.h"

/* The resolved study (study_document.h) with the candidate's values in the place of what was
 * searched, one candidate, the full budget and no scheduler: running it trains what this trial
 * trained. Its seed is the trial's, if a study file may hold it. A new reference; NULL where the
 * study lacks what is needed. */
json_t *candidate_study(const struct snapshot *snapshot, const struct trial_row *trial,
                        struct error *error);

/* Steps in an epoch of such a study; NaN where the number of training samples is not known. */
double candidate_study_epoch(const json_t *study, double train_samples);

#endif
