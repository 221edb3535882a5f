/* study_distribution.c - the distributions of the search space. */
#include "common/catalogue/nearest.h"
#include "common/study/study_value.h"

#include <stdio.h>
#include <string.h>

struct distribution_class {
    const char *name;
    bool bounds;       /* a list of two: the lower and the upper bound */
    bool positive;     /* both above 0 */
    bool whole;        /* both whole numbers */
    bool numbers_only; /* for keys that are numbers */
    bool reals_only;   /* for keys that are not whole numbers */
    const char *form;
};

static const struct distribution_class classes[] = {
    {.name = "uniform",
     .bounds = true,
     .numbers_only = true,
     .reals_only = true,
     .form = "{ uniform = [a, b]; }"},
    {.name = "log_uniform",
     .bounds = true,
     .positive = true,
     .numbers_only = true,
     .reals_only = true,
     .form = "{ log_uniform = [a, b]; }"},
    {.name = "int",
     .bounds = true,
     .whole = true,
     .numbers_only = true,
     .form = "{ int = [a, b]; }"},
    {.name = "choice", .form = "{ choice = ( ... ); }"},
    {.name = "grid", .numbers_only = true, .form = "{ grid = [ ... ]; }"},
};

enum { CLASS_COUNT = sizeof classes / sizeof classes[0], LIST_MAX = 1000 };

static bool fits(const struct distribution_class *class, const struct catalogue_key *key)
{
    bool number = key->type == KEY_INTEGER || key->type == KEY_REAL || key->type == KEY_ANY;
    return (number || !class->numbers_only) && (key->type != KEY_INTEGER || !class->reals_only);
}

/* The forms that the key can be given, for messages. */
static void list_forms(const struct catalogue_key *key, char *text, size_t text_bytes)
{
    size_t length = 0;
    for (size_t i = 0; i < CLASS_COUNT; i++) {
        if (fits(&classes[i], key) && length < text_bytes)
            length +=
                (size_t)snprintf(text + length, text_bytes - length, "%s or ", classes[i].form);
    }
    if (length < text_bytes)
        (void)snprintf(text + length, text_bytes - length, "one value");
}

static json_t *refuse(const struct catalogue_key *key, const struct study_node *node,
                      const char *path, const char *found, struct study_problems *problems)
{
    char forms[300];
    list_forms(key, forms, sizeof forms);
    study_problem(problems, &node->place, "%s: found %s; allowed: %s", path, found, forms);
    return NULL;
}

/* The elements of a distribution, each checked as a value of the key. NULL with a problem. */
static json_t *check_elements(const struct catalogue_key *key, const struct study_node *list,
                              bool distinct, const char *path, struct study_problems *problems)
{
    json_t *array = json_array();
    size_t index = 0;
    bool sound = true;
    for (const struct study_node *node = list->first; node; node = node->next, index++) {
        char element_path[STUDY_PATH_MAX_BYTES];
        (void)snprintf(element_path, sizeof element_path, "%.160s[%zu]", path, index);
        json_t *value = study_value_check(key, node, element_path, problems);
        sound = value && sound;
        for (size_t i = 0; distinct && value && i < json_array_size(array); i++) {
            if (!json_equal(json_array_get(array, i), value))
                continue;
            char found[100];
            study_node_describe(node, found, sizeof found);
            study_problem(problems, &node->place, "%s: %s stands in the list twice", element_path,
                          found);
            sound = false;
            break;
        }
        if (value && json_array_append_new(array, value) != 0) {
            problems->out_of_memory = true;
            sound = false;
        }
    }
    if (sound)
        return array;
    json_decref(array);
    return NULL;
}

/* Whether the two bounds of `list` are in order and, where asked for, positive and whole. */
static bool check_bounds(const struct distribution_class *class, const struct study_node *list,
                         const json_t *array, const char *path, struct study_problems *problems)
{
    double low = json_number_value(json_array_get(array, 0));
    double high = json_number_value(json_array_get(array, 1));
    if (class->positive && (low <= 0 || high <= 0)) {
        study_problem(problems, &list->place,
                      "%s: found [%.10g, %.10g]; both bounds of a log scale must be above 0", path,
                      low, high);
        return false;
    }
    if (low < high)
        return true;
    study_problem(problems, &list->place,
                  low > high
                      ? "%s: found [%.10g, %.10g]: the bounds are reversed; the lower comes "
                        "first"
                      : "%s: found [%.10g, %.10g]: the bounds are equal; for a constant write "
                        "the value alone",
                  path, low, high);
    return false;
}

static json_t *check_list(const struct distribution_class *class, const struct catalogue_key *key,
                          const struct study_node *list, const char *path,
                          struct study_problems *problems)
{
    size_t count = list->type == STUDY_NODE_LIST ? study_node_count(list) : 0;
    if (class->bounds ? count != 2 : count == 0 || count > LIST_MAX) {
        char found[100];
        study_node_describe(list, found, sizeof found);
        if (list->type == STUDY_NODE_LIST)
            (void)snprintf(found, sizeof found, "a list of %zu", count);
        study_problem(problems, &list->place, "%s: found %s; allowed: %s", path, found,
                      class->bounds ? "two bounds [a, b]" : "a list of 1 to 1000 values");
        return NULL;
    }
    struct catalogue_key element = *key;
    element.searchable = false; /* no distribution inside a distribution */
    if (key->type == KEY_ANY && class->numbers_only) {
        element.type = KEY_REAL;
        element.low = -CATALOGUE_ANY_REAL;
        element.high = CATALOGUE_ANY_REAL;
    }
    if (class->whole) {
        element.type = KEY_INTEGER;
    } else if (class->positive && key->low <= 0) {
        /* check_bounds says why 0 is out of range, better than the key's range would. */
        element.low = -CATALOGUE_ANY_REAL;
        element.low_open = false;
    }
    json_t *array = check_elements(&element, list, !class->bounds, path, problems);
    if (array && class->bounds && !check_bounds(class, list, array, path, problems)) {
        json_decref(array);
        array = NULL;
    }
    return array;
}

static json_t *check_distribution(const struct catalogue_key *key, const struct study_node *node,
                                  const char *path, struct study_problems *problems)
{
    if (study_node_count(node) != 1)
        return refuse(key, node, path,
                      node->first ? "a group of several distributions" : "an empty group",
                      problems);
    const struct study_node *list = node->first;
    struct nearest nearest;
    const struct distribution_class *class = NULL;
    char text[200], quoted[60];
    nearest_start(&nearest, list->name);
    for (size_t i = 0; i < CLASS_COUNT; i++) {
        if (strcmp(classes[i].name, list->name) == 0)
            class = &classes[i];
        nearest_offer(&nearest, classes[i].name);
    }
    study_quote(list->name, quoted, sizeof quoted);
    if (!class) {
        (void)snprintf(text, sizeof text, "the unknown distribution %s%s%s%s", quoted,
                       nearest.name ? " (did you mean \"" : "", nearest.name ? nearest.name : "",
                       nearest.name ? "\"?)" : "");
        return refuse(key, list, path, text, problems);
    }
    if (!fits(class, key)) {
        char range[200];
        catalogue_key_range(key, range, sizeof range);
        (void)snprintf(text, sizeof text, "%s, but it is %.120s", quoted, range);
        return refuse(key, list, path, text, problems);
    }
    char list_path[STUDY_PATH_MAX_BYTES];
    (void)snprintf(list_path, sizeof list_path, "%.150s.%s", path, class->name);
    json_t *array = check_list(class, key, list, list_path, problems);
    return array ? json_pack("{s:o}", class->name, array) : NULL;
}

json_t *study_value_or_distribution_check(const struct catalogue_key *key,
                                          const struct study_node *node, const char *path,
                                          struct study_problems *problems)
{
    if (node->type == STUDY_NODE_LIST)
        return refuse(key, node, path, "a list without its distribution", problems);
    if (node->type == STUDY_NODE_GROUP)
        return check_distribution(key, node, path, problems);
    return study_value_check(key, node, path, problems);
}
