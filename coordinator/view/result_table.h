/* result_table.h - the tables of a result: rungs, trials, and why trials ended early. */
#ifndef LRSWEEP_COORDINATOR_VIEW_RESULT_TABLE_H
#define LRSWEEP_COORDINATOR_VIEW_RESULT_TABLE_H

#include "coordinator/view/study_facts.h"

#include <stdio.h>

/* Budget, candidates and promoted of each rung. Nothing for a study without rungs. */
void result_table_rungs(FILE *stream, const struct snapshot *snapshot,
                        const struct study_facts *facts, bool colour);

/* The finalists and what their repeats brought; nothing where there are none. */
void result_table_finalists(FILE *stream, const struct snapshot *snapshot,
                            const struct study_facts *facts, bool colour);

/* Every trial but repeats, the complete ones first by their final value, then the others by their
 * best metric; without a metric, and between equals, by id. */
void result_table_trials(FILE *stream, const struct snapshot *snapshot,
                         const struct study_facts *facts, bool colour);

/* The sentences of the trials that diverged or failed. */
void result_table_endings(FILE *stream, const struct snapshot *snapshot, bool colour);

/* For each verdict that explains a run and did not end it: how many trials have it, and the
 * sentence of the best of them. */
void result_table_explanations(FILE *stream, const struct snapshot *snapshot, bool colour);

/* Prints a text in lines of at most 80 columns where words allow it: the first line begins with
 * `first`, the others with `indent` spaces. */
void result_wrap(FILE *stream, const char *first, size_t indent, const char *text);

#endif
