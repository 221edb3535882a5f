/* study_resolve.c - walks the groups of a study, driven by the catalogue. */
#include "common/study/study_resolve.h"

#include "common/catalogue/nearest.h"
#include "common/study/study_keys.h"
#include "common/study/study_parse.h"
#include "common/study/study_value.h"

#include <stdio.h>
#include <string.h>

enum {
    LIST_MAX = 256 /* layers, schedules */
};

/* What every step of the walk needs. */
struct walk {
    struct study_problems *problems;
    bool in_space;  /* searchable keys may be given distributions */
    bool free_form; /* the group may hold anything, and need not hold what it usually must */
};

/* A key of a free-form group that the search does not know. */
static const struct catalogue_key any_key = {.type = KEY_ANY, .searchable = true};

static json_t *resolve_group(const struct walk *walk, const struct study_keys *keys,
                             const struct study_node *node, const struct study_place *place,
                             const char *path);

static void put(const struct walk *walk, json_t *object, const char *name, json_t *value)
{
    if (json_object_set_new(object, name, value) != 0)
        walk->problems->out_of_memory = true;
}

static json_t *resolve_inner_group(const struct walk *walk, const struct catalogue_entry *group,
                                   const struct study_node *node, const char *path)
{
    if (node->type != STUDY_NODE_GROUP) {
        char found[100];
        study_node_describe(node, found, sizeof found);
        study_problem(walk->problems, &node->place, "%s: found %s; allowed: a group { ... }", path,
                      found);
        return NULL;
    }
    struct study_keys keys;
    struct walk inside = *walk;
    inside.free_form = false;
    study_keys_collect(&keys, group, node, false);
    return resolve_group(&inside, &keys, node, &node->place, path);
}

static json_t *resolve_list(const struct walk *walk, const struct catalogue_key *key,
                            const struct study_node *node, const char *path)
{
    bool alone = node->type == STUDY_NODE_GROUP;
    size_t count = alone ? 1 : node->type == STUDY_NODE_LIST ? study_node_count(node) : 0;
    if (count == 0 || count > LIST_MAX) {
        char found[100], allowed[100];
        study_node_describe(node, found, sizeof found);
        catalogue_key_range(key, allowed, sizeof allowed);
        study_problem(walk->problems, &node->place, "%s: found %s%s; allowed: %s, 1 to %d of them",
                      path,
                      count                           ? "too long "
                      : node->type == STUDY_NODE_LIST ? "empty: "
                                                      : "",
                      found, allowed, LIST_MAX);
        return NULL;
    }
    json_t *array = json_array();
    const struct study_node *element = alone ? node : node->first;
    for (size_t i = 0; i < count; i++, element = element->next) {
        char element_path[STUDY_PATH_MAX_BYTES];
        (void)snprintf(element_path, sizeof element_path, "%.150s[%zu]", path, i);
        json_t *value = resolve_inner_group(walk, key->group, element, element_path);
        /* An element with problems leaves a null: the others keep their indices. */
        if (json_array_append_new(array, value ? value : json_null()) != 0)
            walk->problems->out_of_memory = true;
    }
    return array;
}

static json_t *resolve_value(const struct walk *walk, const struct catalogue_key *key,
                             const struct study_node *node, const char *path)
{
    if (key->type == KEY_GROUP)
        return resolve_inner_group(walk, key->group, node, path);
    if (key->type == KEY_LIST)
        return resolve_list(walk, key, node, path);
    if (walk->in_space && key->searchable)
        return study_value_or_distribution_check(key, node, path, walk->problems);
    return study_value_check(key, node, path, walk->problems);
}

/* A key that is not written: its default, or a problem. */
static void resolve_absent(const struct walk *walk, const struct study_keys *keys, size_t index,
                           const struct study_place *place, const char *path, json_t *object)
{
    const struct catalogue_key *key = keys->list[index].key;
    bool demanded = !key->fallback || key->type == KEY_LIST;
    if (keys->list[index].elsewhere || (key->fallback && !*key->fallback) ||
        (walk->free_form && demanded))
        return;
    if (!key->fallback) {
        const struct catalogue *of = keys->list[index].of;
        char range[200];
        catalogue_key_range(key, range, sizeof range);
        study_problem(walk->problems, place, "%s: missing%s%s%s%s%s; allowed: %s (%s)", path,
                      of ? ": the " : "", of ? of->kind : "", of ? " " : "",
                      of ? keys->list[index].entry->name : "", of ? " needs it" : "", range,
                      key->text);
        return;
    }
    if (key->type == KEY_PATH) { /* seen from the group's own file, as a written one is */
        struct study_node written = {
            .type = STUDY_NODE_TEXT, .value.text = (char *)key->fallback, .place = *place};
        put(walk, object, key->name, study_value_check(key, &written, path, walk->problems));
        return;
    }
    if (key->type != KEY_GROUP && key->type != KEY_LIST) {
        put(walk, object, key->name, study_value_default(key));
        return;
    }
    struct study_node *node = study_parse_value(key->fallback, key->name, place, walk->problems);
    if (!node)
        return;
    put(walk, object, key->name, resolve_value(walk, key, node, path));
    study_node_destroy(node);
}

static json_t *resolve_group(const struct walk *walk, const struct study_keys *keys,
                             const struct study_node *node, const struct study_place *place,
                             const char *path)
{
    json_t *object = json_object();
    char key_path[STUDY_PATH_MAX_BYTES];
    for (size_t i = 0; i < keys->count; i++) {
        const struct catalogue_key *key = keys->list[i].key;
        const struct study_node *value = study_node_member(node, key->name);
        (void)snprintf(key_path, sizeof key_path, "%.130s.%s", path, key->name);
        if (!value) {
            resolve_absent(walk, keys, i, place, key_path, object);
            continue;
        }
        json_t *json = resolve_value(walk, key, value, key_path);
        if (json)
            put(walk, object, key->name, json);
    }
    for (const struct study_node *child = node ? node->first : NULL; child; child = child->next) {
        if (study_keys_find(keys, child->name))
            continue;
        (void)snprintf(key_path, sizeof key_path, "%.130s.%.60s", path, child->name);
        if (!walk->free_form) {
            study_keys_refuse(keys, child, key_path, walk->problems);
            continue;
        }
        json_t *json = resolve_value(walk, &any_key, child, key_path);
        if (json)
            put(walk, object, child->name, json);
    }
    return object;
}

/* A group that is not written at all is one problem, not one for each of its keys. */
static bool refuse_absent_group(const struct walk *walk, const struct catalogue_entry *group,
                                const struct study_node *root)
{
    char needed[200] = "";
    for (size_t i = 0; i < group->key_count; i++) {
        size_t length = strlen(needed);
        if (!group->keys[i].fallback)
            (void)snprintf(needed + length, sizeof needed - length, "%s%s", length ? ", " : "",
                           group->keys[i].name);
    }
    if (!*needed)
        return false;
    study_problem(walk->problems, &root->place, "%s: this group is missing (%s); it needs %s",
                  group->name, group->text, needed);
    return true;
}

static void refuse_root_member(const struct walk *walk, const struct study_node *node)
{
    struct nearest nearest;
    char names[200] = "";
    const char *owner = NULL;
    nearest_start(&nearest, node->name);
    for (size_t i = 0; i < catalogue_groups.count(); i++) {
        const struct catalogue_entry *group = catalogue_groups.entry(i);
        size_t length = strlen(names);
        (void)snprintf(names + length, sizeof names - length, "%s%s", length ? ", " : "",
                       group->name);
        nearest_offer(&nearest, group->name);
        if (!owner && catalogue_key_find(group, node->name))
            owner = group->name;
    }
    for (size_t i = 0; i < catalogue_optimizers.count() && !owner; i++)
        if (catalogue_key_find(catalogue_optimizers.entry(i), node->name))
            owner = "train";
    if (owner)
        study_problem(walk->problems, &node->place, "%.60s: stands outside its group %s",
                      node->name, owner);
    else
        study_problem(walk->problems, &node->place, "%.60s: unknown group%s%s%s; allowed: %s",
                      node->name, nearest.name ? " (did you mean \"" : "",
                      nearest.name ? nearest.name : "", nearest.name ? "\"?)" : "", names);
}

json_t *study_resolve(const struct study_node *root, struct study_problems *problems)
{
    json_t *document = json_object();
    const struct catalogue_entry *train = catalogue_find(&catalogue_groups, "train");
    bool own_trainer = study_node_member(root, "trainer") != NULL;
    struct study_keys train_keys;
    study_keys_collect(&train_keys, train, study_node_member(root, train->name), own_trainer);
    for (size_t i = 0; i < catalogue_groups.count(); i++) {
        const struct catalogue_entry *group = catalogue_groups.entry(i);
        const struct study_node *node = study_node_member(root, group->name);
        struct walk walk = {.problems = problems, .free_form = own_trainer && group->free_form};
        bool absent = !node && !walk.free_form;
        if (absent && (group->optional || refuse_absent_group(&walk, group, root)))
            continue;
        if (node && node->type != STUDY_NODE_GROUP) {
            json_decref(resolve_inner_group(&walk, group, node, group->name)); /* says so */
            continue;
        }
        struct study_keys keys;
        study_keys_collect(&keys, group, node, walk.free_form);
        if (strcmp(group->name, "space") == 0) {
            walk.in_space = true;
            study_keys_add_searchable(&keys, &train_keys);
        }
        put(&walk, document, group->name,
            resolve_group(&walk, &keys, node, node ? &node->place : &root->place, group->name));
    }
    for (const struct study_node *child = root->first; child; child = child->next) {
        struct walk walk = {.problems = problems};
        if (!catalogue_find(&catalogue_groups, child->name))
            refuse_root_member(&walk, child);
    }
    return document;
}
