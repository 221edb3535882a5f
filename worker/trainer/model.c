/* model.c - opens a study: data first, then the network that fits them. */
#include "worker/trainer/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool groups_check(const json_t *study, struct refusal *refusal)
{
    static const char *const groups[] = {"data", "model", "train"};
    if (!json_is_object(study))
        return refusal_set(refusal, "", "the study is not an object");
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        if (!json_is_object(json_object_get(study, groups[i])))
            return refusal_set(refusal, groups[i], "the study has no group \"%s\"", groups[i]);
    return true;
}

/* A metric that is measured on the validation set needs one. */
static bool metric_check(const struct model *model, struct refusal *refusal)
{
    const char *metric =
        json_string_value(json_object_get(json_object_get(model->study, "study"), "metric"));
    if (metric && strncmp(metric, "val_", 4) == 0 &&
        model->dataset.split[SPLIT_VALIDATION].count == 0)
        return refusal_set(refusal, "data.validation",
                           "data.validation is 0, but study.metric is \"%s\"", metric);
    return true;
}

static bool loss_read(struct model *model, struct refusal *refusal)
{
    if (!loss_create(&model->loss, json_object_get(model->study, "model"), refusal))
        return false;
    const struct loss_class *loss = model->loss.class;
    if (loss->wants_targets != (model->dataset.target_count > 0))
        return refusal_set(refusal, "model.loss",
                           "model.loss is \"%s\", which is for %s; the data have %s", loss->name,
                           loss->wants_targets ? "numbers to predict" : "classes",
                           loss->wants_targets ? "classes" : "numbers to predict");
    if (loss->one_output && model->dataset.class_count != 2)
        return refusal_set(refusal, "model.loss",
                           "model.loss is \"%s\", which is for 2 classes; the data have %zu",
                           loss->name, model->dataset.class_count);
    return true;
}

static bool outputs_check(const struct model *model, struct refusal *refusal)
{
    const struct network *network = &model->network;
    size_t targets = model->dataset.target_count;
    bool one_output = model->loss.class->one_output;
    size_t expected = one_output ? 1 : targets ? targets : model->dataset.class_count;
    if (network->outputs == expected)
        return true;
    char at[SETTING_BYTES];
    const struct layer *last = &network->layer[network->layer_count - 1];
    const struct catalogue_entry *entry = catalogue_find(&catalogue_layers, last->class->name);
    (void)snprintf(at, sizeof at, "%.110s%s", last->at,
                   catalogue_key_find(entry, "units") ? ".units" : "");
    if (one_output)
        return refusal_set(refusal, at,
                           "%s: the last layer has %zu outputs, the loss \"%s\" wants 1", at,
                           network->outputs, model->loss.class->name);
    return refusal_set(refusal, at, "%s: the last layer has %zu outputs, the data have %zu %s", at,
                       network->outputs, expected, targets ? "numbers to predict" : "classes");
}

static bool identity_make(struct model *model, struct refusal *refusal)
{
    const json_t *group = json_object_get(model->study, "model");
    const struct dataset *dataset = &model->dataset;
    json_t *identity =
        json_pack("{s:O, s:{s:I, s:I, s:I, s:I}}", "model", group, "data", "samples",
                  (json_int_t)dataset->split[SPLIT_TRAIN].count, "features",
                  (json_int_t)dataset->feature_count, "classes", (json_int_t)dataset->class_count,
                  "targets", (json_int_t)dataset->target_count);
    model->identity = identity ? json_dumps(identity, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    json_decref(identity);
    return model->identity || refusal_set(refusal, "", "out of memory");
}

bool model_create(struct model *model, json_t *study, struct refusal *refusal)
{
    memset(model, 0, sizeof *model);
    if (!groups_check(study, refusal))
        return false;
    model->study = json_incref(study);
    const json_t *data = json_object_get(study, "data");
    struct shape input = {0};
    json_int_t seed = json_integer_value(json_object_get(json_object_get(study, "study"), "seed"));
    bool good = dataset_open(&model->dataset, data, (uint64_t)seed, refusal->at, &refusal->error);
    if (good) {
        input.rank = model->dataset.shape_rank;
        memcpy(input.size, model->dataset.shape, input.rank * sizeof input.size[0]);
    }
    good = good && metric_check(model, refusal) && loss_read(model, refusal) &&
           network_create(&model->network, json_object_get(study, "model"), &input, refusal) &&
           outputs_check(model, refusal) && identity_make(model, refusal);
    if (!good)
        model_destroy(model);
    return good;
}

void model_destroy(struct model *model)
{
    free(model->identity);
    network_destroy(&model->network);
    dataset_close(&model->dataset);
    json_decref(model->study);
    memset(model, 0, sizeof *model);
}
