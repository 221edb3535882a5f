/* study_parse.h - study files and --set texts to a tree of settings; the only user of libconfig. */
#ifndef LRSWEEP_COMMON_STUDY_STUDY_PARSE_H
#define LRSWEEP_COMMON_STUDY_STUDY_PARSE_H

#include "common/study/study_source.h"
#include "common/study/study_tree.h"

/* The root group of a source that was read without problems; NULL with a problem. */
struct study_node *study_parse(const struct study_source *source, struct study_problems *problems);

/* A value as a study file would hold it: a number, true, "text", a list, a group. Everything in it
 * has `place`. `name`: what the node is called, NULL: an element. NULL with a problem. */
struct study_node *study_parse_value(const char *text, const char *name,
                                     const struct study_place *place,
                                     struct study_problems *problems);

/* Applies one `--set`: place->setting is its PATH=VALUE. */
void study_parse_setting(struct study_node *root, const struct study_place *place,
                         struct study_problems *problems);

#endif
