/* launcher.h - mpirun, srun and the like: what they tell a process before MPI is started, and
 * their end. */
#ifndef LRSWEEP_COMMON_LAUNCHER_H
#define LRSWEEP_COMMON_LAUNCHER_H

#include <stdbool.h>

/* This process's rank; -1: no launcher started it. */
int launcher_rank(void);

/* Whether Open MPI's mpirun, or a daemon of it, is the parent of this process. */
bool launcher_is_mpirun(void);

/* Whether it is Open MPI's mpirun, told to let the others run on when a rank dies. */
bool launcher_recovers(void);

/* Whether `pid` was started by what started this process: it is not someone else with that number
 * by now. */
bool launcher_started(int pid);

/* Ends what started this process. mpirun, or its daemon here, waits for a daemon that died with its
 * node and would hang for ever, with recovery or without. It is asked to end, which ends the ranks
 * that can still be reached; as it ends this process too, two seconds later, it is not given more
 * time than that. */
void launcher_end(void);

/* A time as SLURM's programs print it ("3:59:07", "2-00:00:00", "0:30") in seconds. INFINITY:
 * UNLIMITED, or nothing that is a time. */
double launcher_slurm_seconds(const char *text);

#endif
