/* launcher.c - what launchers tell in the environment. */
#include "common/launcher.h"

#include <stddef.h>
#include <stdlib.h>

int launcher_rank(void)
{
    static const struct {
        const char *rank, *with; /* `with`: counts only where this is set too */
    } names[] = {{"OMPI_COMM_WORLD_RANK", NULL},
                 {"PMIX_RANK", NULL},
                 {"PMI_RANK", NULL},
                 {"SLURM_PROCID", "SLURM_STEP_ID"}}; /* else it is the batch script's */
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *text = getenv(names[i].rank);
        if (text && *text && (!names[i].with || getenv(names[i].with)))
            return (int)strtol(text, NULL, 10);
    }
    return -1;
}

bool launcher_is_mpirun(void)
{
    return getenv("OMPI_COMM_WORLD_RANK") != NULL;
}
