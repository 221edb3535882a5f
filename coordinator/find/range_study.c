/* range_study.c - puts a range test in the place of a study's search. */
#include "coordinator/find/range_study.h"

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

json_t *range_study_fixed(const json_t *document)
{
    json_t *fixed = json_object();
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(document, "space"), name, value)
    {
        if (strcmp(name, "lr") == 0 || strcmp(name, "schedule") == 0)
            continue;
        if (json_object_set_new(fixed, name, still(value)) != 0) {
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

json_t *range_study_make(const json_t *document, const struct range_test *test)
{
    json_t *study = json_copy((json_t *)document);
    json_t *train = json_copy(json_object_get(document, "train"));
    json_t *fixed = range_study_fixed(document);
    json_t *own = json_pack("{s:i, s:i, s:b}", "report_every", 1, "validate_every",
                            (int)test->steps, "stop_collapsed", 0);
    bool made = study && train && fixed && own && json_object_update(train, fixed) == 0 &&
                json_object_update(train, own) == 0 &&
                json_object_set(study, "train", train) == 0 &&
                json_object_set_new(study, "space", make_space(test)) == 0 &&
                json_object_set_new(study, "search", make_search(test)) == 0;
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
