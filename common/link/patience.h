/* patience.h - how long this process waits for the other ranks while a job starts.
 *
 * A rank that dies then is reported to nobody where the launcher lets the others run on: they would
 * wait for it until the job's time is over. Seen with Open MPI 4.1.4 under srun, where a message
 * that came too early crashed a rank within MPI_Init (see SLURM_PMIX_FENCE in jobs/slurm.sbatch).
 */
#ifndef LRSWEEP_COMMON_LINK_PATIENCE_H
#define LRSWEEP_COMMON_LINK_PATIENCE_H

#include <stdbool.h>

/* Exit status of a rank that the others did not meet in time: the job can be started again. */
#define PATIENCE_EXIT 75

/* From now on: if patience_end does not come within `seconds` the process ends with PATIENCE_EXIT,
 * having said why, and mpirun with it where that would go on without it (recovery). False: an alarm
 * of the caller's runs already; it bounds the wait, and goes on. */
bool patience_begin(unsigned seconds);

/* `begun`: what patience_begin returned. */
void patience_end(bool begun);

#endif
