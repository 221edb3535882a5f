/* range_study.c - puts a range test in the place of a study's search. */
#include "coordinator/find/range_study.h"

#include "common/catalogue/catalogue.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* What stands still in the place of a distribution: a new reference. */
static json_t *still(const json_t *distribution)
{
    const char *kind;
    json_t *list;
    if (!json_is_object(distribution))
        return json_incref((json_t *)distribution);
    json_object_foreach((json_t *)distribution, kind, list)
    {
        const json_t *first = json_array_get(list, 0);
        double low = json_number_value(first), high = json_number_value(json_array_get(list, 1));
        if (strcmp(kind, "uniform") == 0)
            return json_real((low + high) / 2);
        if (strcmp(kind, "log_uniform") == 0)
            return json_real(sqrt(low) * sqrt(high));
        if (strcmp(kind, "int") == 0)
            return json_integer((json_int_t)floor((low + high) / 2));
        return json_incref((json_t *)first);
    }
    return NULL;
}

/* The multipliers of layers, each standing still: a new reference. */
static json_t *still_multipliers(const json_t *list)
{
    json_t *copy = json_deep_copy(list);
    for (size_t i = 0; i < json_array_size(copy); i++) {
        json_t *element = json_array_get(copy, i);
        json_t *value = still(json_object_get(element, "value"));
        if (json_object_set_new(element, "value", value) != 0) {
            json_decref(copy);
            return NULL;
        }
    }
    return copy;
}

/* The first of the optimizers that are searched, under the names that it has in train. */
static bool add_optimizer(json_t *fixed, const json_t *options)
{
    const char *name;
    json_t *value;
    json_object_foreach(json_array_get(options, 0), name, value)
    {
        const char *key = strcmp(name, "type") == 0 ? "optimizer" : name;
        if (json_object_set_new(fixed, key, still(value)) != 0)
            return false;
    }
    return true;
}

json_t *range_study_fixed(const json_t *document)
{
    json_t *fixed = json_object();
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(document, "space"), name, value)
    {
        if (strcmp(name, "lr") == 0 || strcmp(name, "schedule") == 0)
            continue;
        bool multipliers = strcmp(name, "lr_multiplier") == 0;
        bool added =
            strcmp(name, "optimizer") == 0
                ? add_optimizer(fixed, value)
                : json_object_set_new(fixed, name,
                                      multipliers ? still_multipliers(value) : still(value)) == 0;
        if (!added) {
            json_decref(fixed);
            return NULL;
        }
    }
    return fixed;
}

json_t *range_study_space(const json_t *document, double low, double high)
{
    json_t *space = json_copy(json_object_get(document, "space"));
    if (space &&
        json_object_set_new(space, "lr", json_pack("{s:[f, f]}", "log_uniform", low, high)) != 0) {
        json_decref(space);
        return NULL;
    }
    return space;
}

/* The growth is a warm-up's: up to its end, the last step, the rate is to * (from / to)^(1 - t /
 * w). */
static json_t *make_space(const struct range_test *test)
{
    return json_pack("{s:f, s:[{s:s, s:{s:f, s:f, s:s}}]}", "lr", test->to, "schedule", "type",
                     "constant", "warmup", "steps", (double)(test->steps - 1), "from",
                     test->from / test->to, "shape", "exponential");
}

static json_t *make_search(const struct range_test *test)
{
    return json_pack("{s:s, s:i, s:s, s:f, s:s, s:b, s:i, s:i, s:i}", "sampler", "random",
                     "candidates", (int)test->seeds, "scheduler", "none", "max_budget",
                     (double)test->steps, "unit", "steps", "independent_seeds", 1, "finalists", 0,
                     "repeats", 1, "patience", 0);
}

/* Where optimizers are searched, train holds the keys of one that may not be trained with. */
static json_t *make_train(const json_t *document)
{
    const struct catalogue_entry *entry = catalogue_find(&catalogue_groups, "train");
    bool searched = json_object_get(json_object_get(document, "space"), "optimizer") != NULL;
    json_t *train = json_object();
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(document, "train"), name, value)
    {
        if (!searched || catalogue_key_find(entry, name))
            (void)json_object_set(train, name, value);
    }
    return train;
}

json_t *range_study_make(const json_t *document, const struct range_test *test)
{
    json_t *study = json_copy((json_t *)document);
    json_t *train = make_train(document);
    json_t *fixed = range_study_fixed(document);
    json_t *own = json_pack("{s:i, s:i, s:b}", "report_every", 1, "validate_every",
                            (int)test->steps, "stop_collapsed", 0);
    json_t *space = make_space(test), *multipliers = json_object_get(fixed, "lr_multiplier");
    bool made = study && train && fixed && own && space;
    /* No key of train: a candidate's. */
    if (made && multipliers)
        made = json_object_set(space, "lr_multiplier", multipliers) == 0 &&
               json_object_del(fixed, "lr_multiplier") == 0;
    made = made && json_object_update(train, fixed) == 0 && json_object_update(train, own) == 0 &&
           json_object_set(study, "train", train) == 0 &&
           json_object_set(study, "space", space) == 0 &&
           json_object_set_new(study, "search", make_search(test)) == 0;
    json_decref(space);
    json_decref(own);
    json_decref(fixed);
    json_decref(train);
    if (made)
        return study;
    json_decref(study);
    return NULL;
}

double range_study_lr(const struct range_test *test, size_t step)
{
    double done = (double)step / (double)(test->steps - 1);
    return test->to * pow(test->from / test->to, 1 - done);
}
