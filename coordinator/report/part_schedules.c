/* part_schedules.c - the learning rate of the best trials, step by step. */
#include "common/schedule/schedule.h"
#include "coordinator/report/curve.h"
#include "coordinator/report/parts.h"
#include "coordinator/report/thin.h"
#include "coordinator/view/figures.h"

#include <math.h>

#define TRIALS_MOST 8   /* more cannot be told apart */
#define POINTS      400 /* of each */

/* The schedule of a trial over the full budget, thinned to what bends. */
static json_t *formula(const struct report_source *source, const struct trial_row *trial,
                       const json_t *spec)
{
    struct schedule schedule;
    struct error ignored;
    double x[POINTS], y[POINTS];
    size_t chosen[POINTS];
    /* The epochs of one step turned over; infinite where they are not known. */
    double epoch = 1 / study_facts_epochs(&source->facts, trial, 1);
    double unit = 1 / report_source_budget(source, trial, 1);
    double last = source->facts.max_budget * unit - 1;
    if (!(last > 0 && last < 1e12) || !isfinite(epoch) ||
        !schedule_create(&schedule, spec, trial->lr, unit, epoch, source->facts.max_budget,
                         &ignored))
        return NULL;
    size_t points = last + 1 < POINTS ? (size_t)(last + 1) : POINTS;
    for (size_t i = 0; i < points; i++) {
        x[i] = round(last * (double)i / fmax((double)points - 1, 1));
        y[i] = schedule_lr(&schedule, (uint64_t)x[i]);
    }
    size_t count = thin_curve(x, y, points, POINTS / 2, chosen);
    json_t *steps = json_array(), *rates = json_array();
    for (size_t i = 0; i < count; i++) {
        (void)json_array_append_new(steps, json_integer((json_int_t)x[chosen[i]]));
        (void)json_array_append_new(rates, figure_json(y[chosen[i]]));
    }
    return json_pack("{s:I, s:b, s:o, s:o}", "trial", (json_int_t)trial->id, "reported", 0, "step",
                     steps, "lr", rates);
}

/* The rates that a trial reported. */
static json_t *reported(const struct report_source *source, uint32_t trial)
{
    struct error ignored;
    size_t chosen[POINTS];
    struct curve *curve = curves_read(source->snapshot->dir, &trial, 1, &ignored);
    if (!curve)
        return NULL;
    size_t count = thin_curve(curve->lr.step, curve->lr.value, curve->lr.count, POINTS / 2, chosen);
    json_t *steps = json_array(), *rates = json_array();
    for (size_t i = 0; i < count; i++) {
        (void)json_array_append_new(steps, report_step_json(curve->lr.step[chosen[i]]));
        (void)json_array_append_new(rates, figure_json(curve->lr.value[chosen[i]]));
    }
    curves_free(curve, 1);
    return json_pack("{s:I, s:b, s:o, s:o}", "trial", (json_int_t)trial, "reported", 1, "step",
                     steps, "lr", rates);
}

/* A schedule that follows the validation loss, or that a copy took up on its way, is known by what
 * was reported only. */
static json_t *rates_of(const struct report_source *source, const struct trial_row *trial)
{
    json_t *params = json_loads(trial->params, 0, NULL);
    const json_t *spec = json_object_get(params, "schedule");
    const char *type = json_string_value(json_object_get(spec, "type"));
    json_t *json =
        type && !schedule_observes(type) && trial->begun == 0 ? formula(source, trial, spec) : NULL;
    json_decref(params);
    return json ? json : reported(source, trial->id);
}

json_t *report_part_schedules(const struct report_source *source, struct error *error)
{
    json_t *list = json_array();
    for (size_t i = 0; i < source->order_count && json_array_size(list) < TRIALS_MOST; i++) {
        json_t *rates = isfinite(source->order[i].trial->metric)
                            ? rates_of(source, source->order[i].trial)
                            : NULL;
        if (rates)
            (void)json_array_append_new(list, rates);
    }
    if (!list)
        error_set(error, "out of memory");
    return list;
}
