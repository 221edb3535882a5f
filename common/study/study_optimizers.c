/* study_optimizers.c - a rewriting of the tree, before anything is checked. */
#include "common/study/study_optimizers.h"

#include "common/catalogue/catalogue.h"

#include <stdlib.h>
#include <string.h>

/* { type = NAME; } */
static struct study_node *option_of(const struct study_node *name)
{
    struct study_node *group = study_node_create(STUDY_NODE_GROUP, NULL, &name->place);
    struct study_node *type = group ? study_node_copy(name) : NULL;
    if (!type) {
        study_node_destroy(group);
        return NULL;
    }
    free(type->name);
    type->name = strdup("type");
    study_node_append(group, type);
    if (type->name)
        return group;
    study_node_destroy(group);
    return NULL;
}

static bool stands_before(const struct study_node *list, const struct study_node *name)
{
    for (const struct study_node *node = list->first; node && node != name; node = node->next)
        if (node->type == STUDY_NODE_TEXT && strcmp(node->value.text, name->value.text) == 0)
            return true;
    return false;
}

/* Puts a list of groups in the place of { choice = (...); } or of a name. */
static void make_list(struct study_node *node, struct study_problems *problems)
{
    const struct study_node *choice = study_node_member(node, "choice");
    bool named = node->type == STUDY_NODE_TEXT;
    if (!named && (!choice || choice->type != STUDY_NODE_LIST || study_node_count(node) != 1))
        return;
    struct study_node *list = study_node_create(STUDY_NODE_LIST, NULL, &node->place);
    for (const struct study_node *name = named ? node : choice->first; list && name;
         name = named ? NULL : name->next) {
        bool is_name = name->type == STUDY_NODE_TEXT;
        if (is_name && !named && stands_before(choice, name))
            study_problem(problems, &name->place,
                          "space.optimizer.choice: \"%.40s\" stands in the list twice",
                          name->value.text);
        struct study_node *option = is_name ? option_of(name) : study_node_copy(name);
        if (option) {
            study_node_append(list, option);
        } else {
            study_node_destroy(list);
            list = NULL;
        }
    }
    if (list)
        study_node_replace(node, list);
    else
        problems->out_of_memory = true;
}

/* The first of the optimizers to choose among; study_node's next leads to the others. */
static struct study_node *first_option(struct study_node *node)
{
    return node->type == STUDY_NODE_LIST ? node->first : node;
}

/* NULL: it names none that is known. */
static const struct catalogue_entry *entry_of(const struct study_node *option)
{
    const struct study_node *type = study_node_member(option, "type");
    return type && type->type == STUDY_NODE_TEXT
               ? catalogue_find(&catalogue_optimizers, type->value.text)
               : NULL;
}

static bool is_optimizers_key(const char *name)
{
    for (size_t i = 0; i < catalogue_optimizers.count(); i++)
        if (catalogue_key_find(catalogue_optimizers.entry(i), name))
            return true;
    return false;
}

/* Copies a parameter into the optimizers that have it. Returns how many do, or may: those that are
 * not known. */
static size_t hand_on(struct study_node *optimizers, const struct study_node *parameter,
                      struct study_problems *problems)
{
    size_t count = 0;
    bool is_list = optimizers->type == STUDY_NODE_LIST;
    for (struct study_node *option = first_option(optimizers); option;
         option = is_list ? option->next : NULL) {
        const struct catalogue_entry *entry = entry_of(option);
        bool has_key = entry && catalogue_key_find(entry, parameter->name);
        count += has_key || !entry;
        if (!has_key || study_node_member(option, parameter->name))
            continue;
        struct study_node *copy = study_node_copy(parameter);
        if (copy)
            study_node_append(option, copy);
        else
            problems->out_of_memory = true;
    }
    return count;
}

static void hand_on_all(struct study_node *group, const char *group_name,
                        struct study_node *optimizers, struct study_problems *problems)
{
    struct study_node *next;
    for (struct study_node *node = group->first; node; node = next) {
        next = node->next;
        if (!node->name || !is_optimizers_key(node->name))
            continue;
        if (hand_on(optimizers, node, problems) == 0)
            study_problem(problems, &node->place, "%s.%s: no optimizer of space.optimizer has it",
                          group_name, node->name);
        study_node_remove(group, node);
    }
}

/* A parameter can be fixed or searched, not both. */
static void refuse_both(const struct study_node *train, const struct study_node *space,
                        struct study_problems *problems)
{
    for (const struct study_node *node = space->first; node; node = node->next) {
        const struct study_node *other = node->name ? study_node_member(train, node->name) : NULL;
        char where[ERROR_TEXT_BYTES / 2];
        if (!other || !is_optimizers_key(node->name))
            continue;
        study_place_text(&other->place, where, sizeof where);
        study_problem(problems, &node->place,
                      "space.%s: stands in train too (%s); allowed: one of the two", node->name,
                      where);
    }
}

void study_optimizers_gather(struct study_node *root, struct study_problems *problems)
{
    struct study_node *train = study_node_member(root, "train");
    struct study_node *space = study_node_member(root, "space");
    struct study_node *optimizers = study_node_member(space, "optimizer");
    if (!optimizers)
        return;
    make_list(optimizers, problems);
    /* Both is refused later; whose the parameters would be, nobody can say. */
    if (study_node_member(train, "optimizer"))
        return;
    if (train) {
        refuse_both(train, space, problems);
        hand_on_all(train, "train", optimizers, problems);
    }
    hand_on_all(space, "space", optimizers, problems);
}
