/* deadline.h - what may still be begun before the time is over, and when to save. Pure: no clock of
 * its own.
 *
 * A trainer that is stopped ends its step, a validation if it is in one, and leaves a checkpoint.
 * How long that takes is learned from what trainers did so far: their reports tell of steps, and
 * what passes between the last one and the end of a segment is the checkpoint. Before anything was
 * measured only the fixed times count. */
#ifndef LRSWEEP_COORDINATOR_DISPATCH_DEADLINE_H
#define LRSWEEP_COORDINATOR_DISPATCH_DEADLINE_H

#include <stdbool.h>
#include <stddef.h>

struct deadline {
    double begun_s, end_s; /* monotonic; end_s infinite: there is no deadline */
    /* The longest that each took lately. */
    double step_s;     /* one step */
    double validate_s; /* a validation */
    double save_s;     /* a checkpoint */
    double begin_s;    /* from an assignment to its first report, steps not counted */
};

/* end_s: 0 or infinite: there is none. */
void deadline_begin(struct deadline *deadline, double begun_s, double end_s);

/* A report came. Since the one before it `steps` steps were trained in `trained_s` seconds. */
void deadline_learn_steps(struct deadline *deadline, double steps, double trained_s);

/* What passed besides them: from the assignment to the first report, or with a validation. */
void deadline_learn_begin(struct deadline *deadline, double besides_s);
void deadline_learn_validation(struct deadline *deadline, double besides_s);

/* A segment ended `passed_s` after its last report. */
void deadline_learn_save(struct deadline *deadline, double passed_s);

/* Seconds that so many trainers need to end and save. They write to one file system: in the worst
 * case one after the other. */
double deadline_saving_s(const struct deadline *deadline, size_t trainers);

/* The time at which so many trainers are to be stopped; infinite: never. At least half of the whole
 * time is left to them. */
double deadline_stop_s(const struct deadline *deadline, size_t trainers);

/* The time up to which a stop may wait for checkpoints; what is left is needed to leave. */
double deadline_patience_s(const struct deadline *deadline);

/* Whether a trial that one of so many trainers begins at now_s gets `steps` steps further, to its
 * next checkpoint, before all are stopped. */
bool deadline_allows(const struct deadline *deadline, size_t trainers, double now_s, double steps);

#endif
