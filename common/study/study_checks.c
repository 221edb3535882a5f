/* study_checks.c - one function a rule; the table at the end lists them. */
#include "common/study/study_checks.h"

#include "common/catalogue/catalogue.h"
#include "common/hyperband.h"
#include "common/space.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct study_check {
    json_t *document;
    const struct study_node *root;
    struct study_problems *problems;
};

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

static const struct study_place *place_of(const struct study_check *check, const char *setting)
{
    return study_checks_place(check->root, setting);
}

/* The place of a setting that a message about another one names. */
static void name_place(const struct study_check *check, const char *setting, char *text,
                       size_t text_bytes)
{
    study_place_text(place_of(check, setting), text, text_bytes);
}

static const json_t *value_of(const struct study_check *check, const char *group, const char *key)
{
    return json_object_get(json_object_get(check->document, group), key);
}

static bool is_text(const json_t *value, const char *text)
{
    return json_is_string(value) && strcmp(json_string_value(value), text) == 0;
}

/* Whether a checked constant is 0; a distribution is not. */
static bool is_zero(const json_t *value)
{
    return json_is_number(value) && json_number_value(value) == 0;
}

/* The bounds or values of a distribution; NULL: a constant. */
static const json_t *list_of(const json_t *value)
{
    return json_object_iter_value(json_object_iter((json_t *)value));
}

static bool may_be_text(const json_t *value, const char *text)
{
    const json_t *list = list_of(value);
    for (size_t i = 0; i < json_array_size(list); i++)
        if (is_text(json_array_get(list, i), text))
            return true;
    return is_text(value, text);
}

static bool may_be_zero(const json_t *value)
{
    const json_t *list = list_of(value);
    for (size_t i = 0; i < json_array_size(list); i++)
        if (is_zero(json_array_get(list, i)))
            return true;
    return is_zero(value);
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

/* --- one rule each ------------------------------------------------------------------------------
 */

static void check_metric(const struct study_check *check)
{
    const char *metric = json_string_value(value_of(check, "study", "metric"));
    /* Validation files take the place of what is held out. */
    if (!metric || strncmp(metric, "val_", 4) != 0 || value_of(check, "data", "validation_path") ||
        !is_zero(value_of(check, "data", "validation")))
        return;
    study_problem(
        check->problems, place_of(check, "data.validation"),
        "data.validation: found 0, but study.metric is %s; allowed: a count or a fraction "
        "above 0, or metric = \"train_loss\"",
        metric);
}

static void check_budget_order(const struct study_check *check)
{
    const json_t *low = value_of(check, "search", "min_budget");
    const json_t *high = value_of(check, "search", "max_budget");
    if (!low || !high || json_number_value(low) <= json_number_value(high))
        return;
    char where[ERROR_TEXT_BYTES / 2];
    name_place(check, "search.max_budget", where, sizeof where);
    study_problem(check->problems, place_of(check, "search.min_budget"),
                  "search.min_budget: found %.10g, which is above max_budget = %.10g (%s)",
                  json_number_value(low), json_number_value(high), where);
}

static void check_whole_steps(const struct study_check *check)
{
    static const char *const keys[] = {"min_budget", "max_budget", "interval", "grace"};
    if (!is_text(value_of(check, "search", "unit"), "steps"))
        return;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const json_t *budget = value_of(check, "search", keys[i]);
        double steps = json_number_value(budget);
        char setting[40];
        (void)snprintf(setting, sizeof setting, "search.%s", keys[i]);
        if (budget && steps != floor(steps))
            study_problem(check->problems, place_of(check, setting),
                          "%s: found %.10g; in steps a budget is a whole number", setting, steps);
    }
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

static void check_grid(const struct study_check *check)
{
    struct space space;
    struct error error;
    bool endless = false;
    /* check_space_size tells why there is none. */
    if (!is_text(value_of(check, "search", "sampler"), "grid") ||
        !space_create(&space, check->document, &error))
        return;
    for (size_t i = 0; i < space.count; i++) {
        char setting[STUDY_PATH_MAX_BYTES];
        if (space.parameters[i].count > 0)
            continue;
        endless = true;
        (void)snprintf(setting, sizeof setting, "space.%s", space.parameters[i].name);
        study_problem(
            check->problems, place_of(check, setting),
            "%s: found a range, but search.sampler is grid; allowed: { grid = [ ... ]; }, "
            "{ choice = ( ... ); } or one value",
            setting);
    }
    if (endless)
        return;
    double count = space_combinations(&space, -1, 0);
    const json_t *candidates = value_of(check, "search", "candidates");
    if (count > 1000000)
        study_problem(check->problems, place_of(check, "space"),
                      "space: the grid has %.10g combinations; allowed: at most 1000000", count);
    else if (candidates && json_number_value(candidates) != count)
        study_problem(
            check->problems, place_of(check, "search.candidates"),
            "search.candidates: found %.10g, but the grid has %.10g combinations; allowed: "
            "%.10g, or leave it out",
            json_number_value(candidates), count, count);
    else
        study_set_candidates(check->document, (json_int_t)count, check->problems);
}

/* Looks and generations lie within the budget, and are not too many to be told of one by one. */
static void check_intervals(const struct study_check *check)
{
    static const char *const keys[] = {"interval", "grace"};
    const double most = 1000;
    const json_t *budget = value_of(check, "search", "max_budget");
    const json_t *interval = value_of(check, "search", "interval");
    for (size_t i = 0; budget && i < sizeof keys / sizeof keys[0]; i++) {
        const json_t *value = value_of(check, "search", keys[i]);
        char setting[40], where[ERROR_TEXT_BYTES / 2];
        if (!value || json_number_value(value) < json_number_value(budget))
            continue;
        (void)snprintf(setting, sizeof setting, "search.%s", keys[i]);
        name_place(check, "search.max_budget", where, sizeof where);
        study_problem(check->problems, place_of(check, setting),
                      "%s: found %.10g; allowed: below max_budget = %.10g (%s)", setting,
                      json_number_value(value), json_number_value(budget), where);
    }
    if (budget && interval &&
        json_number_value(budget) > most * json_number_value(interval) * (1 + 1e-9))
        study_problem(check->problems, place_of(check, "search.interval"),
                      "search.interval: found %.10g, of which max_budget = %.10g has more than %g; "
                      "allowed: %.10g or more",
                      json_number_value(interval), json_number_value(budget), most,
                      json_number_value(budget) / most);
}

/* What is drawn without end needs a number; one pass of Hyperband has one. */
static void check_candidates(const struct study_check *check)
{
    const json_t *sampler = value_of(check, "search", "sampler");
    const json_t *scheduler = value_of(check, "search", "scheduler");
    const struct study_node *search = study_node_member(check->root, "search");
    if (!sampler || !scheduler || is_text(sampler, "grid") || is_text(sampler, "list") ||
        value_of(check, "search", "candidates") || study_node_member(search, "candidates"))
        return;
    const json_t *low = value_of(check, "search", "min_budget");
    const json_t *high = value_of(check, "search", "max_budget");
    const json_t *eta = value_of(check, "search", "eta");
    if (!is_text(scheduler, "hyperband")) {
        study_problem(
            check->problems, place_of(check, "search"),
            "search.candidates: missing: the sampler %s needs it; allowed: a whole number "
            "from 1 to 1000000 (hyperband alone may leave it out)",
            json_string_value(sampler));
    } else if (low && high && eta && json_number_value(low) <= json_number_value(high)) {
        uint32_t ratio = (uint32_t)json_integer_value(eta);
        uint32_t brackets =
            hyperband_brackets(json_number_value(low), json_number_value(high), ratio);
        uint32_t pass = hyperband_pass(brackets - 1, ratio);
        if (pass > 1000000)
            study_problem(check->problems, place_of(check, "search.min_budget"),
                          "search.min_budget: found %.10g; one pass of hyperband then takes more "
                          "than 1000000 candidates; allowed: a larger one, or name candidates",
                          json_number_value(low));
        else
            study_set_candidates(check->document, pass, check->problems);
    }
}

/* A population of which none is replaced does not learn from each other. */
static void check_population(const struct study_check *check)
{
    const json_t *quantile = value_of(check, "search", "quantile");
    const json_t *candidates = value_of(check, "search", "candidates");
    double count = json_number_value(candidates);
    if (!quantile || !candidates || json_number_value(quantile) * count >= 1 - 1e-9)
        return;
    study_problem(check->problems, place_of(check, "search.quantile"),
                  "search.quantile: found %.10g, which is less than one of %.10g candidates; "
                  "allowed: %.10g or more candidates%s",
                  json_number_value(quantile), count, ceil(1 / json_number_value(quantile)),
                  count < 2 ? "" : ", or a larger quantile");
}

static void check_searched_once(const struct study_check *check)
{
    const struct study_node *train = study_node_member(check->root, "train");
    const struct study_node *space = study_node_member(check->root, "space");
    for (const struct study_node *node = space ? space->first : NULL; node && train;
         node = node->next) {
        const struct study_node *other = node->name ? study_node_member(train, node->name) : NULL;
        if (!other || !value_of(check, "space", node->name))
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
    const json_t *searched = value_of(check, "space", key);
    (void)snprintf(setting, setting_bytes, "%s.%s", searched ? "space" : "train", key);
    return searched ? searched : value_of(check, "train", key);
}

static void check_needs(const struct study_check *check)
{
    const char *name = json_string_value(value_of(check, "train", "optimizer"));
    const struct catalogue_entry *optimizer =
        name ? catalogue_find(&catalogue_optimizers, name) : NULL;
    for (size_t i = 0; optimizer && i < optimizer->key_count; i++) {
        const struct catalogue_key *key = &optimizer->keys[i];
        char setting[100], needed[100];
        if (!key->needs || !may_be_true(train_value(check, key->name, setting, sizeof setting)))
            continue;
        if (is_zero(train_value(check, key->needs, needed, sizeof needed)))
            study_problem(check->problems, place_of(check, setting),
                          "%s: found true, but %s is 0; allowed: with %s above 0", setting, needed,
                          key->needs);
    }
}

/* The same for each of the optimizers that are searched. */
static void check_option_needs(const struct study_check *check)
{
    const json_t *options = value_of(check, "space", "optimizer");
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
                is_zero(json_object_get(option, key->needs)))
                study_problem(check->problems, place_of(check, setting),
                              "%s: found true, but %s is 0; allowed: with %s above 0", setting,
                              key->needs, key->needs);
        }
    }
}

/* One length, in steps or in epochs, and shorter than the run where the two can be compared. */
static void check_warmup(const struct study_check *check, const char *setting, const json_t *warmup)
{
    const struct study_node *written = nearest_node(check->root, setting);
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
    const char *unit = json_string_value(value_of(check, "search", "unit"));
    const json_t *budget = value_of(check, "search", "max_budget");
    const json_t *length = unit ? json_object_get(warmup, unit) : NULL;
    if (length && budget && largest(length) >= json_number_value(budget))
        study_problem(check->problems, &study_node_member(written, unit)->place,
                      "%s.%s: found %.10g; allowed: below search.max_budget = %.10g", setting, unit,
                      largest(length), json_number_value(budget));
}

static void check_warmups(const struct study_check *check)
{
    const json_t *schedules = value_of(check, "space", "schedule");
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
    const json_t *layers = value_of(check, "model", "layers");
    char setting[60], written[80], where[ERROR_TEXT_BYTES / 2];
    if (!json_is_integer(number) || !json_is_array(layers))
        return; /* which is problem enough */
    size_t layer = (size_t)json_integer_value(number), count = json_array_size(layers);
    (void)snprintf(setting, sizeof setting, "space.lr_multiplier[%zu].layer", index);
    const struct study_place *place = place_of(check, setting);
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
        study_node_member(nearest_node(check->root, written), "lr_multiplier");
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
    const json_t *list = value_of(check, "space", "lr_multiplier");
    for (size_t i = 0; i < json_array_size(list); i++)
        check_multiplier(check, list, i);
}

static void check_space_size(const struct study_check *check)
{
    struct space space;
    struct error error;
    if (json_object_get(check->document, "space") && !space_create(&space, check->document, &error))
        study_problem(check->problems, place_of(check, "space"), "%s", error.text);
}

static void (*const rules[])(const struct study_check *) = {
    check_metric,     check_budget_order, check_whole_steps,   check_intervals, check_grid,
    check_candidates, check_population,   check_searched_once, check_needs,     check_option_needs,
    check_warmups,    check_multipliers,  check_space_size,
};

void study_checks_run(json_t *document, const struct study_node *root,
                      struct study_problems *problems)
{
    struct study_check check = {.document = document, .root = root, .problems = problems};
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        rules[i](&check);
}
