/* cores.c - the cores of a process, and how a node's are divided. */
#define _GNU_SOURCE /* sched_getaffinity */
#include "common/cores.h"

#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void set(struct cores_claim *claim, int core)
{
    claim->mask[core / 64] |= UINT64_C(1) << (core % 64);
}

static bool has(const struct cores_claim *claim, int core)
{
    return claim->mask[core / 64] >> (core % 64) & 1;
}

void cores_claim(struct cores_claim *claim)
{
    cpu_set_t mask;
    *claim = (struct cores_claim){.quota = cgroup_quota_read("")};
    if (sched_getaffinity(0, sizeof mask, &mask) != 0)
        CPU_ZERO(&mask); /* more cores than it can hold: then as many as are online */
    for (int core = 0; core < CORES_MAX && core < CPU_SETSIZE; core++)
        if (CPU_ISSET(core, &mask))
            set(claim, core);
    if (CPU_COUNT(&mask) == 0)
        for (long core = 0; core < sysconf(_SC_NPROCESSORS_ONLN) && core < CORES_MAX; core++)
            set(claim, (int)core);
}

/* What Open MPI's mpirun passes on when its user says how ranks are to be bound. */
static bool binding_was_asked_for(void)
{
    static const char *const names[] = {"OMPI_MCA_hwloc_base_binding_policy",
                                        "OMPI_MCA_hwloc_base_cpu_set", "OMPI_MCA_orte_cpu_set",
                                        "OMPI_MCA_rmaps_rank_file_path", "OMPI_MCA_orte_rankfile"};
    const char *mapping = getenv("OMPI_MCA_rmaps_base_mapping_policy");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (getenv(names[i]))
            return true;
    return mapping && (strstr(mapping, "PE=") || strstr(mapping, "pe="));
}

void cores_undo_default_binding(void)
{
    cpu_set_t mask;
    const char *bound = getenv("OMPI_MCA_orte_bound_at_launch");
    if (bound && !binding_was_asked_for() && sched_getaffinity(getppid(), sizeof mask, &mask) == 0)
        (void)sched_setaffinity(0, sizeof mask, &mask);
}

/* What is left of the limit of each process's group; kept with the first process of the group. */
static double *allowances(const struct cores_claim *claims, size_t count, size_t *firsts)
{
    double *left = malloc(count * sizeof *left);
    for (size_t i = 0; left && i < count; i++) {
        firsts[i] = i;
        for (size_t j = 0; claims[i].quota.group != 0 && j < i; j++)
            if (claims[j].quota.group == claims[i].quota.group) {
                firsts[i] = j;
                break;
            }
        left[i] = ceil(claims[i].quota.cores - 1e-6);
    }
    return left;
}

/* How many of the processes may use a core. */
static size_t claimants(const struct cores_claim *claims, size_t count, int core)
{
    size_t may = 0;
    for (size_t i = 0; i < count; i++)
        may += has(&claims[i], core);
    return may;
}

static void deal(const struct cores_claim *claims, size_t count, int core, double *left,
                 const size_t *firsts, unsigned *shares)
{
    size_t owner = count;
    for (size_t i = 0; i < count; i++)
        if (has(&claims[i], core) && left[firsts[i]] >= 1 &&
            (owner == count || shares[i] < shares[owner]))
            owner = i;
    if (owner == count)
        return;
    shares[owner]++;
    left[firsts[owner]]--;
}

unsigned cores_divide(const struct cores_claim *claims, size_t count, unsigned *shares)
{
    size_t *firsts = malloc(count * sizeof *firsts);
    double *left = firsts ? allowances(claims, count, firsts) : NULL;
    size_t sharing[CORES_MAX];
    memset(shares, 0, count * sizeof *shares);
    for (int core = 0; core < CORES_MAX; core++)
        sharing[core] = claimants(claims, count, core);
    for (size_t may = 1; left && may <= count; may++)
        for (int core = 0; core < CORES_MAX; core++)
            if (sharing[core] == may)
                deal(claims, count, core, left, firsts, shares);
    unsigned sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += shares[i];
        shares[i] = shares[i] > 0 ? shares[i] : 1;
    }
    free(left);
    free(firsts);
    return sum;
}

unsigned cores_count(const struct cores_claim *claim)
{
    unsigned share;
    (void)cores_divide(claim, 1, &share);
    return share;
}
