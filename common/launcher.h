/* launcher.h - what mpirun, srun and the like tell a process before MPI is started. */
#ifndef LRSWEEP_COMMON_LAUNCHER_H
#define LRSWEEP_COMMON_LAUNCHER_H

#include <stdbool.h>

/* This process's rank; -1: no launcher started it. */
int launcher_rank(void);

/* Whether Open MPI's mpirun, or a daemon of it, is the parent of this process. */
bool launcher_is_mpirun(void);

/* A time as SLURM's programs print it ("3:59:07", "2-00:00:00", "0:30") in seconds. INFINITY:
 * UNLIMITED, or nothing that is a time. */
double launcher_slurm_seconds(const char *text);

#endif
