/* thin.c - largest triangle, three buckets. */
#include "coordinator/report/thin.h"

#include <math.h>

/* Where bucket `number` begins: the points between the first and the last are shared evenly by
 * keep - 2 buckets. */
static size_t bucket_begin(size_t number, size_t count, size_t keep)
{
    return 1 + (size_t)((double)number * (double)(count - 2) / (double)(keep - 2));
}

size_t thin_curve(const double *x, const double *y, size_t count, size_t keep, size_t *chosen)
{
    if (count <= keep) {
        for (size_t i = 0; i < count; i++)
            chosen[i] = i;
        return count;
    }
    chosen[0] = 0;
    for (size_t bucket = 0; bucket + 2 < keep; bucket++) {
        size_t begin = bucket_begin(bucket, count, keep);
        size_t end = bucket_begin(bucket + 1, count, keep);
        /* The third corner is the mean of the next bucket; after the last one the last point. */
        size_t after = bucket + 3 < keep ? bucket_begin(bucket + 2, count, keep) : count;
        double mean_x = 0, mean_y = 0, largest = -1;
        for (size_t i = end; i < after; i++) {
            mean_x += x[i] / (double)(after - end);
            mean_y += y[i] / (double)(after - end);
        }
        size_t from = chosen[bucket], best = begin;
        for (size_t i = begin; i < end; i++) {
            double area =
                fabs((x[from] - mean_x) * (y[i] - y[from]) - (x[from] - x[i]) * (mean_y - y[from]));
            if (area > largest) {
                largest = area;
                best = i;
            }
        }
        chosen[bucket + 1] = best;
    }
    chosen[keep - 1] = count - 1;
    return keep;
}
