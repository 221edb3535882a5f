/* launcher.h - what mpirun, srun and the like tell a process before MPI is started. */
#ifndef LRSWEEP_COMMON_LAUNCHER_H
#define LRSWEEP_COMMON_LAUNCHER_H

/* This process's rank; -1: no launcher started it. */
int launcher_rank(void);

#endif
