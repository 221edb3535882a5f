/* study_optimizers.h - the optimizers of a search, in the form in which schedules stand.
 *
 * `space.optimizer` may be written as a list of groups ( { type = "adam"; beta1 = ...; }, ... ), as
 * one group, as { choice = ( "sgd", "adam" ); } or as a name. A parameter of an optimizer that
 * stands in `train`, or in `space` beside it, belongs to each of the optimizers that has it and
 * does not say otherwise itself. */
#ifndef LRSWEEP_COMMON_STUDY_STUDY_OPTIMIZERS_H
#define LRSWEEP_COMMON_STUDY_STUDY_OPTIMIZERS_H

#include "common/study/study_tree.h"

/* Rewrites the tree so that space.optimizer, if there is one, is a list of groups with all of their
 * parameters inside. What makes no sense stays for study_resolve to refuse. */
void study_optimizers_gather(struct study_node *root, struct study_problems *problems);

#endif
