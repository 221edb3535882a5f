/* curve.h - the losses of a trial as they were reported, read from study.db. */
#ifndef LRSWEEP_COORDINATOR_REPORT_CURVE_H
#define LRSWEEP_COORDINATOR_REPORT_CURVE_H

#include "coordinator/study/snapshot.h"

/* Points of one kind, by step. */
struct series {
    double *step, *value; /* [count] */
    size_t count, room;
};

struct curve {
    uint32_t trial;
    struct series train, validation, lr; /* what was not finite is left out */
};

/* The curves of `trials` [count], in that order; a trial without reports gets an empty one. Free
 * with curves_free. NULL: it failed. */
struct curve *curves_read(const char *dir, const uint32_t *trials, size_t count,
                          struct error *error);
void curves_free(struct curve *curves, size_t count);

/* A step of a series as JSON; steps that no double tells apart any more are cut off. */
json_t *report_step_json(double step);

#endif
