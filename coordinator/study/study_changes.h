/* study_changes.h - in what a study file differs from the study that is to go on with it. */
#ifndef LRSWEEP_COORDINATOR_STUDY_STUDY_CHANGES_H
#define LRSWEEP_COORDINATOR_STUDY_STUDY_CHANGES_H

#include <jansson.h>

/* Compares two resolved studies (common/study_document.h): the one that was begun and the one that
 * is to go on. Returns the differences that no resume can take, one a line ("search.eta: was 3, is
 * 4"), each with a newline; "" if there are none; NULL: out of memory. To be freed. What may change
 * is whatever stands in `run` (run.retries only upwards: results rest on it) and a later
 * search.wall_time. `before` may hold anything. */
char *study_changes(const json_t *before, const json_t *after);

#endif
