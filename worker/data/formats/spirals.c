/* spirals.c - points in the plane on arms of a spiral: classes that no straight line parts.
 *
 * After Lang and Witbrock, "Learning to tell two spirals apart", 1988. A sample of arm k has a
 * radius r, uniform in (0, 1], at the angle 2 pi (turns r + k / arms) + noise n, n standard normal.
 */
#include "common/random.h"
#include "worker/data/format.h"
#include "worker/data/format_settings.h"

#include <math.h>

static const double two_pi = 6.283185307179586;

static bool measure(const struct data_request *request, struct data_layout *layout,
                    struct error *error)
{
    uint64_t samples;
    if (!format_count(request->data, "spirals", "samples", &samples, error))
        return false;
    *layout = (struct data_layout){.train_count = samples,
                                   .feature_count = 2,
                                   .shape = {2},
                                   .shape_rank = 1,
                                   .storage = STORAGE_F32};
    return true;
}

static bool unpack(const struct data_request *request, struct data_layout *layout,
                   const struct data_room *room, struct error *error)
{
    const json_t *data = request->data;
    uint64_t arms;
    double turns, noise;
    float *features = room->features;
    if (!format_count(data, "spirals", "arms", &arms, error) ||
        !format_number(data, "spirals", "turns", &turns, error) ||
        !format_number(data, "spirals", "noise", &noise, error))
        return false;
    for (uint64_t i = 0; i < layout->train_count; i++) {
        struct random_stream random;
        random_open(&random, request->seed, RANDOM_GENERATE, i);
        double arm = (double)(i % arms), radius = 1 - random_uniform(&random);
        double angle =
            two_pi * (turns * radius + arm / (double)arms) + noise * random_normal(&random);
        room->labels[i] = (int32_t)(i % arms);
        features[2 * i] = (float)(radius * cos(angle));
        features[2 * i + 1] = (float)(radius * sin(angle));
    }
    layout->class_count = (uint32_t)arms;
    return true;
}

const struct data_format format_spirals = {.name = "spirals", .measure = measure, .unpack = unpack};
