/* setting.h - what started this process, as far as its environment tells. */
#ifndef LRSWEEP_COORDINATOR_JOB_SETTING_H
#define LRSWEEP_COORDINATOR_JOB_SETTING_H

#include <stdbool.h>

enum launcher { LAUNCHER_NONE, LAUNCHER_MPIRUN, LAUNCHER_SRUN, LAUNCHER_HYDRA, LAUNCHER_PMIX };

/* Whether the others go on when a rank dies. */
enum recovery { RECOVERY_OFF, RECOVERY_ON, RECOVERY_UNKNOWN };

struct setting {
    enum launcher launcher;
    int processes; /* that the launcher says it started; 0: it does not say */
    enum recovery recovery;
    /* Started by srun without a word on how its PMIx plugin is to fence (SLURM_PMIX_FENCE): the two
     * fences of MPI_Init then go different ways, and a rank may leave it before another is ready.
     */
    bool mixed_fences;
};

/* Before MPI is started: MPI adds to the environment. */
void setting_read(struct setting *setting);

/* "mpirun of Open MPI" ... */
const char *setting_launcher_name(enum launcher launcher);

/* Whether MPI joined fewer ranks than the launcher started processes: it speaks another MPI's
 * language, and each process takes itself for the only one. *remedy: what to do. */
bool setting_is_foreign(const struct setting *setting, int ranks, const char **remedy);

#endif
