/* study_keys.c - which keys a group may hold, and what a wrong one may have meant. */
#include "common/study/study_keys.h"

#include "common/catalogue/nearest.h"
#include "common/study/study_value.h"

#include <stdio.h>
#include <string.h>

static void add(struct study_keys *keys, const struct catalogue_key *key,
                const struct catalogue *of, const struct catalogue_entry *entry, bool elsewhere)
{
    if (keys->count == STUDY_KEYS_MAX)
        return;
    keys->list[keys->count].key = key;
    keys->list[keys->count].of = of;
    keys->list[keys->count].entry = entry;
    keys->list[keys->count].elsewhere = elsewhere;
    keys->count++;
}

/* The entry that `key` names in this group: what is written, or its default. */
static const struct catalogue_entry *chosen_entry(const struct catalogue_key *key,
                                                  const struct study_node *node)
{
    const struct study_node *value = study_node_member(node, key->name);
    if (value)
        return value->type == STUDY_NODE_TEXT ? catalogue_find(key->names, value->value.text)
                                              : NULL;
    return key->fallback ? catalogue_find(key->names, key->fallback) : NULL;
}

void study_keys_collect(struct study_keys *keys, const struct catalogue_entry *group,
                        const struct study_node *node, bool read_by_search)
{
    *keys = (struct study_keys){0};
    for (size_t i = 0; i < group->key_count; i++) {
        const struct catalogue_key *key = &group->keys[i];
        if (read_by_search && !key->read_by_search)
            continue;
        add(keys, key, NULL, NULL, false);
        if (!key->names)
            continue;
        const struct catalogue_entry *entry = chosen_entry(key, node);
        keys->chosen[keys->chosen_count].key = key;
        keys->chosen[keys->chosen_count++].entry = entry;
        for (size_t j = 0; entry && j < entry->key_count; j++)
            add(keys, &entry->keys[j], key->names, entry, false);
    }
}

void study_keys_add_searchable(struct study_keys *keys, const struct study_keys *other)
{
    for (size_t i = 0; i < other->count; i++) {
        if (other->list[i].key->searchable)
            add(keys, other->list[i].key, other->list[i].of, other->list[i].entry, true);
    }
    for (size_t i = 0; i < other->chosen_count; i++)
        keys->chosen[keys->chosen_count++] = other->chosen[i];
}

const struct catalogue_key *study_keys_find(const struct study_keys *keys, const char *name)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (strcmp(keys->list[i].key->name, name) == 0)
            return keys->list[i].key;
    }
    return NULL;
}

/* Appends `more` to a text, with ", " before it if it is not the first. */
static void enumerate(char *text, size_t text_bytes, const char *more)
{
    size_t length = strlen(text);
    (void)snprintf(text + length, text_bytes - length, "%s%s", length ? ", " : "", more);
}

/* Entries of the catalogue named by `key` that have the key `name`; returns one of their keys. */
static const struct catalogue_key *entries_with(const struct catalogue *catalogue, const char *name,
                                                char *text, size_t text_bytes)
{
    const struct catalogue_key *found = NULL;
    *text = '\0';
    for (size_t i = 0; i < catalogue->count(); i++) {
        const struct catalogue_key *key = catalogue_key_find(catalogue->entry(i), name);
        if (!key)
            continue;
        enumerate(text, text_bytes, catalogue->entry(i)->name);
        found = key;
    }
    return found;
}

/* A key of an entry that was not chosen. Returns whether it was one. */
static bool belongs_to_another(const struct study_keys *keys, const struct study_node *node,
                               const char *path, struct study_problems *problems)
{
    for (size_t i = 0; i < keys->chosen_count; i++) {
        const struct catalogue_key *choice = keys->chosen[i].key;
        const struct catalogue_entry *entry = keys->chosen[i].entry;
        char owners[200];
        const struct catalogue_key *key =
            entries_with(choice->names, node->name, owners, sizeof owners);
        if (!key)
            continue;
        if (choice->others_ignored)
            json_decref(study_value_check(key, node, path, problems));
        else if (entry)
            study_problem(problems, &node->place, "%s: no key of the %s %s; it belongs to %s", path,
                          choice->names->kind, entry->name, owners);
        /* else: what was chosen is unknown, which is problem enough */
        return true;
    }
    return false;
}

/* Another group of the study that has this key; NULL: none. */
static const char *group_with(const char *name)
{
    for (size_t i = 0; i < catalogue_groups.count(); i++) {
        const struct catalogue_entry *group = catalogue_groups.entry(i);
        if (catalogue_key_find(group, name))
            return group->name;
        for (size_t j = 0; j < group->key_count; j++) {
            char owners[200];
            if (group->keys[j].names &&
                entries_with(group->keys[j].names, name, owners, sizeof owners))
                return group->name;
        }
    }
    return NULL;
}

void study_keys_refuse(const struct study_keys *keys, const struct study_node *node,
                       const char *path, struct study_problems *problems)
{
    if (belongs_to_another(keys, node, path, problems))
        return;
    char allowed[500] = "";
    bool in_space = false;
    struct nearest nearest;
    nearest_start(&nearest, node->name);
    for (size_t i = 0; i < keys->count; i++) {
        enumerate(allowed, sizeof allowed, keys->list[i].key->name);
        nearest_offer(&nearest, keys->list[i].key->name);
        in_space = in_space || keys->list[i].elsewhere;
    }
    const char *group = nearest.name ? NULL : group_with(node->name);
    if (nearest.name)
        study_problem(problems, &node->place, "%s: unknown key (did you mean \"%s\"?); allowed: %s",
                      path, nearest.name, allowed);
    else if (group && in_space)
        study_problem(problems, &node->place,
                      "%s: cannot be searched (it is a key of %s); allowed: %s", path, group,
                      allowed);
    else if (group)
        study_problem(problems, &node->place, "%s: no key of this group (%s has it); allowed: %s",
                      path, group, allowed);
    else
        study_problem(problems, &node->place, "%s: unknown key; allowed: %s", path, allowed);
}
