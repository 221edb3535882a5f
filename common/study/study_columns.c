/* study_columns.c - adds to the tree of settings what the columns of a list name. */
#include "common/study/study_list.h"
#include "common/study/study_value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- values --- */

/* A node with the value that a text stands for. */
static struct study_node *node_of(const char *text, const char *name,
                                  const struct study_place *place, struct study_problems *problems)
{
    struct study_node *node = study_node_create(STUDY_NODE_REAL, name, place);
    json_t *value = study_list_value(text);
    if (node && json_is_real(value)) {
        node->value.real = json_real_value(value);
    } else if (node && json_is_boolean(value)) {
        node->type = STUDY_NODE_BOOL;
        node->value.boolean = json_is_true(value);
    } else if (node) {
        char *copy = strdup(text);
        node->type = copy ? STUDY_NODE_TEXT : STUDY_NODE_GROUP;
        node->value.text = copy;
    }
    json_decref(value);
    if (node && (node->type != STUDY_NODE_GROUP))
        return node;
    problems->out_of_memory = true;
    study_node_destroy(node);
    return NULL;
}

static void append_to(struct study_node *parent, struct study_node *child)
{
    if (parent && child)
        study_node_append(parent, child);
}

/* Whether the cell is a value of the key, told of if it is not. */
static bool check_cell(const struct study_list *list, size_t row, size_t column,
                       const struct catalogue_key *key, struct study_problems *problems)
{
    const char *text = study_list_cell(list, row, column);
    struct study_node *node = node_of(text, NULL, &list->place, problems);
    char where[STUDY_PATH_MAX_BYTES], name[60];
    study_quote(study_list_cell(list, 0, column), name, sizeof name);
    (void)snprintf(where, sizeof where, "row %zu, column %zu (%s)", row + 1, column + 1, name);
    json_t *value = node ? study_value_check(key, node, where, problems) : NULL;
    study_node_destroy(node);
    json_decref(value);
    return value != NULL;
}

/* Whether the row's cell of the column `chooser` holds `type`; a row without such a column holds
 * whatever it is asked for. */
static bool chooses(const struct study_list *list, size_t row, size_t chooser, const char *type)
{
    return chooser == list->columns || !type ||
           strcmp(study_list_cell(list, row, chooser), type) == 0;
}

/* Adds a text's value to a list that does not hold it yet. The nodes are named by their text. */
static void add_value(struct study_node *values, const char *text, const struct study_list *list,
                      struct study_problems *problems)
{
    for (const struct study_node *node = values->first; node; node = node->next)
        if (strcmp(node->name, text) == 0)
            return;
    append_to(values, node_of(text, text, &list->place, problems));
}

/* The range of the cells of a column, those of rows that choose `type`, as a distribution. NULL:
 * none has a value, or one is wrong. */
static struct study_node *range_of(const struct study_list *list, size_t column, size_t chooser,
                                   const char *type, const struct catalogue_key *key,
                                   struct study_problems *problems)
{
    bool number = key->type == KEY_INTEGER || key->type == KEY_REAL;
    const char *low = NULL, *high = NULL;
    struct study_node *range = study_node_create(STUDY_NODE_GROUP, key->name, &list->place);
    struct study_node *values = study_node_create(STUDY_NODE_LIST, "choice", &list->place);
    for (size_t row = 1; range && values && row <= list->rows; row++) {
        const char *text = study_list_cell(list, row, column);
        if (!*text || !chooses(list, row, chooser, type) ||
            !check_cell(list, row, column, key, problems))
            continue;
        if (!low || (number && strtod(text, NULL) < strtod(low, NULL)))
            low = text;
        if (!high || (number && strtod(text, NULL) > strtod(high, NULL)))
            high = text;
        if (!number)
            add_value(values, text, list, problems);
    }
    if (!range || !values || !low) {
        problems->out_of_memory = problems->out_of_memory || !range || !values;
        study_node_destroy(values);
        study_node_destroy(range);
        return NULL;
    }
    /* One number for all is a choice of one: a range needs two. */
    if (number && strtod(low, NULL) < strtod(high, NULL)) {
        study_node_destroy(values);
        values = study_node_create(STUDY_NODE_LIST, key->type == KEY_INTEGER ? "int" : "uniform",
                                   &list->place);
    }
    if (number && values) {
        append_to(values, node_of(low, NULL, &list->place, problems));
        if (strcmp(values->name, "choice") != 0)
            append_to(values, node_of(high, NULL, &list->place, problems));
    }
    append_to(range, values);
    return range;
}

/* --- the space --- */

static size_t column_of(const struct study_list *list, const char *name)
{
    size_t column = 0;
    while (column < list->columns && strcmp(study_list_cell(list, 0, column), name) != 0)
        column++;
    return column;
}

/* A key that a column `name` can be: of lr and the searchable ones of train and of optimizers. */
static const struct catalogue_key *key_named(const char *name)
{
    static const char *const groups[] = {"space", "train"};
    for (size_t i = 0; i < 2; i++) {
        const struct catalogue_key *key =
            catalogue_key_find(catalogue_find(&catalogue_groups, groups[i]), name);
        if (key && key->searchable)
            return key;
    }
    for (size_t i = 0; i < catalogue_optimizers.count(); i++) {
        const struct catalogue_key *key = catalogue_key_find(catalogue_optimizers.entry(i), name);
        if (key && key->searchable)
            return key;
    }
    return NULL;
}

/* { type = NAME; } NULL: out of memory. */
static struct study_node *alternative(const struct study_list *list, const char *type)
{
    struct study_node *group = study_node_create(STUDY_NODE_GROUP, NULL, &list->place);
    struct study_node *node =
        group ? study_node_create(STUDY_NODE_REAL, "type", &list->place) : NULL;
    char *text = node ? strdup(type) : NULL;
    append_to(group, node);
    if (!text) {
        study_node_destroy(group);
        return NULL;
    }
    node->type = STUDY_NODE_TEXT;
    node->value.text = text;
    return group;
}

/* The list of groups `choice` of the space; made of the types that the column of this name holds,
 * if the study has none. */
static struct study_node *alternatives(const struct study_list *list, struct study_node *space,
                                       const char *choice, const struct catalogue *catalogue,
                                       struct study_problems *problems)
{
    struct study_node *groups = study_node_member(space, choice);
    size_t column = column_of(list, choice);
    if (groups || column == list->columns)
        return groups;
    groups = study_node_create(STUDY_NODE_LIST, choice, &list->place);
    for (size_t row = 1; groups && row <= list->rows; row++) {
        const char *type = study_list_cell(list, row, column);
        bool seen = false;
        for (const struct study_node *node = groups->first; node; node = node->next)
            seen = seen || strcmp(node->first->value.text, type) == 0;
        if (!catalogue_find(catalogue, type)) {
            char quoted[60];
            study_quote(type, quoted, sizeof quoted);
            study_list_problem(list, row, column, problems, "found %s, which is no %s", quoted,
                               catalogue->kind);
        } else if (!seen) {
            append_to(groups, alternative(list, type));
        }
    }
    if (groups && groups->first) {
        study_node_append(space, groups);
        return groups;
    }
    study_node_destroy(groups);
    return NULL;
}

/* Gives the alternatives that lack the parameter of a column, such as schedule.gamma, its range. */
static void add_to_alternatives(const struct study_list *list, size_t column,
                                struct study_node *groups, const struct catalogue *catalogue,
                                const char *choice, struct study_problems *problems)
{
    const char *name = strchr(study_list_cell(list, 0, column), '.') + 1;
    bool is_list = groups && groups->type == STUDY_NODE_LIST;
    for (struct study_node *group = is_list ? groups->first : groups; group;
         group = is_list ? group->next : NULL) {
        const struct study_node *type = study_node_member(group, "type");
        const struct catalogue_entry *entry = type && type->type == STUDY_NODE_TEXT
                                                  ? catalogue_find(catalogue, type->value.text)
                                                  : NULL;
        const struct catalogue_key *key = entry ? catalogue_key_find(entry, name) : NULL;
        if (key && key->searchable && !study_node_member(group, name))
            append_to(group,
                      range_of(list, column, column_of(list, choice), entry->name, key, problems));
    }
}

/* Whether `node` is a distribution. */
static bool is_searched(const struct study_node *node)
{
    return node && node->type == STUDY_NODE_GROUP;
}

static bool names_inside_alternative(const struct study_node *space, const char *name)
{
    const struct study_node *groups = study_node_member(space, "optimizer");
    bool is_list = groups && groups->type == STUDY_NODE_LIST;
    for (const struct study_node *group = is_list ? groups->first : groups; group;
         group = is_list ? group->next : NULL)
        if (study_node_member(group, name))
            return true;
    return false;
}

/* What a list gives each candidate takes the place of what the study gives all. */
static void take_from_train(struct study_node *root, const char *name)
{
    struct study_node *train = study_node_member(root, "train");
    struct study_node *written = study_node_member(train, name);
    if (written)
        study_node_remove(train, written);
}

static void add_to_space(const struct study_list *list, size_t column, struct study_node *root,
                         struct study_node *space, const struct catalogue_key *key,
                         struct study_problems *problems)
{
    struct study_node *written = study_node_member(space, key->name);
    if (is_searched(written) || names_inside_alternative(space, key->name))
        return;
    struct study_node *range = range_of(list, column, list->columns, NULL, key, problems);
    if (!range)
        return;
    take_from_train(root, key->name);
    if (written)
        study_node_replace(written, range);
    else
        study_node_append(space, range);
}

static void complete_space(const struct study_list *list, struct study_node *root,
                           struct study_node *space, struct study_problems *problems)
{
    static const struct {
        const char *name;
        const struct catalogue *catalogue;
    } choices[] = {{"schedule", &catalogue_schedules}, {"optimizer", &catalogue_optimizers}};
    struct study_node *groups[2];
    for (size_t i = 0; i < 2; i++)
        groups[i] = alternatives(list, space, choices[i].name, choices[i].catalogue, problems);
    if (groups[1] && column_of(list, "optimizer") < list->columns)
        take_from_train(root, "optimizer");
    for (size_t column = 0; column < list->columns; column++) {
        const char *name = study_list_cell(list, 0, column);
        const struct catalogue_key *key = key_named(name);
        if (key)
            add_to_space(list, column, root, space, key, problems);
        for (size_t i = 0; i < 2; i++) {
            size_t length = strlen(choices[i].name);
            if (strncmp(name, choices[i].name, length) == 0 && name[length] == '.')
                add_to_alternatives(list, column, groups[i], choices[i].catalogue, choices[i].name,
                                    problems);
        }
    }
}

/* The group of this name, made if the study has none. */
static struct study_node *group_of(struct study_node *root, const char *name,
                                   const struct study_place *place)
{
    struct study_node *group = study_node_member(root, name);
    if (group)
        return group->type == STUDY_NODE_GROUP ? group : NULL;
    group = study_node_create(STUDY_NODE_GROUP, name, place);
    append_to(root, group);
    return group;
}

/* Without a sampler, the list is the sampler. False: another one is named. */
static bool is_chosen(struct study_node *search, const struct study_node *from,
                      struct study_problems *problems)
{
    const struct study_node *sampler = study_node_member(search, "sampler");
    if (sampler)
        return sampler->type == STUDY_NODE_TEXT && strcmp(sampler->value.text, "list") == 0;
    struct study_node *chosen = node_of("list", "sampler", &from->place, problems);
    append_to(search, chosen);
    return chosen != NULL;
}

struct study_list *study_list_read(struct study_node *root, struct study_problems *problems)
{
    struct study_node *search = study_node_member(root, "search");
    const struct study_node *from = study_node_member(search, "candidates_from");
    if (!from || !is_chosen(search, from, problems))
        return NULL;
    const struct catalogue_key *key =
        catalogue_key_find(catalogue_find(&catalogue_samplers, "list"), "candidates_from");
    struct study_problems quiet = {0}; /* study_resolve says it once more */
    json_t *path = study_value_check(key, from, "", &quiet);
    struct study_list *list =
        path ? study_list_open(json_string_value(path), from->place.order, problems) : NULL;
    struct study_node *space = group_of(root, "space", &from->place);
    if (list && space)
        complete_space(list, root, space, problems);
    study_problems_destroy(&quiet);
    json_decref(path);
    return list;
}
