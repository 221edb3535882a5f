/* model_fixture.h - a model on generated data in memory, for tests of the engine. */
#ifndef LRSWEEP_TESTS_MODEL_FIXTURE_H
#define LRSWEEP_TESTS_MODEL_FIXTURE_H

#include "common/random.h"
#include "worker/trainer/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct model_fixture {
    struct model model;
    float *features;
    int32_t *labels;
};

/* `samples` training samples and as many for validation and test: class c has its own mean, so that
 * there is something to learn. layers and train are the study's groups, as JSON. */
static inline void model_fixture_create_shaped(struct model_fixture *fixture, const char *layers,
                                               const char *train, size_t samples,
                                               const struct shape *input, size_t classes)
{
    size_t features = shape_count(input);
    struct model *model = &fixture->model;
    memset(fixture, 0, sizeof *fixture);
    model->study =
        json_pack("{s:{s:o, s:s}, s:o, s:{s:s, s:f}}", "model", "layers",
                  json_loads(layers, 0, NULL), "loss", "cross_entropy", "train",
                  json_loads(train, 0, NULL), "search", "unit", "epochs", "max_budget", 10.0);
    size_t total = SPLIT_COUNT * samples;
    fixture->features = malloc(total * features * sizeof *fixture->features);
    fixture->labels = malloc(total * sizeof *fixture->labels);
    if (!model->study || !fixture->features || !fixture->labels)
        abort();
    struct random_stream random;
    random_open(&random, 5, RANDOM_GENERATE, 0);
    for (size_t i = 0; i < total; i++) {
        fixture->labels[i] = (int32_t)random_below(&random, (uint32_t)classes);
        for (size_t j = 0; j < features; j++)
            fixture->features[i * features + j] =
                (float)(random_normal(&random) + (j % classes == (size_t)fixture->labels[i]));
    }
    for (size_t i = 0; i < SPLIT_COUNT; i++)
        model->dataset.split[i] =
            (struct dataset_split){.features = fixture->features + i * samples * features,
                                   .labels = fixture->labels + i * samples,
                                   .count = samples};
    model->dataset.storage = STORAGE_F32;
    model->dataset.scale = 1;
    model->dataset.feature_count = features;
    memcpy(model->dataset.shape, input->size, input->rank * sizeof input->size[0]);
    model->dataset.shape_rank = input->rank;
    model->dataset.class_count = classes;
    model->dataset.constant_loss = log((double)classes);
    struct refusal refusal = {{0}, {{0}}};
    const json_t *group = json_object_get(model->study, "model");
    if (!loss_create(&model->loss, group, &refusal) ||
        !network_create(&model->network, group, input, &refusal)) {
        (void)fprintf(stderr, "%s\n", refusal.error.text);
        abort();
    }
    model->identity = strdup("fixture");
}

static inline void model_fixture_create(struct model_fixture *fixture, const char *layers,
                                        const char *train, size_t samples, size_t features,
                                        size_t classes)
{
    const struct shape input = {.rank = 1, .size = {features}};
    model_fixture_create_shaped(fixture, layers, train, samples, &input, classes);
}

static inline void model_fixture_destroy(struct model_fixture *fixture)
{
    model_destroy(&fixture->model);
    free(fixture->features);
    free(fixture->labels);
}

#endif
