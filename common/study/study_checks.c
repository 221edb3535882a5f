/* study_checks.c - runs the rules; finds the settings that they are about. */
#include "common/study/study_checks.h"

#include "common/study/study_rules.h"

#include <string.h>

/* The node of a setting, or of the nearest group around it that is written. */
static const struct study_node *nearest_node(const struct study_node *root, const char *setting)
{
    const struct study_node *node = root;
    while (setting && *setting) {
        struct study_step step;
        setting = study_path_step(setting, &step);
        if (!setting)
            break;
        const struct study_node *inner =
            *step.name ? study_node_member(node, step.name) : study_node_element(node, step.index);
        /* A group that stands alone where a list may is its first element. */
        if (!inner && !*step.name && step.index == 0 && node->type == STUDY_NODE_GROUP)
            inner = node;
        if (!inner)
            break;
        node = inner;
    }
    return node;
}

const struct study_place *study_checks_place(const struct study_node *root, const char *setting)
{
    return &nearest_node(root, setting)->place;
}

const struct study_node *study_check_node(const struct study_check *check, const char *setting)
{
    return nearest_node(check->root, setting);
}

const struct study_place *study_check_place(const struct study_check *check, const char *setting)
{
    return study_checks_place(check->root, setting);
}

void study_check_place_text(const struct study_check *check, const char *setting, char *text,
                            size_t text_bytes)
{
    study_place_text(study_check_place(check, setting), text, text_bytes);
}

const json_t *study_check_value(const struct study_check *check, const char *group, const char *key)
{
    return json_object_get(json_object_get(check->document, group), key);
}

bool study_check_is_text(const json_t *value, const char *text)
{
    return json_is_string(value) && strcmp(json_string_value(value), text) == 0;
}

bool study_check_is_zero(const json_t *value)
{
    return json_is_number(value) && json_number_value(value) == 0;
}

void study_set_candidates(json_t *document, json_int_t candidates, struct study_problems *problems)
{
    json_t *ordered = json_object();
    const char *key;
    json_t *value;
    json_object_foreach(json_object_get(document, "search"), key, value)
    {
        if (strcmp(key, "candidates") != 0)
            (void)json_object_set(ordered, key, value);
        if (strcmp(key, "sampler") == 0)
            (void)json_object_set_new(ordered, "candidates", json_integer(candidates));
    }
    if (json_object_set_new(document, "search", ordered) != 0)
        problems->out_of_memory = true;
}

void study_checks_run(json_t *document, const struct study_node *root,
                      struct study_problems *problems)
{
    const struct study_check check = {.document = document, .root = root, .problems = problems};
    study_rules_search(&check);
    study_rules_space(&check);
    study_rules_run(&check);
}
