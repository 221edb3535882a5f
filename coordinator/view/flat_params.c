/* flat_params.c - flattens groups, and lists of groups. */
#include "coordinator/view/flat_params.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define NAME_BYTES 256
#define DEPTH_MOST 4 /* of groups in a candidate; one from elsewhere may be deeper */

static bool flatten(json_t *flat, const char *name, const json_t *value, int depth);

static bool flatten_group(json_t *flat, const char *prefix, const json_t *group, int depth)
{
    char name[NAME_BYTES];
    const char *key;
    const json_t *value;
    bool ok = true;
    json_object_foreach((json_t *)group, key, value)
    {
        /* What a group is goes by the group's own name. */
        bool type = *prefix && strcmp(key, "type") == 0;
        (void)snprintf(name, sizeof name, "%s%s%s", prefix, *prefix && !type ? "." : "",
                       type ? "" : key);
        ok = ok && flatten(flat, name, value, depth);
    }
    return ok;
}

/* [{"layer": 3, "value": 2.0}]: the layer's number stands in the name. */
static bool flatten_layers(json_t *flat, const char *prefix, const json_t *list, int depth)
{
    char name[NAME_BYTES];
    size_t index;
    const json_t *element;
    bool ok = true;
    json_array_foreach(list, index, element)
    {
        const json_t *layer = json_object_get(element, "layer");
        json_int_t number = layer ? json_integer_value(layer) : (json_int_t)index;
        (void)snprintf(name, sizeof name, "%s[%" JSON_INTEGER_FORMAT "]", prefix, number);
        const json_t *value = json_object_get(element, "value");
        ok = ok && flatten(flat, name, value ? value : element, depth);
    }
    return ok;
}

static bool flatten(json_t *flat, const char *name, const json_t *value, int depth)
{
    if (json_is_object(value) && depth < DEPTH_MOST)
        return flatten_group(flat, name, value, depth + 1);
    if (json_is_object(json_array_get(value, 0)) && depth < DEPTH_MOST)
        return flatten_layers(flat, name, value, depth + 1);
    return json_object_set(flat, name, (json_t *)value) == 0;
}

json_t *flat_params(const char *text)
{
    json_t *params = json_loads(text, 0, NULL), *flat = json_object();
    if (flat && !flatten_group(flat, "", params, 0)) {
        json_decref(flat);
        flat = NULL;
    }
    json_decref(params);
    return flat;
}
