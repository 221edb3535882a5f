/* study_tree.h - the settings of a study as written, each with its place, free of libconfig.
 *
 * What is read from files and from --set becomes one tree; checks and the resolved document are
 * made from it. */
#ifndef LRSWEEP_COMMON_STUDY_STUDY_TREE_H
#define LRSWEEP_COMMON_STUDY_STUDY_TREE_H

#include "common/study/study_problems.h"

#include <stdbool.h>
#include <stddef.h>

#define STUDY_PATH_MAX_BYTES 200 /* of a setting's path in messages; longer ones are cut off */

enum study_node_type {
    STUDY_NODE_BOOL,
    STUDY_NODE_INTEGER,
    STUDY_NODE_REAL,
    STUDY_NODE_TEXT,
    STUDY_NODE_GROUP,
    STUDY_NODE_LIST
};

struct study_node {
    enum study_node_type type;
    char *name; /* NULL: an element of a list, or the root */
    union {
        bool boolean;
        long long integer;
        double real;
        char *text;
    } value;
    struct study_node *first, *last; /* groups and lists: what is inside, in order */
    struct study_node *next;
    struct study_place place; /* borrows the names of files and --set texts */
};

/* NULL when memory ran out. `name` is copied and may be NULL. */
struct study_node *study_node_create(enum study_node_type type, const char *name,
                                     const struct study_place *place);
void study_node_destroy(struct study_node *node);

/* A copy of the node and all that is inside, with their places; NULL when memory ran out. */
struct study_node *study_node_copy(const struct study_node *node);

/* Takes over `child`. */
void study_node_append(struct study_node *parent, struct study_node *child);

/* Puts the content, type and place of `other` into `node`, which keeps its name, and destroys
 * `other`. */
void study_node_replace(struct study_node *node, struct study_node *other);

/* Takes `child` out of `parent` and destroys it. */
void study_node_remove(struct study_node *parent, struct study_node *child);

/* NULL if it is no group or has no such member. */
struct study_node *study_node_member(const struct study_node *group, const char *name);

/* NULL if it is no list or is shorter. */
struct study_node *study_node_element(const struct study_node *list, size_t index);

size_t study_node_count(const struct study_node *node);

/* Reads one step of a path such as "model.layers[0].units": a name, or an index. Returns what is
 * left of the path, "" at its end, NULL if it is malformed. */
struct study_step {
    char name[STUDY_PATH_MAX_BYTES]; /* "": an index */
    size_t index;
};
const char *study_path_step(const char *path, struct study_step *step);

/* What a message says was found: "the string \"high\"", "1.5", "a list". */
void study_node_describe(const struct study_node *node, char *text, size_t text_bytes);

#endif
