/* study_keys.h - the keys that one group of a study may hold, given what it names.
 *
 * A group holds its own keys, and those of what it names: `train` those of its optimizer, a layer
 * those of its type. */
#ifndef LRSWEEP_COMMON_STUDY_STUDY_KEYS_H
#define LRSWEEP_COMMON_STUDY_STUDY_KEYS_H

#include "common/catalogue/catalogue.h"
#include "common/study/study_tree.h"

#define STUDY_KEYS_MAX 64

struct study_keys {
    size_t count;
    struct {
        const struct catalogue_key *key;
        const struct catalogue *of;          /* what brought it; NULL: the group itself */
        const struct catalogue_entry *entry; /* the entry of `of` */
        bool elsewhere;                      /* may be here, but its default stands elsewhere */
    } list[STUDY_KEYS_MAX];
    /* Catalogues named in the group, and the entry chosen of each (NULL: none that is known). */
    size_t chosen_count;
    struct {
        const struct catalogue_key *key;
        const struct catalogue_entry *entry;
    } chosen[8];
};

/* `node`: the group as written, NULL if it is absent. read_by_search: only the keys that the search
 * itself reads. */
void study_keys_collect(struct study_keys *keys, const struct catalogue_entry *group,
                        const struct study_node *node, bool read_by_search);

/* Adds the searchable keys of `other`, which keep their defaults there. */
void study_keys_add_searchable(struct study_keys *keys, const struct study_keys *other);

/* NULL: the group has no such key. */
const struct catalogue_key *study_keys_find(const struct study_keys *keys, const char *name);

/* Says why `node` stands in a group that has no such key, or checks it if it may be ignored. */
void study_keys_refuse(const struct study_keys *keys, const struct study_node *node,
                       const char *path, struct study_problems *problems);

#endif
