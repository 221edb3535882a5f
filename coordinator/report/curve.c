/* curve.c - sorts reports into curves. */
#include "coordinator/report/curve.h"

#include <math.h>
#include <stdlib.h>

#define ROOM_AT_FIRST 64
#define STEPS_MOST    9007199254740992.0 /* 2^53 */

struct reading {
    struct curve *curves;
    size_t count, at;
};

static bool add(struct series *series, uint64_t step, double value, struct error *error)
{
    if (!isfinite(value))
        return true;
    if (series->count == series->room) {
        size_t room = series->room > 0 ? 2 * series->room : ROOM_AT_FIRST;
        double *steps = realloc(series->step, room * sizeof *steps);
        if (steps)
            series->step = steps;
        double *values = steps ? realloc(series->value, room * sizeof *values) : NULL;
        if (!values)
            return error_set(error, "out of memory");
        series->value = values;
        series->room = room;
    }
    series->step[series->count] = (double)step;
    series->value[series->count++] = value;
    return true;
}

static bool take(void *context, const struct report_row *row, struct error *error)
{
    struct reading *reading = context;
    while (reading->at < reading->count && reading->curves[reading->at].trial != row->trial)
        reading->at++;
    if (reading->at == reading->count)
        return error_set(error, "a report of trial %u, which was not asked for", row->trial);
    struct curve *curve = &reading->curves[reading->at];
    return add(&curve->train, row->step, row->train_loss, error) &&
           add(&curve->validation, row->step, row->val_loss, error) &&
           add(&curve->lr, row->step, row->lr, error);
}

struct curve *curves_read(const char *dir, const uint32_t *trials, size_t count,
                          struct error *error)
{
    struct curve *curves = calloc(count + 1, sizeof *curves);
    if (!curves) {
        error_set(error, "out of memory");
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        curves[i].trial = trials[i];
    struct reading reading = {curves, count, 0};
    if (snapshot_reports_of(dir, trials, count, take, &reading, error))
        return curves;
    curves_free(curves, count);
    return NULL;
}

void curves_free(struct curve *curves, size_t count)
{
    for (size_t i = 0; curves && i < count; i++) {
        struct series *const all[] = {&curves[i].train, &curves[i].validation, &curves[i].lr};
        for (size_t j = 0; j < sizeof all / sizeof all[0]; j++) {
            free(all[j]->step);
            free(all[j]->value);
        }
    }
    free(curves);
}

json_t *report_step_json(double step)
{
    return json_integer((json_int_t)fmin(step, STEPS_MOST));
}
