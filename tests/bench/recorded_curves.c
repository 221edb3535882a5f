/* recorded_curves.c - points in the order of trials and steps. */
#include "tests/bench/recorded_curves.h"

#include <math.h>
#include <stdlib.h>

struct reading {
    struct recorded_curves *curves;
    size_t room;
};

static bool add(void *context, const struct report_row *row, struct error *error)
{
    struct reading *reading = context;
    struct recorded_curves *curves = reading->curves;
    if (isnan(row->val_loss))
        return true;
    if (row->trial >= curves->snapshot->trial_count)
        return error_set(error, "a report of trial %lu, which is not there",
                         (unsigned long)row->trial);
    if (curves->point_count == reading->room) {
        size_t room = reading->room ? 2 * reading->room : 1024;
        void *points = realloc(curves->points, room * sizeof *curves->points);
        if (!points)
            return error_set(error, "out of memory");
        curves->points = points;
        reading->room = room;
    }
    curves->points[curves->point_count++] = (struct recorded_point){row->step, row->val_loss};
    curves->first[row->trial + 1] = curves->point_count;
    return true;
}

bool recorded_curves_read(struct recorded_curves *curves, const char *dir, struct error *error)
{
    struct reading reading = {.curves = curves};
    *curves = (struct recorded_curves){.snapshot = snapshot_read(dir, error)};
    if (!curves->snapshot)
        return false;
    size_t trials = curves->snapshot->trial_count;
    curves->first = calloc(trials + 1, sizeof *curves->first);
    if (!curves->first || !snapshot_reports(dir, add, &reading, error)) {
        if (!curves->first)
            error_set(error, "out of memory");
        recorded_curves_destroy(curves);
        return false;
    }
    for (size_t i = 1; i <= trials; i++) /* those without a point end where the one before does */
        if (curves->first[i] < curves->first[i - 1])
            curves->first[i] = curves->first[i - 1];
    return true;
}

void recorded_curves_destroy(struct recorded_curves *curves)
{
    snapshot_destroy(curves->snapshot);
    free(curves->points);
    free(curves->first);
    *curves = (struct recorded_curves){.snapshot = NULL};
}

double recorded_curves_value(const struct recorded_curves *curves, uint32_t trial, uint64_t step)
{
    size_t low = curves->first[trial], high = curves->first[trial + 1];
    if (low == high || curves->points[low].step > step)
        return NAN;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (curves->points[middle].step <= step)
            low = middle;
        else
            high = middle;
    }
    return curves->points[low].value;
}

double recorded_curves_best(const struct recorded_curves *curves, uint32_t candidates)
{
    double best = INFINITY;
    for (uint32_t i = 0; i < candidates && i < curves->snapshot->trial_count; i++)
        if (curves->snapshot->trials[i].state == TRIAL_COMPLETE)
            best = fmin(best, curves->snapshot->trials[i].final);
    return best;
}

static double value(const void *context, const struct search *search, uint32_t trial, uint64_t step)
{
    (void)search;
    return recorded_curves_value(context, trial, step);
}

static uint64_t divergence(const void *context, const struct search *search, uint32_t trial)
{
    const struct recorded_curves *curves = context;
    const struct trial_row *row = &curves->snapshot->trials[trial];
    (void)search;
    return row->state == TRIAL_COMPLETE ? UINT64_MAX : row->step;
}

struct simulator_learning recorded_curves_learning(const struct recorded_curves *curves)
{
    return (struct simulator_learning){value, divergence, curves};
}
