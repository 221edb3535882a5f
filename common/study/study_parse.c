/* study_parse.c - libconfig's settings to a tree, and --set on top of it. */
#include "common/study/study_parse.h"

#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One walk over what libconfig has read. */
struct copying {
    const struct study_source *source; /* NULL: everything has `place` */
    struct study_place place;
    struct study_problems *problems;
};

static bool copy_value(const config_setting_t *setting, struct study_node *node)
{
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_BOOL:
        node->type = STUDY_NODE_BOOL;
        node->value.boolean = config_setting_get_bool(setting) != 0;
        return true;
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        node->type = STUDY_NODE_INTEGER;
        node->value.integer = config_setting_get_int64(setting);
        return true;
    case CONFIG_TYPE_FLOAT:
        node->type = STUDY_NODE_REAL;
        node->value.real = config_setting_get_float(setting);
        return true;
    case CONFIG_TYPE_STRING: {
        const char *text = config_setting_get_string(setting);
        node->value.text = strdup(text ? text : "");
        if (!node->value.text)
            return false;
        node->type = STUDY_NODE_TEXT;
        return true;
    }
    case CONFIG_TYPE_GROUP:
        node->type = STUDY_NODE_GROUP;
        return true;
    default:
        node->type = STUDY_NODE_LIST;
        return true;
    }
}

/* NULL when memory ran out. */
static struct study_node *copy(const struct copying *copying, const config_setting_t *setting)
{
    struct study_place place = copying->place;
    if (copying->source)
        place = study_source_place(copying->source, setting->line ? setting->line : 1);
    struct study_node *node =
        study_node_create(STUDY_NODE_GROUP, config_setting_name(setting), &place);
    if (!node || !copy_value(setting, node)) {
        study_node_destroy(node);
        return NULL;
    }
    if (!config_setting_is_aggregate(setting))
        return node;
    for (int i = 0; i < config_setting_length(setting); i++) {
        struct study_node *child = copy(copying, config_setting_get_elem(setting, (unsigned)i));
        if (!child) {
            study_node_destroy(node);
            return NULL;
        }
        study_node_append(node, child);
    }
    return node;
}

static void report(const config_t *config, const struct study_source *source,
                   struct study_problems *problems)
{
    char line[80];
    int number = config_error_line(config);
    const char *text = config_error_text(config);
    struct study_place place = study_source_place(source, number > 0 ? (unsigned)number : 1);
    study_source_quote(source, &place, line, sizeof line);
    if (text && strstr(text, "duplicate"))
        study_problem(problems, &place,
                      "%s: a setting of this name stands before in the same group", line);
    else
        study_problem(problems, &place,
                      "%s: %s here or just before; allowed: NAME = VALUE; where VALUE is a number, "
                      "true, false, \"text\", a group { ... } or a list ( ..., ... ) without a "
                      "comma after its last element",
                      line, text ? text : "syntax error");
}

struct study_node *study_parse(const struct study_source *source, struct study_problems *problems)
{
    config_t config;
    config_init(&config);
    struct study_node *root = NULL;
    if (config_read_string(&config, source->text) == CONFIG_TRUE) {
        struct copying copying = {.source = source, .problems = problems};
        root = copy(&copying, config_root_setting(&config));
        if (!root)
            problems->out_of_memory = true;
    } else {
        report(&config, source, problems);
    }
    config_destroy(&config);
    return root;
}

/* NULL if libconfig does not take the source as one value. */
static struct study_node *read_value(const struct study_source *source, const char *name,
                                     const struct study_place *place,
                                     struct study_problems *problems)
{
    config_t config;
    config_init(&config);
    struct study_node *node = NULL;
    if (config_read_string(&config, source->text) == CONFIG_TRUE &&
        config_setting_length(config_root_setting(&config)) == 1) {
        config_setting_t *setting = config_setting_get_elem(config_root_setting(&config), 0);
        struct copying copying = {.place = *place, .problems = problems};
        node = copy(&copying, setting);
        if (node) {
            free(node->name);
            node->name = name ? strdup(name) : NULL;
        }
        if (!node || (name && !node->name)) {
            study_node_destroy(node);
            node = NULL;
            problems->out_of_memory = true;
        }
    }
    config_destroy(&config);
    return node;
}

/* Parses `text` without a word to anyone if it is not a value. */
static struct study_node *try_value(const char *text, const char *name,
                                    const struct study_place *place,
                                    struct study_problems *problems, bool *had_comment)
{
    static const char before[] = "value = ";
    struct study_problems quiet = {0};
    struct study_source source;
    struct study_node *node = NULL;
    size_t bytes = sizeof before + strlen(text);
    char *whole = malloc(bytes);
    if (!whole) {
        problems->out_of_memory = true;
        return NULL;
    }
    (void)snprintf(whole, bytes, "%s%s", before, text);
    bool sound = study_source_text(&source, whole, place, &quiet);
    *had_comment = source.had_comment;
    if (sound)
        node = read_value(&source, name, place, &quiet);
    problems->out_of_memory = problems->out_of_memory || quiet.out_of_memory;
    study_source_destroy(&source);
    study_problems_destroy(&quiet);
    free(whole);
    return node;
}

struct study_node *study_parse_value(const char *text, const char *name,
                                     const struct study_place *place,
                                     struct study_problems *problems)
{
    bool had_comment;
    struct study_node *node = try_value(text, name, place, problems, &had_comment);
    if (!node)
        study_problem(problems, place, "not a value");
    return node;
}

/* A VALUE of --set: what a study file would hold, or a word that stands for itself. */
static struct study_node *parse_argument(const char *text, const char *name,
                                         const struct study_place *place,
                                         struct study_problems *problems)
{
    bool had_comment;
    text += strspn(text, " \t\n");
    struct study_node *node = try_value(text, name, place, problems, &had_comment);
    if (node && !had_comment)
        return node;
    study_node_destroy(node);
    if (strpbrk(text, "{}()[]\"\n")) {
        study_problem(
            problems, place,
            "the value is not complete; allowed: a number, true, false, a word, \"text\", "
            "a list ( ... ) or a group { NAME = VALUE; ... }");
        return NULL;
    }
    node = study_node_create(STUDY_NODE_TEXT, name, place);
    if (node)
        node->value.text = strdup(text);
    if (!node || !node->value.text) {
        problems->out_of_memory = true;
        if (node)
            node->type = STUDY_NODE_GROUP; /* holds no text */
        study_node_destroy(node);
        return NULL;
    }
    return node;
}

/* The node inside `parent` that `step` leads to. NULL: there is none, and *problem says why it
 * cannot be added, or is NULL if it can. */
static struct study_node *follow(struct study_node *parent, const struct study_step *step,
                                 const char **problem)
{
    *problem = NULL;
    if (*step->name) {
        if (parent->type != STUDY_NODE_GROUP)
            *problem = "stands in no group";
        return study_node_member(parent, step->name);
    }
    if (parent->type != STUDY_NODE_LIST)
        *problem = "an index into what is no list";
    else if (step->index > study_node_count(parent))
        *problem = "beyond the end of the list";
    return study_node_element(parent, step->index);
}

/* Puts VALUE where the last step of a path leads: in place of `old`, or at the end of `parent`. */
static void put_value(struct study_node *parent, struct study_node *old,
                      const struct study_step *step, const char *value,
                      const struct study_place *place, struct study_problems *problems)
{
    if (*value == '\0') {
        if (old)
            study_node_remove(parent, old);
        else
            study_problem(problems, place,
                          "an empty value takes a setting away, and there is none");
        return;
    }
    struct study_node *node =
        parse_argument(value, *step->name ? step->name : NULL, place, problems);
    if (node && old)
        study_node_replace(old, node);
    else if (node)
        study_node_append(parent, node);
}

/* Follows `path` from `root`, making groups on the way, and puts VALUE where it leads. */
static void set_value(struct study_node *root, const char *path, const char *value,
                      const struct study_place *place, struct study_problems *problems)
{
    struct study_node *node = root;
    const char *rest = path;
    for (;;) {
        struct study_step step;
        const char *problem = NULL;
        const char *after = study_path_step(rest, &step);
        if (!after) {
            study_problem(problems, place,
                          "malformed path; allowed: names joined by dots, and [0], [1] ... for "
                          "elements");
            return;
        }
        struct study_node *inner = follow(node, &step, &problem);
        if (problem) {
            int length = (int)(after - path) - (after[-1] == '.');
            study_problem(problems, place, "%.*s: %s", length, path, problem);
            return;
        }
        if (*after == '\0') {
            put_value(node, inner, &step, value, place, problems);
            return;
        }
        if (!inner) {
            inner = study_node_create(STUDY_NODE_GROUP, *step.name ? step.name : NULL, place);
            if (!inner) {
                problems->out_of_memory = true;
                return;
            }
            study_node_append(node, inner);
        }
        node = inner;
        rest = after;
    }
}

void study_parse_setting(struct study_node *root, const struct study_place *place,
                         struct study_problems *problems)
{
    const char *equals = strchr(place->setting, '=');
    if (!equals || equals == place->setting) {
        study_problem(problems, place, "expected PATH=VALUE, such as train.momentum=0.9");
        return;
    }
    size_t length = (size_t)(equals - place->setting);
    while (length > 0 && place->setting[length - 1] == ' ')
        length--;
    char *path = strndup(place->setting, length);
    if (!path) {
        problems->out_of_memory = true;
        return;
    }
    set_value(root, path, equals + 1, place, problems);
    free(path);
}
