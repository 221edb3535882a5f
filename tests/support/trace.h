/* trace.h - what a monitor is fed in one run, recorded, and how the run ended when nobody stopped
 * it.
 *
 * A file is a line of JSON about the run, then a line for each check of the units: the losses since
 * the line before, "|", same and near of each watched layer, "|", the spread of the outputs. */
#ifndef LRSWEEP_TESTS_TRACE_H
#define LRSWEEP_TESTS_TRACE_H

#include "worker/trainer/trial.h"

#include <stdio.h>

enum { TRACE_LAYERS_MAX = 8, TRACE_NAME_BYTES = 32 };

struct trace_check {
    struct unit_shares shares[TRACE_LAYERS_MAX];
    double spread;
};

struct trace {
    char network[TRACE_NAME_BYTES], optimizer[TRACE_NAME_BYTES], schedule[TRACE_NAME_BYTES];
    double lr, constant_loss;
    bool falling, classes, whole_set; /* as the monitor's settings */
    enum step_length step_length;
    int seed;
    size_t layers;
    size_t budget, steps;      /* steps wanted, and trained: fewer where a loss was not finite */
    double end_train, end_val; /* mean loss of the last 100 steps; validation loss at the end */
    double advice;             /* the factor on the rate that the monitor advised at the end */
    double advised_train, advised_val; /* ends of a run at that rate; NAN: there was none */
    double *loss;                      /* [steps] */
    struct trace_check *check;         /* after step 1, 10, 20 ... */
};

/* Trains a trial over `budget` steps, whatever its losses are, and fills all but the names, lr,
 * seed and the advice. False when memory ran out. */
bool trace_record(struct trace *trace, struct trial *trial, size_t budget);
bool trace_write(const struct trace *trace, FILE *file);
/* Allocates loss and check; false for what is no trace. */
bool trace_read(struct trace *trace, FILE *file);
void trace_free(struct trace *trace);

/* A monitor for it; NULL when memory ran out. */
struct monitor *trace_monitor(const struct trace *trace);

/* Feeds steps first + 1 .. last; returns the step after which the monitor ended the run, 0: it did
 * not. */
size_t trace_feed(const struct trace *trace, struct monitor *monitor, size_t first, size_t last);

/* DESIGN's label: it ended no better than 0.85 of the constant predictor's loss, by its training
 * and its validation loss, though it once did better or was thrown above it. */
bool trace_lost(const struct trace *trace);

#endif
