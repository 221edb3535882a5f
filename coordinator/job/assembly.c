/* assembly.c - the ranks of a job come together. */
#include "coordinator/job/assembly.h"

#include "common/layout.h"
#include "common/study_document.h"
#include "coordinator/study/store_files.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

void assembly_prepare(struct assembly *assembly, char *dir)
{
    struct error ignored;
    char absolute[PATH_MAX];
    if (!store_make_directories(dir, &assembly->made_dir, &ignored))
        return;
    if (realpath(dir, absolute))
        memcpy(dir, absolute, sizeof absolute);
    if (!beacon_light(dir, assembly->beacon))
        assembly->beacon[0] = '\0';
}

bool assembly_call(struct assembly *assembly, struct link *link, unsigned trainers, const char *dir,
                   const char *beacon, struct error *error)
{
    assembly->sees_dir = !beacon[0] || beacon_seen(dir, beacon, LAYOUT_CHECKPOINTS);
    return muster_call(&assembly->muster, link, trainers, assembly->sees_dir, error);
}

bool assembly_allows_far(const json_t *document)
{
    return strcmp(study_text(document, "run", "checkpoints"), "mpi") == 0;
}

bool assembly_fits(const struct assembly *assembly, const json_t *document, const char *dir,
                   struct error *error)
{
    char hosts[512];
    if (assembly_allows_far(document) ||
        muster_name_blind(&assembly->muster, hosts, sizeof hosts) == 0)
        return true;
    return error_set(error,
                     "%s cannot be seen or written on %s: choose a directory that all hosts share "
                     "(--out DIR), or let checkpoints go over MPI (run.checkpoints = \"mpi\")",
                     dir, hosts);
}

void assembly_tidy(struct assembly *assembly, const char *dir, bool for_nothing)
{
    if (assembly->beacon[0])
        beacon_put_out(dir, assembly->beacon);
    if (dir[0])
        beacon_sweep(dir);
    if (assembly->made_dir && for_nothing)
        store_remove_directories(dir);
}
