/* result.h - the end of a search in words: the table on standard output, and summary.json. */
#ifndef LRSWEEP_COORDINATOR_VIEW_RESULT_H
#define LRSWEEP_COORDINATOR_VIEW_RESULT_H

#include "coordinator/view/study_facts.h"

#include <stdio.h>

/* The recommendation, the rungs, which rates diverged and from which rate up, every trial with its
 * verdict. For a study that is not finished: where it stands. */
void result_print(FILE *stream, const struct snapshot *snapshot, bool colour);

/* A page of it, for watching: how the search stands, the best so far, the rungs, the first `most`
 * trials in training. */
void result_print_overview(FILE *stream, const struct snapshot *snapshot, size_t most, bool colour);

/* Prints which rates diverged, from which one up, and which learned: one or two paragraphs, each in
 * lines of at most 80 columns. Nothing where no rate was tried. */
void result_print_rates(FILE *stream, const struct snapshot *snapshot,
                        const struct study_facts *facts);

/* Prints to standard output: summary.json's content, or the words and tables above (in colour
 * where text_style_colour says so). */
void result_show(const struct snapshot *snapshot, bool json);

/* The content of summary.json; a new reference. */
json_t *result_summary(const struct snapshot *snapshot);

/* One of its finalists, and one of its rungs; new references. */
json_t *result_finalist_json(const struct snapshot_finalist *finalist);
json_t *result_rung_json(const struct snapshot_rung *rung);

/* Writes DIR/summary.json, replacing an old one atomically. */
bool result_write_summary(const char *dir, const struct snapshot *snapshot, struct error *error);

#endif
