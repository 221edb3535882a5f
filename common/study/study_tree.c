/* study_tree.c - the tree of settings. */
#include "common/study/study_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct study_node *study_node_create(enum study_node_type type, const char *name,
                                     const struct study_place *place)
{
    struct study_node *node = calloc(1, sizeof *node);
    if (!node)
        return NULL;
    node->type = type;
    node->place = *place;
    if (name) {
        node->name = strdup(name);
        if (!node->name) {
            free(node);
            return NULL;
        }
    }
    return node;
}

static void destroy_content(struct study_node *node)
{
    if (node->type == STUDY_NODE_TEXT)
        free(node->value.text);
    struct study_node *next;
    for (struct study_node *child = node->first; child; child = next) {
        next = child->next;
        study_node_destroy(child); /* nests to the scanner's bound at most */
    }
}

void study_node_destroy(struct study_node *node)
{
    if (!node)
        return;
    destroy_content(node);
    free(node->name);
    free(node);
}

struct study_node *study_node_copy(const struct study_node *node)
{
    struct study_node *copy = study_node_create(node->type, node->name, &node->place);
    if (!copy)
        return NULL;
    if (node->type == STUDY_NODE_TEXT) {
        copy->value.text = strdup(node->value.text);
        if (!copy->value.text) {
            study_node_destroy(copy);
            return NULL;
        }
        return copy;
    }
    copy->value = node->value;
    for (const struct study_node *child = node->first; child; child = child->next) {
        struct study_node *inner =
            study_node_copy(child); /* nests to the scanner's bound at most */
        if (!inner) {
            study_node_destroy(copy);
            return NULL;
        }
        study_node_append(copy, inner);
    }
    return copy;
}

void study_node_append(struct study_node *parent, struct study_node *child)
{
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
}

void study_node_replace(struct study_node *node, struct study_node *other)
{
    destroy_content(node);
    node->type = other->type;
    node->value = other->value;
    node->first = other->first;
    node->last = other->last;
    node->place = other->place;
    free(other->name);
    free(other);
}

void study_node_remove(struct study_node *parent, struct study_node *child)
{
    struct study_node *before = NULL;
    for (struct study_node *node = parent->first; node != child; node = node->next)
        before = node;
    if (before)
        before->next = child->next;
    else
        parent->first = child->next;
    if (parent->last == child)
        parent->last = before;
    study_node_destroy(child);
}

struct study_node *study_node_member(const struct study_node *group, const char *name)
{
    if (!group || group->type != STUDY_NODE_GROUP)
        return NULL;
    for (struct study_node *child = group->first; child; child = child->next) {
        if (strcmp(child->name, name) == 0)
            return child;
    }
    return NULL;
}

struct study_node *study_node_element(const struct study_node *list, size_t index)
{
    if (!list || list->type != STUDY_NODE_LIST)
        return NULL;
    struct study_node *child = list->first;
    while (child && index--)
        child = child->next;
    return child;
}

size_t study_node_count(const struct study_node *node)
{
    size_t count = 0;
    for (const struct study_node *child = node->first; child; child = child->next)
        count++;
    return count;
}

const char *study_path_step(const char *path, struct study_step *step)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    *step = (struct study_step){.name = ""};
    if (*path == '[') {
        size_t digits = strspn(path + 1, "0123456789");
        if (digits == 0 || digits > 6 || path[1 + digits] != ']')
            return NULL;
        step->index = strtoul(path + 1, NULL, 10);
        path += digits + 2;
    } else {
        size_t length = strcspn(path, ".[");
        if (length == 0 || length >= sizeof step->name || !strchr(letters, *path) ||
            strspn(path, "-_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") !=
                length)
            return NULL;
        memcpy(step->name, path, length);
        path += length;
    }
    if (*path == '.')
        return path[1] == '\0' || path[1] == '[' ? NULL : path + 1;
    return *path == '\0' || *path == '[' ? path : NULL;
}

void study_node_describe(const struct study_node *node, char *text, size_t text_bytes)
{
    char quoted[80];
    switch (node->type) {
    case STUDY_NODE_BOOL:
        (void)snprintf(text, text_bytes, "%s", node->value.boolean ? "true" : "false");
        break;
    case STUDY_NODE_INTEGER:
        (void)snprintf(text, text_bytes, "%lld", node->value.integer);
        break;
    case STUDY_NODE_REAL:
        (void)snprintf(text, text_bytes, "%.10g", node->value.real);
        break;
    case STUDY_NODE_TEXT:
        study_quote(node->value.text, quoted, sizeof quoted);
        (void)snprintf(text, text_bytes, "%s", quoted);
        break;
    case STUDY_NODE_GROUP:
        (void)snprintf(text, text_bytes, "a group");
        break;
    case STUDY_NODE_LIST:
        (void)snprintf(text, text_bytes, "a list");
        break;
    }
}
