/* exit_status.h - how lrsweep ends: a script or SLURM decides by it. */
#ifndef LRSWEEP_COORDINATOR_EXIT_STATUS_H
#define LRSWEEP_COORDINATOR_EXIT_STATUS_H

enum exit_status {
    EXIT_OK = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,       /* wrong arguments or a wrong study */
    EXIT_NO_SURVIVOR = 3, /* no candidate reached the full budget, no rate can be proposed */
    EXIT_INTERRUPTED = 75 /* run it again with --resume */
};

#endif
