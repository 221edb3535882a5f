/* space.c - flattens the study's space and turns candidates into parameters. */
#include "common/space.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const distribution_names[] = {
    [DISTRIBUTION_UNIFORM] = "uniform", [DISTRIBUTION_LOG_UNIFORM] = "log_uniform",
    [DISTRIBUTION_INT] = "int",         [DISTRIBUTION_CHOICE] = "choice",
    [DISTRIBUTION_GRID] = "grid",
};

/* The list of a distribution such as {"uniform": [a, b]}, and which one it is; NULL: `node` is
 * something else. */
static const json_t *distribution_list(const json_t *node, enum distribution *distribution)
{
    if (!json_is_object(node) || json_object_size(node) != 1)
        return NULL;
    for (size_t i = 0; i < sizeof distribution_names / sizeof distribution_names[0]; i++) {
        const json_t *list = json_object_get(node, distribution_names[i]);
        if (json_is_array(list) && json_array_size(list) > 0) {
            *distribution = (enum distribution)i;
            return list;
        }
    }
    return NULL;
}

static struct parameter *append(struct space *space, const char *name, struct error *error)
{
    if (space->count == SPACE_MAX) {
        error_set(error, "space: more than %d parameters are searched", SPACE_MAX);
        return NULL;
    }
    struct parameter *parameter = &space->parameters[space->count++];
    *parameter = (struct parameter){.parent = -1};
    (void)snprintf(parameter->name, sizeof parameter->name, "%s", name);
    return parameter;
}

bool space_is_choice_of_groups(const char *key)
{
    return strcmp(key, "schedule") == 0 || strcmp(key, "optimizer") == 0;
}

/* With a trainer of the user's own, a parameter of such a name may be a plain choice. */
static bool is_alternatives(const char *key, const json_t *node)
{
    return space_is_choice_of_groups(key) && json_is_array(node);
}

/* Appends every distribution found in `node`, however deep. */
static bool flatten(struct space *space, const char *name, const json_t *node, int parent,
                    size_t parent_choice, struct error *error)
{
    enum distribution distribution;
    const json_t *list = distribution_list(node, &distribution);
    if (list) {
        struct parameter *parameter = append(space, name, error);
        if (!parameter)
            return false;
        parameter->distribution = distribution;
        parameter->parent = parent;
        parameter->parent_choice = parent_choice;
        if (distribution == DISTRIBUTION_CHOICE || distribution == DISTRIBUTION_GRID) {
            parameter->values = list;
            parameter->count = json_array_size(list);
        } else {
            parameter->low = json_number_value(json_array_get(list, 0));
            parameter->high = json_number_value(json_array_get(list, 1));
        }
        return true;
    }
    char child_name[SPACE_NAME_MAX_BYTES];
    for (size_t i = 0; i < json_array_size(node); i++) {
        (void)snprintf(child_name, sizeof child_name, "%s[%zu]", name, i);
        if (!flatten(space, child_name, json_array_get(node, i), parent, parent_choice, error))
            return false;
    }
    const char *key;
    const json_t *child;
    json_object_foreach((json_t *)node, key, child)
    {
        (void)snprintf(child_name, sizeof child_name, "%s.%s", name, key);
        if (!flatten(space, child_name, child, parent, parent_choice, error))
            return false;
    }
    return true;
}

static bool flatten_choice(struct space *space, const char *key, const json_t *list,
                           struct error *error)
{
    int parent = -1;
    if (json_array_size(list) > 1) {
        parent = (int)space->count;
        struct parameter *choice = append(space, key, error);
        if (!choice)
            return false;
        choice->distribution = DISTRIBUTION_CHOICE;
        choice->values = list;
        choice->count = json_array_size(list);
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        char name[SPACE_NAME_MAX_BYTES];
        (void)snprintf(name, sizeof name, "%s[%zu]", key, i);
        if (!flatten(space, name, json_array_get(list, i), parent, i, error))
            return false;
    }
    return true;
}

bool space_create(struct space *space, const json_t *document, struct error *error)
{
    *space = (struct space){.document = json_object_get(document, "space")};
    if (!json_is_object(space->document))
        return error_set(error, "space: the study has none");
    const char *key;
    const json_t *node;
    json_object_foreach((json_t *)space->document, key, node)
    {
        bool flat = is_alternatives(key, node) ? flatten_choice(space, key, node, error)
                                               : flatten(space, key, node, -1, 0, error);
        if (!flat)
            return false;
    }
    return true;
}

double space_combinations(const struct space *space, int parent, size_t choice)
{
    double product = 1;
    for (size_t i = 0; i < space->count; i++) {
        const struct parameter *parameter = &space->parameters[i];
        if (parameter->parent != parent || (parent >= 0 && parameter->parent_choice != choice))
            continue;
        double sum = 0;
        for (size_t value = 0; value < parameter->count; value++)
            sum += space_combinations(space, (int)i, value);
        product *= sum;
    }
    return product;
}

double space_value(const struct space *space, size_t index, double u)
{
    const struct parameter *parameter = &space->parameters[index];
    double low = parameter->low, high = parameter->high;
    switch (parameter->distribution) {
    case DISTRIBUTION_UNIFORM:
        return low + u * (high - low);
    case DISTRIBUTION_LOG_UNIFORM:
        return fmin(fmax(exp(log(low) + u * (log(high) - log(low))), low), high);
    case DISTRIBUTION_INT:
        return fmin(low + floor(u * (high - low + 1)), high);
    case DISTRIBUTION_CHOICE:
    case DISTRIBUTION_GRID:
        break;
    }
    return fmin(floor(u * (double)parameter->count), (double)parameter->count - 1);
}

void space_deactivate(const struct space *space, double *values)
{
    for (size_t i = 0; i < space->count; i++) {
        const struct parameter *parameter = &space->parameters[i];
        if (parameter->parent >= 0 && values[parameter->parent] != (double)parameter->parent_choice)
            values[i] = NAN;
    }
}

bool space_accepts(const struct space *space, const double *values)
{
    const double most = 9007199254740992.0; /* 2^53: whole numbers are exact */
    for (size_t i = 0; i < space->count; i++) {
        const struct parameter *parameter = &space->parameters[i];
        double value = values[i];
        /* A parent stands before its children: here it was accepted already. */
        if (parameter->parent >= 0 && values[parameter->parent] != (double)parameter->parent_choice)
            continue;
        bool numbered = parameter->distribution == DISTRIBUTION_CHOICE ||
                        parameter->distribution == DISTRIBUTION_GRID;
        if (!isfinite(value) ||
            (numbered &&
             !(value >= 0 && value < (double)parameter->count && value == floor(value))) ||
            (parameter->distribution == DISTRIBUTION_INT && !(fabs(value) <= most)))
            return false;
    }
    return true;
}

static json_t *value_json(const struct parameter *parameter, double value)
{
    switch (parameter->distribution) {
    case DISTRIBUTION_UNIFORM:
    case DISTRIBUTION_LOG_UNIFORM:
        return json_real(value);
    case DISTRIBUTION_INT:
        return json_integer((json_int_t)value);
    case DISTRIBUTION_CHOICE:
    case DISTRIBUTION_GRID:
        break;
    }
    return json_deep_copy(json_array_get(parameter->values, (size_t)value));
}

/* Copies `node` with a value in the place of every distribution. `next` counts the parameters met,
 * in the order in which flatten met them. */
static json_t *substitute(const struct space *space, const json_t *node, const double *values,
                          size_t *next)
{
    enum distribution distribution;
    if (distribution_list(node, &distribution)) {
        size_t index = (*next)++;
        return value_json(&space->parameters[index], values[index]);
    }
    if (json_is_array(node)) {
        json_t *list = json_array();
        for (size_t i = 0; i < json_array_size(node); i++) {
            json_t *element = substitute(space, json_array_get(node, i), values, next);
            if (json_array_append_new(list, element) != 0) {
                json_decref(list);
                return NULL;
            }
        }
        return list;
    }
    if (!json_is_object(node))
        return json_deep_copy(node);
    json_t *copy = json_object();
    const char *key;
    const json_t *child;
    json_object_foreach((json_t *)node, key, child)
    {
        if (json_object_set_new(copy, key, substitute(space, child, values, next)) != 0) {
            json_decref(copy);
            return NULL;
        }
    }
    return copy;
}

/* The number of distributions in `node`: what flatten would append. */
static size_t distributions(const json_t *node)
{
    enum distribution distribution;
    if (distribution_list(node, &distribution))
        return 1;
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(node); i++)
        count += distributions(json_array_get(node, i));
    const char *key;
    const json_t *child;
    json_object_foreach((json_t *)node, key, child)
    {
        count += distributions(child);
    }
    return count;
}

static json_t *substitute_choice(const struct space *space, const json_t *list,
                                 const double *values, size_t *next)
{
    size_t chosen = 0;
    if (json_array_size(list) > 1)
        chosen = (size_t)values[(*next)++];
    json_t *group = NULL;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *option = json_array_get(list, i);
        if (i == chosen)
            group = substitute(space, option, values, next);
        else
            *next += distributions(option);
    }
    return group;
}

json_t *space_params(const struct space *space, const double *values)
{
    json_t *params = json_object();
    size_t next = 0;
    const char *key;
    const json_t *node;
    json_object_foreach((json_t *)space->document, key, node)
    {
        json_t *value = is_alternatives(key, node) ? substitute_choice(space, node, values, &next)
                                                   : substitute(space, node, values, &next);
        if (json_object_set_new(params, key, value) != 0) {
            json_decref(params);
            return NULL;
        }
    }
    return params;
}

/* The value of a candidate's `node` as a number of this parameter; NaN: it can have no such. */
static double value_of(const struct parameter *parameter, const json_t *node)
{
    for (size_t i = 0; i < parameter->count; i++)
        if (json_equal(json_array_get(parameter->values, i), node))
            return (double)i;
    return parameter->values || !json_is_number(node) ? (double)NAN : json_number_value(node);
}

/* Reads what `node` searches from the same place of a candidate; `next` as in substitute. */
static bool locate(const struct space *space, const json_t *node, const json_t *found,
                   double *values, size_t *next)
{
    enum distribution distribution;
    if (distribution_list(node, &distribution)) {
        size_t index = (*next)++;
        values[index] = value_of(&space->parameters[index], found);
        return !isnan(values[index]);
    }
    if (distributions(node) == 0)
        return json_equal(node, found);
    bool fits = json_array_size(node) == json_array_size(found) &&
                json_object_size(node) == json_object_size(found);
    for (size_t i = 0; i < json_array_size(node); i++)
        fits =
            locate(space, json_array_get(node, i), json_array_get(found, i), values, next) && fits;
    const char *key;
    const json_t *child;
    json_object_foreach((json_t *)node, key, child)
    {
        fits = locate(space, child, json_object_get(found, key), values, next) && fits;
    }
    return fits;
}

static bool locate_choice(const struct space *space, const json_t *list, const json_t *found,
                          double *values, size_t *next)
{
    size_t count = json_array_size(list), chosen = count, choice = *next;
    *next += count > 1;
    for (size_t i = 0; i < count; i++) {
        const json_t *option = json_array_get(list, i);
        size_t begin = *next;
        bool fits = locate(space, option, found, values, next);
        if (fits && chosen == count)
            chosen = i;
        for (size_t j = begin; j < *next && chosen != i; j++)
            values[j] = NAN;
    }
    if (count > 1)
        values[choice] = (double)chosen;
    return chosen < count;
}

bool space_point(const struct space *space, const json_t *params, double *values)
{
    size_t next = 0;
    const char *key;
    const json_t *node;
    bool fits = true;
    json_object_foreach((json_t *)space->document, key, node)
    {
        const json_t *found = json_object_get(params, key);
        fits = (is_alternatives(key, node) ? locate_choice(space, node, found, values, &next)
                                           : locate(space, node, found, values, &next)) &&
               fits;
    }
    return fits;
}
