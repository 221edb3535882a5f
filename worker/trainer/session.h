/* session.h - one run of the trainer: reads commands, obeys them, answers. */
#ifndef LRSWEEP_WORKER_TRAINER_SESSION_H
#define LRSWEEP_WORKER_TRAINER_SESSION_H

#include <stdbool.h>

struct session_options {
    int input, output; /* descriptors */
    /* A worker holds the other end. The end of its input and a quit then end a training that is
     * under way; without one they wait their turn, so that a finished pipe of commands is worked
     * through. */
    bool supervised;
    const char *blas; /* the kernel's name, for `ready` */
};

/* Runs until quit or the end of the input. Returns the exit status: 0, or 1 when the study was
 * refused or the answers cannot be written. */
int session_run(const struct session_options *options);

#endif
