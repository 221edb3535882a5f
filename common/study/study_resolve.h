/* study_resolve.h - the tree of settings against the catalogue's groups, with defaults filled in.
 */
#ifndef LRSWEEP_COMMON_STUDY_STUDY_RESOLVE_H
#define LRSWEEP_COMMON_STUDY_STUDY_RESOLVE_H

#include "common/study/study_tree.h"

#include <jansson.h>

/* The resolved study (a new reference). Settings with problems are missing from it. NULL when
 * memory ran out. What depends on several settings is study_checks.h's. */
json_t *study_resolve(const struct study_node *root, struct study_problems *problems);

#endif
