/* layer_list.c - reads lists of layers, the inner ones first. */
#include "worker/trainer/layer_list.h"

#include <stdio.h>
#include <stdlib.h>

/* Where a list stands, and what its layers have in common. */
struct place {
    const char *at; /* of the list: "model.layers" */
    size_t depth;
    double lr_multiplier;      /* of the layers around it */
    size_t source;             /* of its first layer */
    const struct shape *input; /* of the same */
};

static const struct layer_class *class_of(const json_t *spec)
{
    const char *type = json_string_value(json_object_get(spec, "type"));
    return type ? layer_class_find(type) : NULL;
}

/* Layers of a list and inside them; a shortcut that is not given counts as the one layer that it
 * may need. Counts past the limits stop there. */
static size_t room_for(const json_t *layers, size_t depth)
{
    size_t count = json_array_size(layers);
    for (size_t i = 0; i < json_array_size(layers) && depth < LAYER_DEPTH_MAX; i++) {
        const json_t *spec = json_array_get(layers, i);
        const struct layer_class *class = class_of(spec);
        if (!class || !class->project)
            continue;
        count += room_for(json_object_get(spec, "layers"), depth + 1);
        size_t shortcut = room_for(json_object_get(spec, "shortcut"), depth + 1);
        count += shortcut ? shortcut : 1;
    }
    return count < LAYER_COUNT_MAX ? count : LAYER_COUNT_MAX + 1;
}

static enum image_order first_order(const json_t *layers, size_t depth)
{
    enum image_order order = IMAGE_ORDER_ANY;
    for (size_t i = 0; order == IMAGE_ORDER_ANY && i < json_array_size(layers); i++) {
        const json_t *spec = json_array_get(layers, i);
        const struct layer_class *class = class_of(spec);
        if (!class)
            continue;
        order = class->order;
        if (!class->project || depth == LAYER_DEPTH_MAX)
            continue;
        order = first_order(json_object_get(spec, "layers"), depth + 1);
        if (order == IMAGE_ORDER_ANY)
            order = first_order(json_object_get(spec, "shortcut"), depth + 1);
    }
    return order;
}

bool layer_list_wants_channels_last(const json_t *layers, const struct shape *input)
{
    return input->rank == 3 && input->size[0] > 1 && first_order(layers, 0) == IMAGE_ORDER_LAST;
}

static bool list_read(struct layer_list *list, const json_t *layers, const struct place *place,
                      struct refusal *refusal);

static const struct shape *shape_at(const struct layer_list *list, size_t source,
                                    const struct place *place)
{
    return source == place->source ? place->input : &list->layer[source - 1].output;
}

/* The list of `spec` that `key` names, or the layer that takes its place. */
static bool inner_read(struct layer_list *list, const json_t *layers,
                       const struct settings *settings, const char *key, const struct place *outer,
                       struct refusal *refusal)
{
    char at[SETTING_BYTES];
    struct place place = *outer;
    (void)snprintf(at, sizeof at, "%s.%s", settings->at, key);
    place.at = at;
    place.depth++;
    return list_read(list, layers, &place, refusal);
}

/* Brings the input to the shape of the inner layers' output, if it has another. */
static bool projection_read(struct layer_list *list, const struct layer *layer,
                            const struct settings *settings, const struct place *outer,
                            const struct shape *to, struct refusal *refusal)
{
    if (shape_equal(outer->input, to))
        return true;
    char from_text[SETTING_BYTES], to_text[SETTING_BYTES];
    json_t *spec = layer->class->project(outer->input, to);
    json_t *layers = spec ? json_pack("[o]", spec) : NULL;
    bool good = layers && inner_read(list, layers, settings, "shortcut", outer, refusal);
    json_decref(layers);
    if (layers)
        return good;
    shape_text(outer->input, from_text, sizeof from_text);
    shape_text(to, to_text, sizeof to_text);
    return layer_refuse(settings, refusal,
                        "its layers make %s of %s, and no projection does: it needs a shortcut = "
                        "( ... ) of its own",
                        to_text, from_text);
}

/* Reads the two lists that `layer` joins; *input gets the shape of both. */
static bool branches_read(struct layer_list *list, struct layer *layer,
                          const struct settings *settings, const struct place *outer,
                          struct shape *input, struct refusal *refusal)
{
    const json_t *shortcut = json_object_get(settings->group, "shortcut");
    layer->first = list->count;
    if (!inner_read(list, json_object_get(settings->group, "layers"), settings, "layers", outer,
                    refusal))
        return false;
    layer->source = list->count;
    layer->branch = list->count;
    *input = list->layer[list->count - 1].output;
    if (!(shortcut ? inner_read(list, shortcut, settings, "shortcut", outer, refusal)
                   : projection_read(list, layer, settings, outer, input, refusal)))
        return false;
    layer->shortcut = list->count > layer->branch ? list->count : outer->source;
    const struct shape *other = shape_at(list, layer->shortcut, outer);
    if (shape_equal(input, other))
        return true;
    char input_text[SETTING_BYTES], other_text[SETTING_BYTES];
    shape_text(input, input_text, sizeof input_text);
    shape_text(other, other_text, sizeof other_text);
    return layer_refuse(settings, refusal,
                        "its layers give %s%s, its shortcut %s%s: only what is alike can be added",
                        input_text, input->channels_last ? " (channels last)" : "", other_text,
                        other->channels_last ? " (channels last)" : "");
}

static bool layer_read(struct layer_list *list, const json_t *spec, const struct place *place,
                       struct refusal *refusal)
{
    struct settings settings = {.group = spec, .entry = &catalogue_layer_group, .at = place->at};
    struct layer layer = {.lr_multiplier = 1, .source = place->source};
    struct shape input = *place->input;
    const char *type;
    if (!json_is_object(spec))
        return refusal_set(refusal, place->at, "%s is not a group", place->at);
    if (!settings_text(&settings, "type", &type, refusal))
        return false;
    layer.class = layer_class_find(type);
    if (!layer.class)
        return layer_refuse(&settings, refusal, "this trainer has no layer \"%s\"", type);
    settings.entry = catalogue_find(&catalogue_layers, type);
    if (catalogue_key_find(settings.entry, "lr_multiplier") &&
        !settings_number(&settings, "lr_multiplier", &layer.lr_multiplier, refusal))
        return false;
    layer.lr_multiplier *= place->lr_multiplier;
    if (!settings_known(&settings, &catalogue_layer_group, refusal))
        return false;
    struct place inside = *place;
    inside.lr_multiplier = layer.lr_multiplier;
    if (layer.class->project && !branches_read(list, &layer, &settings, &inside, &input, refusal))
        return false;
    /* Only another branch can have left an image as it is. */
    if (layer.class->order == IMAGE_ORDER_LAST && input.rank == 3 && input.size[0] > 1 &&
        !input.channels_last)
        return layer_refuse(&settings, refusal,
                            "a dense layer in another branch takes the image as it is: put a "
                            "flatten layer before that one");
    layer.index = list->count;
    (void)snprintf(layer.at, sizeof layer.at, "%s", place->at);
    if (!layer.class->configure(&layer, &settings, &input, refusal))
        return false;
    list->layer[list->count++] = layer;
    return true;
}

static bool list_read(struct layer_list *list, const json_t *layers, const struct place *place,
                      struct refusal *refusal)
{
    struct place inside = *place;
    if (!json_is_array(layers) || json_array_size(layers) == 0)
        return refusal_set(refusal, place->at, "%s is not a list of at least one layer", place->at);
    if (place->depth > LAYER_DEPTH_MAX)
        return refusal_set(refusal, place->at, "%s is a list inside more than %d lists", place->at,
                           LAYER_DEPTH_MAX);
    list->depth = place->depth > list->depth ? place->depth : list->depth;
    for (size_t i = 0; i < json_array_size(layers); i++) {
        char at[SETTING_BYTES];
        /* Names in files are made of this: it must not be cut off. */
        if (snprintf(at, sizeof at, "%s[%zu]", place->at, i) >= (int)sizeof at)
            return refusal_set(refusal, place->at, "%s is nested too deep", place->at);
        inside.at = at;
        if (!layer_read(list, json_array_get(layers, i), &inside, refusal))
            return false;
        inside.source = list->count;
        inside.input = &list->layer[list->count - 1].output;
    }
    return true;
}

bool layer_list_read(struct layer_list *list, const json_t *layers, const struct shape *input,
                     struct refusal *refusal)
{
    const struct place place = {.at = "model.layers", .lr_multiplier = 1, .input = input};
    size_t room = room_for(layers, 0);
    *list = (struct layer_list){0};
    if (room > LAYER_COUNT_MAX)
        return refusal_set(refusal, place.at, "%s: %zu layers or more are too many", place.at,
                           room);
    list->layer = calloc(room + 1, sizeof *list->layer);
    if (!list->layer)
        return refusal_set(refusal, place.at, "out of memory");
    if (list_read(list, layers, &place, refusal))
        return true;
    free(list->layer);
    *list = (struct layer_list){0};
    return false;
}
