/* candidate_study.c - puts a candidate's values into the study. */
#include "coordinator/export/candidate_study.h"

#include "common/catalogue/catalogue.h"
#include "common/study_document.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NAME_BYTES 512
#define SEED_MOST  9007199254740991ull /* study.seed's range, common/catalogue/groups.c */

/* What no key of train is: it stays in the space, as a constant. */
static bool stays_in_space(const char *name)
{
    return strcmp(name, "lr") == 0 || strcmp(name, "schedule") == 0 ||
           strcmp(name, "lr_multiplier") == 0;
}

/* `train` without the keys of its own optimizer, where the candidate brings another. */
static json_t *train_base(const json_t *train, bool brings_optimizer)
{
    const struct catalogue_entry *own = catalogue_find(&catalogue_groups, "train");
    json_t *base = json_object();
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)train, name, value)
    {
        if (!brings_optimizer || catalogue_key_find(own, name))
            (void)json_object_set(base, name, value);
    }
    return base;
}

static void merge_optimizer(json_t *train, const json_t *optimizer)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)optimizer, name, value)
    {
        (void)json_object_set(train, strcmp(name, "type") == 0 ? "optimizer" : name, value);
    }
}

static json_t *train_of(const json_t *train, const json_t *params)
{
    const json_t *optimizer = json_object_get(params, "optimizer");
    json_t *merged = train_base(train, json_is_object(optimizer));
    const char *name;
    json_t *value;
    merge_optimizer(merged, optimizer);
    json_object_foreach((json_t *)params, name, value)
    {
        if (!stays_in_space(name) && strcmp(name, "optimizer") != 0)
            (void)json_object_set(merged, name, value);
    }
    return merged;
}

static json_t *space_of(const json_t *params)
{
    json_t *space = json_object();
    (void)json_object_set(space, "lr", json_object_get(params, "lr"));
    if (json_object_get(params, "schedule"))
        (void)json_object_set_new(space, "schedule",
                                  json_pack("[O]", json_object_get(params, "schedule")));
    if (json_object_get(params, "lr_multiplier"))
        (void)json_object_set(space, "lr_multiplier", json_object_get(params, "lr_multiplier"));
    return space;
}

/* The space of a trainer that is not ours: every value as a constant. */
static json_t *constants_of(const json_t *params)
{
    json_t *space = json_copy((json_t *)params);
    const json_t *schedule = json_object_get(params, "schedule");
    if (json_is_object(schedule))
        (void)json_object_set_new(space, "schedule", json_pack("[O]", schedule));
    return space;
}

static json_t *study_of(const json_t *document, const struct trial_row *trial)
{
    char name[NAME_BYTES];
    json_t *study = json_deep_copy(json_object_get(document, "study"));
    (void)snprintf(name, sizeof name, "%.400s-trial-%u", study_text(document, "study", "name"),
                   (unsigned)trial->id);
    (void)json_object_set_new(study, "name", json_string(name));
    if (trial->seed <= SEED_MOST)
        (void)json_object_set_new(study, "seed", json_integer((json_int_t)trial->seed));
    return study;
}

static json_t *search_of(const json_t *document)
{
    const json_t *search = json_object_get(document, "search");
    return json_pack("{s:s, s:i, s:s, s:O, s:O}", "sampler", "random", "candidates", 1, "scheduler",
                     "none", "max_budget", json_object_get(search, "max_budget"), "unit",
                     json_object_get(search, "unit"));
}

/* Whether a program of the user's trains: its space holds any names, and train is not ours. */
static bool is_own_trainer(const json_t *document)
{
    return json_object_get(document, "trainer") != NULL;
}

static bool check(const struct snapshot *snapshot, struct error *error)
{
    static const char *const needed[] = {"study", "search", "space", "data", "model", "train"};
    size_t count = is_own_trainer(snapshot->document) ? 3 : sizeof needed / sizeof needed[0];
    for (size_t i = 0; i < count; i++)
        if (!json_is_object(json_object_get(snapshot->document, needed[i])))
            return error_set(error, "%s: its study has no group \"%s\"", snapshot->dir, needed[i]);
    return true;
}

json_t *candidate_study(const struct snapshot *snapshot, const struct trial_row *trial,
                        struct error *error)
{
    const json_t *document = snapshot->document;
    bool own = is_own_trainer(document);
    if (!check(snapshot, error))
        return NULL;
    json_t *params = json_loads(trial->params, 0, NULL), *study = json_copy((json_t *)document);
    (void)json_object_del(study, "run"); /* it changes no result */
    bool whole =
        json_is_object(params) && (own || json_is_number(json_object_get(params, "lr"))) &&
        json_object_set_new(study, "study", study_of(document, trial)) == 0 &&
        json_object_set_new(study, "space", own ? constants_of(params) : space_of(params)) == 0 &&
        json_object_set_new(study, "search", search_of(document)) == 0;
    if (whole && !own)
        whole = json_object_set_new(study, "train",
                                    train_of(json_object_get(document, "train"), params)) == 0;
    json_decref(params);
    if (whole)
        return study;
    error_set(error, "%s: the candidate of trial %u, or its study, is not whole", snapshot->dir,
              (unsigned)trial->id);
    json_decref(study);
    return NULL;
}

double candidate_study_epoch(const json_t *study, double train_samples)
{
    double batch =
        json_number_value(json_object_get(json_object_get(study, "train"), "batch_size"));
    if (isnan(train_samples))
        return NAN;
    return batch > 0 ? fmax(floor(train_samples / batch), 1) : 1;
}
