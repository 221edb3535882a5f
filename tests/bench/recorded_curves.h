/* recorded_curves.h - the learning curves of a real search, for the simulator.
 *
 * A study whose candidates were all trained to the full budget (scheduler `none`) holds what any
 * scheduler would have seen of them: a candidate's curve depends on nothing but its number and the
 * study's seed, wherever its training is paused. So a synchronous search that is simulated on these
 * curves is the one that training would have given, and an asynchronous one that of trainers which
 * all take the same time for a step. Population-based training changes candidates on the way and
 * cannot be simulated so. */
#ifndef LRSWEEP_TESTS_BENCH_RECORDED_CURVES_H
#define LRSWEEP_TESTS_BENCH_RECORDED_CURVES_H

#include "coordinator/search/simulator.h"
#include "coordinator/study/snapshot.h"

struct recorded_point {
    uint64_t step;
    double value; /* validation loss */
};

struct recorded_curves {
    struct snapshot *snapshot;     /* the study: its document and its trials */
    struct recorded_point *points; /* [point_count], trial by trial */
    size_t point_count;
    size_t *first; /* [trials + 1]: where a trial's points begin */
};

/* Reads DIR/study.db. False: error is set, nothing is left. */
bool recorded_curves_read(struct recorded_curves *curves, const char *dir, struct error *error);
void recorded_curves_destroy(struct recorded_curves *curves);

/* The value at the last validation up to `step`; NaN: there was none. */
double recorded_curves_value(const struct recorded_curves *curves, uint32_t trial, uint64_t step);

/* The lowest value with the full budget among the first `candidates`; INFINITY: none got so far. */
double recorded_curves_best(const struct recorded_curves *curves, uint32_t candidates);

/* For a simulator; `curves` is borrowed. */
struct simulator_learning recorded_curves_learning(const struct recorded_curves *curves);

#endif
