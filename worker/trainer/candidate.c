/* candidate.c - merges a candidate's values into the study's and reads the result. */
#include "worker/trainer/candidate.h"

#include <string.h>

/* A candidate that brings an optimizer has all of that one's keys, and none of the study's. */
static json_t *train_with_optimizer(const json_t *train, const json_t *optimizer)
{
    const struct catalogue_entry *own = catalogue_find(&catalogue_groups, "train");
    json_t *merged = json_object();
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)train, name, value)
    {
        if (catalogue_key_find(own, name))
            (void)json_object_set(merged, name, value);
    }
    json_object_foreach((json_t *)optimizer, name, value)
    {
        (void)json_object_set(merged, strcmp(name, "type") == 0 ? "optimizer" : name, value);
    }
    return merged;
}

/* What is no key of train: rates.c reads lr_multiplier. */
static bool stays_out(const char *name)
{
    return strcmp(name, "lr") == 0 || strcmp(name, "schedule") == 0 ||
           strcmp(name, "lr_multiplier") == 0;
}

/* `train` with the candidate's values put over it. */
static json_t *train_merge(const struct model *model, const json_t *params)
{
    const json_t *study = json_object_get(model->study, "train");
    const json_t *optimizer = json_object_get(params, "optimizer");
    bool is_group = json_is_object(optimizer);
    json_t *train = is_group ? train_with_optimizer(study, optimizer) : json_copy((json_t *)study);
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)params, name, value)
    {
        if (!stays_out(name) && !(is_group && value == optimizer))
            (void)json_object_set(train, name, value);
    }
    return train;
}

static bool train_read(struct candidate *candidate, const struct model *model, const json_t *train,
                       struct refusal *refusal)
{
    struct settings settings = {
        .group = train, .entry = catalogue_find(&catalogue_groups, "train"), .at = "train"};
    size_t samples = model->dataset.split[SPLIT_TRAIN].count;
    const char *name;
    if (!settings_count(&settings, "batch_size", &candidate->batch_size, refusal) ||
        !settings_number(&settings, "clip_norm", &candidate->clip_norm, refusal) ||
        !settings_number(&settings, "clip_value", &candidate->clip_value, refusal) ||
        !settings_bool(&settings, "decay_all", &candidate->decay_all, refusal) ||
        !settings_number(&settings, "layer_decay", &candidate->layer_decay, refusal) ||
        !settings_count(&settings, "report_every", &candidate->report_every, refusal) ||
        !settings_count(&settings, "validate_every", &candidate->validate_every, refusal) ||
        !settings_bool(&settings, "stop_collapsed", &candidate->stop_collapsed, refusal) ||
        !settings_text(&settings, "optimizer", &name, refusal))
        return false;
    if (candidate->batch_size > samples)
        return refusal_set(refusal, "train.batch_size",
                           "train.batch_size is %zu, there are only %zu training samples",
                           candidate->batch_size, samples);
    if (candidate->batch_size == 0)
        candidate->batch_size = samples;
    candidate->steps_per_epoch = samples / candidate->batch_size;
    if (candidate->validate_every == 0)
        candidate->validate_every = candidate->steps_per_epoch;

    const struct catalogue_entry *entry = catalogue_find(&catalogue_optimizers, name);
    candidate->optimizer.class = optimizer_class_find(name);
    if (!candidate->optimizer.class)
        return refusal_set(refusal, "train.optimizer", "this trainer has no optimizer \"%s\"",
                           name);
    if (!settings_known(&settings, entry, refusal))
        return false;
    settings.entry = entry;
    bool clipped = candidate->clip_norm > 0 || candidate->clip_value > 0;
    return candidate->optimizer.class->configure(&candidate->optimizer, &settings, clipped,
                                                 refusal);
}

static bool schedule_read(struct candidate *candidate, const struct model *model,
                          const json_t *params, struct refusal *refusal)
{
    struct settings search = {.group = json_object_get(model->study, "search"),
                              .entry = catalogue_find(&catalogue_groups, "search"),
                              .at = "search"};
    const json_t *lr = json_object_get(params, "lr");
    const char *unit;
    double max_budget;
    if (!json_is_number(lr))
        return refusal_set(refusal, "space.lr", "the candidate's lr is not a number");
    if (!settings_text(&search, "unit", &unit, refusal) ||
        !settings_number(&search, "max_budget", &max_budget, refusal))
        return false;
    double steps_per_epoch = (double)candidate->steps_per_epoch;
    double steps_per_unit = strcmp(unit, "epochs") == 0 ? steps_per_epoch : 1;
    const json_t *given = json_object_get(params, "schedule");
    json_t *spec = given ? json_incref((json_t *)given) : json_pack("{s:s}", "type", "constant");
    struct error error;
    bool good = schedule_create(&candidate->schedule, spec, json_number_value(lr), steps_per_unit,
                                steps_per_epoch, max_budget, &error);
    json_decref(spec);
    if (!good)
        return refusal_set(refusal, "space.schedule", "%s", error.text);
    const struct schedule_class *class = candidate->schedule.class;
    if (class->observe && model->dataset.split[SPLIT_VALIDATION].count == 0)
        return refusal_set(refusal, "data.validation",
                           "data.validation is 0, the schedule %s needs a validation set",
                           class->entry.name);
    return true;
}

bool candidate_read(struct candidate *candidate, const struct model *model, const json_t *params,
                    struct refusal *refusal)
{
    memset(candidate, 0, sizeof *candidate);
    if (!json_is_object(params))
        return refusal_set(refusal, "space", "the candidate's params are not an object");
    json_t *train = train_merge(model, params);
    bool good = train_read(candidate, model, train, refusal) &&
                schedule_read(candidate, model, params, refusal);
    json_decref(train);
    return good;
}

bool candidate_check(const struct model *model, struct refusal *refusal)
{
    struct candidate candidate = {0};
    return train_read(&candidate, model, json_object_get(model->study, "train"), refusal);
}
