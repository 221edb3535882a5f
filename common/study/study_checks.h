/* study_checks.h - what must hold between settings, each of which is sound by itself. */
#ifndef LRSWEEP_COMMON_STUDY_STUDY_CHECKS_H
#define LRSWEEP_COMMON_STUDY_STUDY_CHECKS_H

#include "common/study/study_tree.h"

#include <jansson.h>

/* `document`: as resolved so far; settings that have a problem already are missing from it, and
 * nothing is said about them. Fills in what follows from others: the candidates of a grid. */
void study_checks_run(json_t *document, const struct study_node *root,
                      struct study_problems *problems);

/* Sets search.candidates, at its place: behind the sampler that it belongs to. */
void study_set_candidates(json_t *document, json_int_t candidates, struct study_problems *problems);

/* The place of a setting, or of the nearest group around it that is written. */
const struct study_place *study_checks_place(const struct study_node *root, const char *setting);

#endif
