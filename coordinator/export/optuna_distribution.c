/* optuna_distribution.c - distributions and the values of choices. */
#include "coordinator/export/optuna_distribution.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Optuna's choices are null, true, false, numbers and texts. */
static json_t *plain(const json_t *value)
{
    if (!json_is_object(value) && !json_is_array(value))
        return json_deep_copy(value);
    char *text = json_dumps(value, JSON_COMPACT);
    json_t *string = json_string(text ? text : "");
    free(text);
    return string;
}

static json_t *group_name(const json_t *list, size_t place)
{
    const char *type = json_string_value(json_object_get(json_array_get(list, place), "type"));
    char name[96];
    size_t same = 0, index;
    const json_t *element;
    json_array_foreach(list, index, element)
    {
        const char *other = json_string_value(json_object_get(element, "type"));
        same += type && other && strcmp(type, other) == 0;
    }
    if (!type)
        return plain(json_array_get(list, place));
    (void)snprintf(name, sizeof name, same > 1 ? "%.64s[%zu]" : "%.64s", type, place);
    return json_string(name);
}

static json_t *choice(const json_t *list, size_t place)
{
    const json_t *value = json_array_get(list, place);
    return json_is_object(value) ? group_name(list, place) : plain(value);
}

static json_t *choices(const struct parameter *parameter)
{
    json_t *list = json_array();
    for (size_t i = 0; i < parameter->count; i++)
        (void)json_array_append_new(list, choice(parameter->values, i));
    return list;
}

json_t *optuna_distribution(const struct parameter *parameter)
{
    bool log = parameter->distribution == DISTRIBUTION_LOG_UNIFORM;
    switch (parameter->distribution) {
    case DISTRIBUTION_UNIFORM:
    case DISTRIBUTION_LOG_UNIFORM:
        return json_pack("{s:s, s:{s:n, s:f, s:f, s:b}}", "name", "FloatDistribution", "attributes",
                         "step", "low", parameter->low, "high", parameter->high, "log", log);
    case DISTRIBUTION_INT:
        return json_pack("{s:s, s:{s:b, s:i, s:I, s:I}}", "name", "IntDistribution", "attributes",
                         "log", 0, "step", 1, "low", (json_int_t)parameter->low, "high",
                         (json_int_t)parameter->high);
    default:
        return json_pack("{s:s, s:{s:o}}", "name", "CategoricalDistribution", "attributes",
                         "choices", choices(parameter));
    }
}

json_t *optuna_value(const struct parameter *parameter, double value)
{
    switch (parameter->distribution) {
    case DISTRIBUTION_UNIFORM:
    case DISTRIBUTION_LOG_UNIFORM:
        return json_real(value);
    case DISTRIBUTION_INT:
        return json_integer((json_int_t)value);
    default:
        return choice(parameter->values, (size_t)value);
    }
}
