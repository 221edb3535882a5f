/* study_rules.h - the rules of study_checks.h by what they are about, and what those share. */
#ifndef LRSWEEP_COMMON_STUDY_STUDY_RULES_H
#define LRSWEEP_COMMON_STUDY_STUDY_RULES_H

#include "common/study/study_problems.h"
#include "common/study/study_tree.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct study_check {
    json_t *document; /* as resolved so far */
    const struct study_node *root;
    struct study_problems *problems;
};

/* What metric, budgets, samplers and schedulers ask of each other; fills in the candidates. */
void study_rules_search(const struct study_check *check);

/* What is searched, and what it asks of data, layers and budget. */
void study_rules_space(const struct study_check *check);

/* When the work is to end. */
void study_rules_run(const struct study_check *check);

/* The node of a setting, or of the nearest group around it that is written, and its place. */
const struct study_node *study_check_node(const struct study_check *check, const char *setting);
const struct study_place *study_check_place(const struct study_check *check, const char *setting);

/* The place of a setting that a message about another one names. */
void study_check_place_text(const struct study_check *check, const char *setting, char *text,
                            size_t text_bytes);

/* NULL: it has a problem, or there is none. */
const json_t *study_check_value(const struct study_check *check, const char *group,
                                const char *key);

bool study_check_is_text(const json_t *value, const char *text);

/* Whether a checked constant is 0; a distribution is not. */
bool study_check_is_zero(const json_t *value);

#endif
