/* candidate.c - merges a candidate's values into the study's and reads the result. */
#include "worker/trainer/candidate.h"

#include <stdio.h>
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

/* Images can be cropped and mirrored, and a crop must leave something of them. */
static bool augmentation_read(struct candidate *candidate, const struct model *model,
                              const struct settings *train, struct refusal *refusal)
{
    const struct dataset *dataset = &model->dataset;
    struct augmentation *augmentation = &candidate->augmentation;
    if (!settings_count(train, "random_crop", &augmentation->crop, refusal) ||
        !settings_bool(train, "random_flip", &augmentation->flip, refusal))
        return false;
    if (!augmentation_any(augmentation))
        return true;
    const char *at = augmentation->crop ? "train.random_crop" : "train.random_flip";
    if (dataset->shape_rank != 3)
        return refusal_set(refusal, at, "%s is for images; the data are rows of %zu numbers", at,
                           dataset->feature_count);
    if (augmentation->crop < dataset->shape[1] && augmentation->crop < dataset->shape[2])
        return true;
    return refusal_set(refusal, at, "%s is %zu, which must be less than an image of %zu x %zu", at,
                       augmentation->crop, dataset->shape[1], dataset->shape[2]);
}

/* PyTorch refuses this too: "Expected more than 1 value per channel when training". */
static bool layers_batch_check(const struct model *model, size_t batch_size,
                               struct refusal *refusal)
{
    for (size_t i = 0; i < model->network.layer_count; i++) {
        const struct layer *layer = &model->network.layer[i];
        if (batch_size < layer->batch_least)
            return refusal_set(refusal, "train.batch_size",
                               "train.batch_size is %zu, but %s (%s) needs more than 1 value per "
                               "channel when training: at least %zu samples",
                               batch_size, layer->at, layer->class->name, layer->batch_least);
    }
    return true;
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
        !augmentation_read(candidate, model, &settings, refusal) ||
        !settings_text(&settings, "optimizer", &name, refusal))
        return false;
    if (candidate->batch_size > samples)
        return refusal_set(refusal, "train.batch_size",
                           "train.batch_size is %zu, there are only %zu training samples",
                           candidate->batch_size, samples);
    if (candidate->batch_size == 0)
        candidate->batch_size = samples;
    if (!layers_batch_check(model, candidate->batch_size, refusal))
        return false;
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

/* A schedule that follows the validation loss needs one. `at`: where the schedule stands. */
static bool validation_check(const struct model *model, const char *type, const char *at,
                             struct refusal *refusal)
{
    if (model->dataset.split[SPLIT_VALIDATION].count > 0 || !schedule_observes(type))
        return true;
    return refusal_set(refusal, at,
                       "%s is a %s schedule, which follows the validation loss, but there is no "
                       "validation set: data.validation is 0",
                       at, type);
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
    return validation_check(model, candidate->schedule.class->entry.name, "space.schedule",
                            refusal);
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

/* Searching how images are augmented says that there are images. */
static bool searched_augmentation_check(const struct model *model, const json_t *space,
                                        struct refusal *refusal)
{
    static const char *const keys[] = {"random_crop", "random_flip"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        char at[SETTING_BYTES];
        (void)snprintf(at, sizeof at, "space.%s", keys[i]);
        if (json_object_get(space, keys[i]) && model->dataset.shape_rank != 3)
            return refusal_set(refusal, at, "%s is for images; the data are rows of %zu numbers",
                               at, model->dataset.feature_count);
    }
    return true;
}

static bool searched_schedules_check(const struct model *model, const json_t *space,
                                     struct refusal *refusal)
{
    const json_t *schedules = json_object_get(space, "schedule");
    for (size_t i = 0; i < json_array_size(schedules); i++) {
        char at[SETTING_BYTES];
        const char *type = json_string_value(json_object_get(json_array_get(schedules, i), "type"));
        (void)snprintf(at, sizeof at, "space.schedule[%zu]", i);
        if (type && !validation_check(model, type, at, refusal))
            return false;
    }
    return true;
}

bool candidate_check(const struct model *model, struct refusal *refusal)
{
    struct candidate candidate = {0};
    const json_t *space = json_object_get(model->study, "space");
    return train_read(&candidate, model, json_object_get(model->study, "train"), refusal) &&
           searched_augmentation_check(model, space, refusal) &&
           searched_schedules_check(model, space, refusal);
}
