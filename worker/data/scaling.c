/* scaling.c - means and deviations of features or channels. */
#include "worker/data/scaling.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { IMAGE_RANK = 3 };

bool scaling_read(const json_t *data, enum storage storage, enum scaling *scaling,
                  struct error *error)
{
    const json_t *given = json_object_get(data, "scale");
    const char *name = json_string_value(given);
    if (!given)
        *scaling = storage == STORAGE_U8 ? SCALING_UNIT : SCALING_NONE;
    else if (name && strcmp(name, "none") == 0)
        *scaling = SCALING_NONE;
    else if (name && strcmp(name, "standard") == 0)
        *scaling = SCALING_STANDARD;
    else if (name && strcmp(name, "unit") == 0 && storage == STORAGE_U8)
        *scaling = SCALING_UNIT;
    else if (name && strcmp(name, "unit") == 0)
        return error_set(error, "data.scale is \"unit\", which is for bytes; these data are other "
                                "numbers: allowed are none, standard");
    else
        return error_set(error, "data.scale is \"%s\", allowed are none, unit, standard",
                         name ? name : "?");
    return true;
}

/* sum[j] += (x[j] - mean[j])^power over all training samples, row by row as they lie in memory;
 * `mean` NULL: power 1 about 0, else power 2. */
static void sums_add(const struct data_layout *layout, const void *features, size_t train,
                     const double *mean, double *sum)
{
    size_t count = layout->feature_count;
    for (size_t i = 0; i < train; i++) {
        for (size_t j = 0; j < count; j++) {
            double number = layout->storage == STORAGE_U8
                                ? (double)((const uint8_t *)features)[i * count + j]
                                : (double)((const float *)features)[i * count + j];
            double off = mean ? number - mean[j] : number;
            sum[j] += mean ? off * off : off;
        }
    }
}

/* Replaces each number by the mean of its group of `width` neighbours, over `divisor`. */
static void groups_average(double *sum, size_t count, size_t width, double divisor)
{
    for (size_t first = 0; first < count; first += width) {
        double total = 0;
        for (size_t j = first; j < first + width; j++)
            total += sum[j];
        for (size_t j = first; j < first + width; j++)
            sum[j] = total / divisor;
    }
}

bool scaling_measure(const struct data_layout *layout, const void *features, size_t train,
                     float *center, float *factor)
{
    size_t count = layout->feature_count;
    size_t width = layout->shape_rank == IMAGE_RANK ? count / layout->shape[0] : 1;
    double *mean = calloc(2 * count, sizeof *mean), *squares = mean ? mean + count : NULL;
    if (!mean)
        return false;
    /* Two passes: the mean first, so that a large one costs no digits of the deviation. */
    sums_add(layout, features, train, NULL, mean);
    groups_average(mean, count, width, (double)train * (double)width);
    sums_add(layout, features, train, mean, squares);
    groups_average(squares, count, width, (double)train * (double)width);
    for (size_t j = 0; j < count; j++) {
        center[j] = (float)mean[j];
        factor[j] = squares[j] > 0 ? (float)(1 / sqrt(squares[j])) : 1.0F;
    }
    free(mean);
    return true;
}

void scaling_apply(const struct data_layout *layout, float *features, size_t samples,
                   const float *center, const float *factor)
{
    for (size_t i = 0; i < samples; i++, features += layout->feature_count)
        for (size_t j = 0; j < layout->feature_count; j++)
            features[j] = (features[j] - center[j]) * factor[j];
}
