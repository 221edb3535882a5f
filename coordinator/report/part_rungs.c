/* part_rungs.c - who reached which rung, and with what. */
#include "coordinator/report/parts.h"
#include "coordinator/view/figures.h"
#include "coordinator/view/result.h"

#include <math.h>

/* The place in snapshot->rungs of the rung of a bracket that ends with this budget; -1: none. A
 * rung ends on a whole step, so that its budget may be off by one. */
static long rung_at(const struct report_source *source, const struct trial_row *trial,
                    uint64_t step)
{
    const struct snapshot *snapshot = source->snapshot;
    double budget = report_source_budget(source, trial, step);
    double next = report_source_budget(source, trial, step + 1);
    for (size_t i = 0; i < snapshot->rung_count; i++) {
        const struct snapshot_rung *rung = &snapshot->rungs[i];
        if (rung->bracket == trial->bracket && fabs(rung->budget - budget) <= next - budget)
            return (long)i;
    }
    return -1;
}

json_t *report_part_rungs(const struct report_source *source, struct error *error)
{
    const struct snapshot *snapshot = source->snapshot;
    json_t *rungs = json_array(), *trials = json_array(), *at = json_array();
    json_t *values = json_array();
    for (size_t i = 0; i < snapshot->rung_count; i++)
        (void)json_array_append_new(rungs, result_rung_json(&snapshot->rungs[i]));
    for (size_t i = 0; i < source->event_count; i++) {
        const struct report_event *event = &source->events[i];
        const struct trial_row *trial =
            event->kind == REPORT_DONE || event->kind == REPORT_VALIDATED
                ? snapshot_trial(snapshot, event->trial)
                : NULL;
        long rung = trial && !trial->repeat ? rung_at(source, trial, event->step) : -1;
        if (rung < 0)
            continue;
        (void)json_array_append_new(trials, json_integer(event->trial));
        (void)json_array_append_new(at, json_integer(rung));
        (void)json_array_append_new(values, figure_json(event->value));
    }
    json_t *json = json_pack("{s:o, s:o, s:o, s:o}", "rungs", rungs, "trial", trials, "rung", at,
                             "value", values);
    if (!json)
        error_set(error, "out of memory");
    return json;
}
