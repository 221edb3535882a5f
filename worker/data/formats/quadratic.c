/* quadratic.c - least squares whose curvature is known: where plain gradient descent stops to
 * converge can be calculated.
 *
 * d samples of d features, X = sqrt(d / 2) diag(sqrt(lambda)) H with H = I - 2 v v' / v'v
 * (Householder 1958), orthogonal, and y = X w with w standard normal. The mean of (X w - y)^2 over
 * the samples has the Hessian (2 / d) X'X = H diag(lambda) H: its eigenvalues are lambda, evenly
 * spaced on a log scale. With one dense unit without bias, on the whole set at once, gradient
 * descent converges for rates below 2 / lambda_max, with momentum beta below 2 (1 + beta) /
 * lambda_max (Polyak 1964). The samples validate and test as well: holding some of them out would
 * change the spectrum. */
#include "common/random.h"
#include "worker/data/format.h"
#include "worker/data/format_settings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COPIES = 3 }; /* training, validation, test */

static bool measure(const struct data_request *request, struct data_layout *layout,
                    struct error *error)
{
    uint64_t dimensions;
    if (!format_count(request->data, "quadratic", "dimensions", &dimensions, error))
        return false;
    *layout = (struct data_layout){.train_count = dimensions,
                                   .validation_count = dimensions,
                                   .test_count = dimensions,
                                   .feature_count = dimensions,
                                   .shape = {(uint32_t)dimensions},
                                   .shape_rank = 1,
                                   .target_count = 1,
                                   .storage = STORAGE_F32};
    return true;
}

static bool unpack(const struct data_request *request, struct data_layout *layout,
                   const struct data_room *room, struct error *error)
{
    size_t d = layout->feature_count;
    double low, high, square = 0;
    if (!format_number(request->data, "quadratic", "lambda_min", &low, error) ||
        !format_number(request->data, "quadratic", "lambda_max", &high, error))
        return false;
    if (low > high)
        return error_set(error, "data.lambda_min is %.10g, above data.lambda_max, %.10g", low,
                         high);
    double *v = malloc(2 * d * sizeof *v), *w = v ? v + d : NULL;
    if (!v)
        return error_set(error, "out of memory for %zu dimensions", d);
    struct random_stream random;
    random_open(&random, request->seed, RANDOM_GENERATE, 0);
    for (size_t i = 0; i < d; i++) {
        v[i] = random_normal(&random);
        w[i] = random_normal(&random);
        square += v[i] * v[i];
    }
    float *features = room->features;
    for (size_t i = 0; i < d; i++) {
        double place = d > 1 ? (double)i / (double)(d - 1) : 0;
        double lambda = high * pow(low / high, place);
        double length = sqrt((double)d * lambda / 2), y = 0;
        for (size_t j = 0; j < d; j++) {
            double x = length * ((i == j) - 2 * v[i] * v[j] / square);
            features[i * d + j] = (float)x;
            y += x * w[j];
        }
        room->targets[i] = (float)y;
    }
    for (size_t copy = 1; copy < COPIES; copy++) {
        memcpy(features + copy * d * d, features, d * d * sizeof *features);
        memcpy(room->targets + copy * d, room->targets, d * sizeof *room->targets);
    }
    free(v);
    return true;
}

const struct data_format format_quadratic = {
    .name = "quadratic", .measure = measure, .unpack = unpack};
