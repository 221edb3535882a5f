/* parts.h - the data of a report: one JSON document for each view, one file for each. */
#ifndef LRSWEEP_COORDINATOR_REPORT_PARTS_H
#define LRSWEEP_COORDINATOR_REPORT_PARTS_H

#include "coordinator/report/source.h"

struct report_part {
    const char *name;
    int digits; /* of its numbers */
    /* A new reference; json_null() where the study has nothing of the kind. NULL: it failed. */
    json_t *(*make)(const struct report_source *source, struct error *error);
};

#define REPORT_PARTS 7

extern const struct report_part report_parts[REPORT_PARTS];

/* What the study is and what it recommends. */
json_t *report_part_study(const struct report_source *source, struct error *error);

/* Every trial, a column each value. */
json_t *report_part_trials(const struct report_source *source, struct error *error);

/* Losses over steps of a sample of the trials, each thinned to what a screen can show. */
json_t *report_part_curves(const struct report_source *source, struct error *error);

/* The rungs, and the metric of every trial at each rung that it reached. */
json_t *report_part_rungs(const struct report_source *source, struct error *error);

/* The learning rate over steps of the best trials. */
json_t *report_part_schedules(const struct report_source *source, struct error *error);

/* Which trainer held which trial, and when. */
json_t *report_part_timeline(const struct report_source *source, struct error *error);

/* The curve and the suggestions of `lrsweep find`, from DIR/find.json. */
json_t *report_part_range(const struct report_source *source, struct error *error);

#endif
