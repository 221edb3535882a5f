/* time_left.h - how long this job may run: what its user said, and what SLURM knows. */
#ifndef LRSWEEP_COORDINATOR_JOB_TIME_LEFT_H
#define LRSWEEP_COORDINATOR_JOB_TIME_LEFT_H

#include "common/child.h"

struct time_left {
    struct child squeue; /* pid 0: nobody was asked */
    double asked_s;      /* monotonic: when */
    double own_s;        /* the end that the user named; INFINITY: none */
};

/* `text`: as deadline_text.h reads it, NULL: the user named none. In a SLURM job its `squeue` is
 * started, to be heard later: a busy controller takes its time. */
bool time_left_ask(struct time_left *left, const char *text, struct error *error);

/* Hears squeue, which is given some seconds in all; without it, or an answer, SLURM sets no limit.
 * Returns the earlier end (monotonic), INFINITY if there is none. `text`: what to tell the user of
 * it, "" if there is none. */
double time_left_end(struct time_left *left, char *text, size_t text_bytes);

/* Ends what is still running. */
void time_left_forget(struct time_left *left);

#endif
