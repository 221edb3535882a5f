/* source.h - what all parts of a report are made from, read once. */
#ifndef LRSWEEP_COORDINATOR_REPORT_SOURCE_H
#define LRSWEEP_COORDINATOR_REPORT_SOURCE_H

#include "coordinator/report/curve.h"
#include "coordinator/view/study_facts.h"
#include "coordinator/view/trial_order.h"

/* How a trial's time with a trainer ended, or what a worker went through. */
enum report_event_kind {
    REPORT_ASSIGNED,
    REPORT_VALIDATED,
    REPORT_DONE,
    REPORT_DIVERGED,
    REPORT_PAUSED,
    REPORT_LOST,
    REPORT_WORKER_LOST,
    REPORT_WORKER_BACK,
    REPORT_TIME_OVER,
    REPORT_EVENTS
};

struct report_event {
    enum report_event_kind kind;
    uint32_t trial;
    int worker, trainer; /* -1: none */
    uint64_t step;
    double value; /* metric, NaN: none */
    double time;  /* Unix time */
};

struct report_source {
    const struct snapshot *snapshot; /* borrowed */
    struct study_facts facts;
    struct trial_rank *order; /* [order_count], best first, without repeats */
    size_t order_count;
    struct report_event *events; /* [event_count], in order; of kinds that are known */
    size_t event_count;
    struct curve *curves; /* [curve_count], of a sample of the trials, the best first */
    size_t curve_count;
};

bool report_source_read(struct report_source *source, const struct snapshot *snapshot,
                        struct error *error);
void report_source_free(struct report_source *source);

/* Chooses at most `most` trials that stand for all: the best, some of every verdict, and the rest
 * evenly over the ranks. chosen [most] gets their ids, the best first; returns how many. */
size_t report_source_sample(const struct report_source *source, size_t most, uint32_t *chosen);

/* Losses above this tell nothing more, and would squeeze the others: three times where training
 * begins, at the constant predictor's or at the first report of the middle curve, whichever is
 * higher. Infinite where neither is known. */
double report_source_ceiling(const struct report_source *source);

/* Steps of a trial in search.unit; NaN: not known. */
double report_source_budget(const struct report_source *source, const struct trial_row *trial,
                            uint64_t step);

#endif
