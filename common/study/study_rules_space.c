/* study_rules_space.c - one function a rule; the table at the end lists them. */
#include "common/study/study_rules.h"

#include "common/catalogue/catalogue.h"
#include "common/space.h"

#include <math.h>
#include <stdio.h>

/* The bounds or values of a distribution; NULL: a constant. */
static const json_t *list_of(const json_t *value)
{
    return json_object_iter_value(json_object_iter((json_t *)value));
}

static bool may_be_text(const json_t *value, const char *text)
{
    const json_t *list = list_of(value);
    for (size_t i = 0; i < json_array_size(list); i++)
        if (study_check_is_text(json_array_get(list, i), text))
            return true;
    return study_check_is_text(value, text);
}

static bool may_be_zero(const json_t *value)
{
    const json_t *list = list_of(value);
    for (size_t i = 0; i < json_array_size(list); i++)
        if (study_check_is_zero(json_array_get(list, i)))
            return true;
    return study_check_is_zero(value);
}

static bool may_be_true(const json_t *value)
{
    const json_t *list = list_of(value);
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_is_true(json_array_get(list, i)))
            return true;
    return json_is_true(value);
}

/* The largest value of a number that may be searched. */
static double largest(const json_t *value)
{
    const json_t *list = list_of(value);
    if (!list)
        return json_number_value(value);
    double most = -INFINITY;
    for (size_t i = 0; i < json_array_size(list); i++)
        most = fmax(most, json_number_value(json_array_get(list, i)));
    return most;
}

static void check_searched_once(const struct study_check *check)
{
    const struct study_node *train = study_node_member(check->root, "train");
    const struct study_node *space = study_node_member(check->root, "space");
    for (const struct study_node *node = space ? space->first : NULL; node && train;
         node = node->next) {
        const struct study_node *other = node->name ? study_node_member(train, node->name) : NULL;
        if (!other || !study_check_value(check, "space", node->name))
            continue;
        char where[ERROR_TEXT_BYTES / 2];
        study_place_text(&other->place, where, sizeof where);
        study_problem(check->problems, &node->place,
                      "space.%s: stands in train too (%s); allowed: one of the two", node->name,
                      where);
    }
}

/* The value that candidates train with: the space's where it has one. */
static const json_t *train_value(const struct study_check *check, const char *key, char *setting,
                                 size_t setting_bytes)
{
    const json_t *searched = study_check_value(check, "space", key);
    (void)snprintf(setting, setting_bytes, "%s.%s", searched ? "space" : "train", key);
    return searched ? searched : study_check_value(check, "train", key);
}

static void check_needs(const struct study_check *check)
{
    const char *name = json_string_value(study_check_value(check, "train", "optimizer"));
    bool built_in = !json_object_get(check->document, "trainer");
    const struct catalogue_entry *optimizer =
        name && built_in ? catalogue_find(&catalogue_optimizers, name) : NULL;
    for (size_t i = 0; optimizer && i < optimizer->key_count; i++) {
        const struct catalogue_key *key = &optimizer->keys[i];
        char setting[100], needed[100];
        if (!key->needs || !may_be_true(train_value(check, key->name, setting, sizeof setting)))
            continue;
        if (study_check_is_zero(train_value(check, key->needs, needed, sizeof needed)))
            study_problem(check->problems, study_check_place(check, setting),
                          "%s: found true, but %s is 0; allowed: with %s above 0", setting, needed,
                          key->needs);
    }
}

/* The same for each of the optimizers that are searched. */
static void check_option_needs(const struct study_check *check)
{
    const json_t *options = study_check_value(check, "space", "optimizer");
    for (size_t i = 0; i < json_array_size(options); i++) {
        const json_t *option = json_array_get(options, i);
        const char *name = json_string_value(json_object_get(option, "type"));
        const struct catalogue_entry *optimizer =
            name ? catalogue_find(&catalogue_optimizers, name) : NULL;
        for (size_t j = 0; optimizer && j < optimizer->key_count; j++) {
            const struct catalogue_key *key = &optimizer->keys[j];
            char setting[100];
            (void)snprintf(setting, sizeof setting, "space.optimizer[%zu].%.40s", i, key->name);
            if (key->needs && may_be_true(json_object_get(option, key->name)) &&
                study_check_is_zero(json_object_get(option, key->needs)))
                study_problem(check->problems, study_check_place(check, setting),
                              "%s: found true, but %s is 0; allowed: with %s above 0", setting,
                              key->needs, key->needs);
        }
    }
}

/* One length, in steps or in epochs, and shorter than the run where the two can be compared. */
static void check_warmup(const struct study_check *check, const char *setting, const json_t *warmup)
{
    const struct study_node *written = study_check_node(check, setting);
    bool steps = study_node_member(written, "steps"), epochs = study_node_member(written, "epochs");
    if (steps == epochs) {
        study_problem(check->problems, &written->place,
                      steps ? "%s: found both steps and epochs; allowed: one of the two"
                            : "%s: missing its length; allowed: steps = N or epochs = N",
                      setting);
        return;
    }
    if (may_be_text(json_object_get(warmup, "shape"), "exponential") &&
        may_be_zero(json_object_get(warmup, "from")))
        study_problem(check->problems, &written->place,
                      "%s.from: found 0; allowed: above 0, where an exponential can start",
                      setting);
    const char *unit = json_string_value(study_check_value(check, "search", "unit"));
    const json_t *budget = study_check_value(check, "search", "max_budget");
    const json_t *length = unit ? json_object_get(warmup, unit) : NULL;
    if (length && budget && largest(length) >= json_number_value(budget))
        study_problem(check->problems, &study_node_member(written, unit)->place,
                      "%s.%s: found %.10g; allowed: below search.max_budget = %.10g", setting, unit,
                      largest(length), json_number_value(budget));
}

static void check_warmups(const struct study_check *check)
{
    const json_t *schedules = study_check_value(check, "space", "schedule");
    for (size_t i = 0; i < json_array_size(schedules); i++) {
        const json_t *warmup = json_object_get(json_array_get(schedules, i), "warmup");
        char setting[60];
        (void)snprintf(setting, sizeof setting, "space.schedule[%zu].warmup", i);
        if (warmup)
            check_warmup(check, setting, warmup);
    }
}

/* What is wrong with the layer that element `index` of space.lr_multiplier names. */
static void check_multiplier(const struct study_check *check, const json_t *list, size_t index)
{
    const json_t *number = json_object_get(json_array_get(list, index), "layer");
    const json_t *layers = study_check_value(check, "model", "layers");
    char setting[60], written[80], where[ERROR_TEXT_BYTES / 2];
    if (!json_is_integer(number) || !json_is_array(layers))
        return; /* which is problem enough */
    size_t layer = (size_t)json_integer_value(number), count = json_array_size(layers);
    (void)snprintf(setting, sizeof setting, "space.lr_multiplier[%zu].layer", index);
    const struct study_place *place = study_check_place(check, setting);
    if (layer >= count) {
        study_problem(check->problems, place,
                      "%s: found %zu, but model.layers has %zu; allowed: 0 to %zu", setting, layer,
                      count, count - 1);
        return;
    }
    const json_t *spec = json_array_get(layers, layer);
    const char *type = json_string_value(json_object_get(spec, "type"));
    if (json_is_object(spec) && type && !json_object_get(spec, "lr_multiplier"))
        study_problem(check->problems, place,
                      "%s: found %zu, which is a %s: a layer without parameters; allowed: a layer "
                      "that has a multiplier",
                      setting, layer, type);
    for (size_t i = 0; i < index; i++)
        if (json_equal(json_object_get(json_array_get(list, i), "layer"), number))
            study_problem(check->problems, place, "%s: found %zu, which the list names twice",
                          setting, layer);
    (void)snprintf(written, sizeof written, "model.layers[%zu]", layer);
    const struct study_node *other =
        study_node_member(study_check_node(check, written), "lr_multiplier");
    /* A printed study holds the default. */
    if (json_number_value(json_object_get(spec, "lr_multiplier")) == 1 || !other)
        return;
    study_place_text(&other->place, where, sizeof where);
    study_problem(check->problems, place,
                  "%s: found %zu, but %s has a multiplier of its own (%s); allowed: one of the two",
                  setting, layer, written, where);
}

static void check_multipliers(const struct study_check *check)
{
    const json_t *list = study_check_value(check, "space", "lr_multiplier");
    for (size_t i = 0; i < json_array_size(list); i++)
        check_multiplier(check, list, i);
}

static void check_space_size(const struct study_check *check)
{
    struct space space;
    struct error error;
    if (json_object_get(check->document, "space") && !space_create(&space, check->document, &error))
        study_problem(check->problems, study_check_place(check, "space"), "%s", error.text);
}

/* One of the two ways to name a trainer. */
static void check_trainer(const struct study_check *check)
{
    const struct study_node *trainer = study_node_member(check->root, "trainer");
    const struct study_node *command = study_node_member(trainer, "command");
    const struct study_node *script = study_node_member(trainer, "script");
    if (!trainer || trainer->type != STUDY_NODE_GROUP || (command != NULL) != (script != NULL))
        return;
    study_problem(check->problems, command ? &script->place : &trainer->place,
                  "trainer: found %s; allowed: one of command = [ \"program\", \"argument\", ... ] "
                  "and script = [ ... ]",
                  command ? "command and script" : "neither command nor script");
}

static void (*const rules[])(const struct study_check *) = {
    check_searched_once, check_needs,      check_option_needs, check_warmups,
    check_multipliers,   check_space_size, check_trainer,
};

void study_rules_space(const struct study_check *check)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        rules[i](check);
}
