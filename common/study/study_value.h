/* study_value.h - one value against its row of the catalogue: type, range, choices, distribution.
 */
#ifndef LRSWEEP_COMMON_STUDY_STUDY_VALUE_H
#define LRSWEEP_COMMON_STUDY_STUDY_VALUE_H

#include "common/catalogue/catalogue.h"
#include "common/study/study_tree.h"

#include <jansson.h>

/* The checked value as it stands in the resolved study (a new reference), or NULL with a problem.
 * `key` is of no group or list type; `path` names the setting in messages. */
json_t *study_value_check(const struct catalogue_key *key, const struct study_node *node,
                          const char *path, struct study_problems *problems);

/* The same for a value of the search space: a constant or a group with one distribution, such as
 * { log_uniform = [1.0e-5, 10.0]; }. */
json_t *study_value_or_distribution_check(const struct catalogue_key *key,
                                          const struct study_node *node, const char *path,
                                          struct study_problems *problems);

/* The key's default; a new reference, NULL when memory ran out. The key has one, and no group or
 * list type. */
json_t *study_value_default(const struct catalogue_key *key);

#endif
