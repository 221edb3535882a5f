/* teacher.c - numbers to predict that a random network of one hidden layer, the teacher, made.
 *
 * After Seung, Sompolinsky and Tishby, "Statistical mechanics of learning from examples", 1992.
 * Inputs x are standard normal; y = sum over hidden units of v tanh(w x) + noise n, with w of
 * variance 1 / features, v of variance 1 / units, and n standard normal. */
#include "common/random.h"
#include "worker/data/format.h"
#include "worker/data/format_settings.h"

#include <math.h>
#include <stdlib.h>

/* The index of the stream that draws the teacher; samples have the others. */
static const uint64_t teacher_index = UINT64_MAX;

static bool measure(const struct data_request *request, struct data_layout *layout,
                    struct error *error)
{
    uint64_t samples, features;
    if (!format_count(request->data, "teacher", "samples", &samples, error) ||
        !format_count(request->data, "teacher", "features", &features, error))
        return false;
    *layout = (struct data_layout){.train_count = samples,
                                   .feature_count = features,
                                   .shape = {(uint32_t)features},
                                   .shape_rank = 1,
                                   .target_count = 1,
                                   .storage = STORAGE_F32};
    return true;
}

/* weights[units][features + 1]: a unit's w, then its v. */
static double *teacher_draw(uint64_t seed, uint64_t units, uint64_t features)
{
    double *weights = calloc(units, (features + 1) * sizeof *weights);
    struct random_stream random;
    random_open(&random, seed, RANDOM_GENERATE, teacher_index);
    for (uint64_t i = 0; i < units && weights; i++) {
        double *unit = weights + i * (features + 1);
        for (uint64_t j = 0; j < features; j++)
            unit[j] = random_normal(&random) / sqrt((double)features);
        unit[features] = random_normal(&random) / sqrt((double)units);
    }
    return weights;
}

static bool unpack(const struct data_request *request, struct data_layout *layout,
                   const struct data_room *room, struct error *error)
{
    uint64_t units, features = layout->feature_count;
    double noise;
    if (!format_count(request->data, "teacher", "hidden", &units, error) ||
        !format_number(request->data, "teacher", "noise", &noise, error))
        return false;
    double *weights = teacher_draw(request->seed, units, features);
    if (!weights)
        return error_set(error, "out of memory for a teacher of %llu units",
                         (unsigned long long)units);
    for (uint64_t i = 0; i < layout->train_count; i++) {
        float *x = (float *)room->features + i * features;
        struct random_stream random;
        random_open(&random, request->seed, RANDOM_GENERATE, i);
        for (uint64_t j = 0; j < features; j++)
            x[j] = (float)random_normal(&random);
        double y = noise * random_normal(&random);
        for (uint64_t k = 0; k < units; k++) {
            const double *unit = weights + k * (features + 1);
            double sum = 0;
            for (uint64_t j = 0; j < features; j++)
                sum += unit[j] * (double)x[j];
            y += unit[features] * tanh(sum);
        }
        room->targets[i] = (float)y;
    }
    free(weights);
    return true;
}

const struct data_format format_teacher = {.name = "teacher", .measure = measure, .unpack = unpack};
