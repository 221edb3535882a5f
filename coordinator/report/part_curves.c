/* part_curves.c - loss curves, thinned for drawing: their scale is logarithmic, so is the measure
 * by which a point is worth keeping. */
#include "coordinator/report/parts.h"
#include "coordinator/report/thin.h"
#include "coordinator/view/figures.h"

#include <math.h>
#include <stdlib.h>

#define POINTS_MOST 36000 /* of all curves together; a point takes about 14 bytes of the page */
#define POINTS_EACH 400   /* what a screen can show */

/* {"step": [...], "value": [...]} of a series: scratch is as long as it. */
static json_t *series_json(const struct series *series, size_t keep, double *scratch,
                           size_t *chosen)
{
    json_t *steps = json_array(), *values = json_array();
    for (size_t i = 0; i < series->count; i++)
        scratch[i] = log(fmax(series->value[i], 1e-12));
    size_t count = thin_curve(series->step, scratch, series->count, keep, chosen);
    for (size_t i = 0; i < count; i++) {
        (void)json_array_append_new(steps, report_step_json(series->step[chosen[i]]));
        (void)json_array_append_new(values, figure_json(series->value[chosen[i]]));
    }
    return json_pack("{s:o, s:o}", "step", steps, "value", values);
}

static json_t *curve_json(const struct curve *curve, size_t keep)
{
    size_t longest = curve->train.count;
    if (curve->validation.count > longest)
        longest = curve->validation.count;
    double *scratch = calloc(longest + 1, sizeof *scratch);
    size_t *chosen = calloc(longest + 1, sizeof *chosen);
    json_t *json = NULL;
    if (scratch && chosen)
        json = json_pack("{s:I, s:o, s:o}", "trial", (json_int_t)curve->trial, "train",
                         series_json(&curve->train, keep, scratch, chosen), "validation",
                         series_json(&curve->validation, keep, scratch, chosen));
    free(scratch);
    free(chosen);
    return json;
}

json_t *report_part_curves(const struct report_source *source, struct error *error)
{
    size_t count = source->curve_count;
    size_t keep = count > 0 ? POINTS_MOST / (2 * count) : POINTS_EACH;
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(
            list, curve_json(&source->curves[i], keep < POINTS_EACH ? keep : POINTS_EACH));
    json_t *json = json_pack("{s:I, s:o, s:o}", "of", (json_int_t)source->order_count, "ceiling",
                             figure_json(report_source_ceiling(source)), "curves", list);
    if (!json)
        error_set(error, "out of memory");
    return json;
}
