/* setting.c - reads what launchers leave in the environment. */
#include "coordinator/job/setting.h"

#include "common/launcher.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    enum launcher launcher;
    const char *name;
    const char *mark; /* the variable that only it sets */
    const char *size; /* how many it started */
} launchers[] = {
    {LAUNCHER_MPIRUN, "mpirun of Open MPI", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
    {LAUNCHER_SRUN, "srun (SLURM)", "SLURM_STEP_ID", "SLURM_STEP_NUM_TASKS"},
    {LAUNCHER_HYDRA, "mpirun of MPICH (Hydra)", "PMI_RANK", "PMI_SIZE"},
    {LAUNCHER_PMIX, "a launcher with PMIx", "PMIX_RANK", NULL},
    {LAUNCHER_NONE, "none", NULL, NULL},
};

enum { COUNT = sizeof launchers / sizeof launchers[0] };

static bool is_set(const char *variable, const char *value)
{
    const char *found = getenv(variable);
    return found && strcmp(found, value) == 0;
}

static enum recovery recovery_of(enum launcher launcher)
{
    if (launcher == LAUNCHER_MPIRUN)
        return launcher_recovers() ? RECOVERY_ON : RECOVERY_OFF;
    if (launcher != LAUNCHER_SRUN)
        return RECOVERY_OFF;
    /* srun's own option --kill-on-bad-exit leaves no trace in what it starts. */
    return is_set("SLURM_KILL_BAD_EXIT", "0")   ? RECOVERY_ON
           : is_set("SLURM_KILL_BAD_EXIT", "1") ? RECOVERY_OFF
                                                : RECOVERY_UNKNOWN;
}

void setting_read(struct setting *setting)
{
    size_t i = 0;
    while (launchers[i].mark && !getenv(launchers[i].mark))
        i++;
    const char *size = launchers[i].size ? getenv(launchers[i].size) : NULL;
    bool fenced = is_set("SLURM_PMIX_FENCE", "tree") || is_set("SLURM_PMIX_FENCE", "ring");
    *setting = (struct setting){.launcher = launchers[i].launcher,
                                .processes = size ? (int)strtol(size, NULL, 10) : 0,
                                .recovery = recovery_of(launchers[i].launcher),
                                .mixed_fences = launchers[i].launcher == LAUNCHER_SRUN && !fenced};
}

const char *setting_launcher_name(enum launcher launcher)
{
    size_t i = 0;
    while (i + 1 < COUNT && launchers[i].launcher != launcher)
        i++;
    return launchers[i].name;
}

bool setting_is_foreign(const struct setting *setting, int ranks, const char **remedy)
{
    *remedy = setting->launcher == LAUNCHER_SRUN
                  ? "srun --mpi=pmix (srun --mpi=list names what there is), or mpirun"
                  : "use the mpirun of the MPI that lrsweep was built with (mpirun.openmpi, "
                    "mpirun.mpich), or build it with the other (-DMPI_C_COMPILER=...)";
    return setting->processes > ranks;
}
