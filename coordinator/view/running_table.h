/* running_table.h - what a search is doing at this moment. */
#ifndef LRSWEEP_COORDINATOR_VIEW_RUNNING_TABLE_H
#define LRSWEEP_COORDINATOR_VIEW_RUNNING_TABLE_H

#include "coordinator/view/study_facts.h"

#include <stdio.h>

/* The trials in training with their newest report and what was seen of them so far; the first
 * `most` of them. Nothing where there are none. */
void running_table_print(FILE *stream, const struct snapshot *snapshot,
                         const struct study_facts *facts, size_t most, bool colour);

/* The same for scripts: a list of {trial, lr, schedule, params, rung, step, epochs, train_loss,
 * val_loss, metric, verdict, worker, seconds}; what is not known (yet) is null. A new reference. */
json_t *running_json(const struct snapshot *snapshot, const struct study_facts *facts);

/* Trials that are neither through nor in training: those that wait, those that are paused, and
 * those that the search has not made yet, which only `facts` knows of. */
uint32_t running_left(const struct snapshot *snapshot, const struct study_facts *facts);

#endif
