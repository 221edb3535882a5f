/* cores.h - which cores a process may use, and how the ranks of a node share them. */
#ifndef LRSWEEP_COMMON_CORES_H
#define LRSWEEP_COMMON_CORES_H

#include "common/cgroup.h"

#include <stdbool.h>
#include <stddef.h>

enum { CORES_MAX = 1024, CORES_WORDS = CORES_MAX / 64 };

/* What one process may use. */
struct cores_claim {
    uint64_t mask[CORES_WORDS]; /* bit i % 64 of word i / 64: core i */
    struct cgroup_quota quota;
};

/* The claim of this process: its affinity mask, and the limit of its control groups. */
void cores_claim(struct cores_claim *claim);

/* mpirun of Open MPI binds each of two ranks or fewer to one core, unless it is told how to bind: a
 * rank that is alone on its node would leave the other cores idle. Where nobody asked for such a
 * binding, this process and its children may from now on use what their parent (mpirun, or its
 * daemon on this node) may use. */
void cores_undo_default_binding(void);

/* Divides the cores of a node among `count` of its processes. Cores that few may use go first; each
 * goes to the process with the fewest so far of those that may use it. Processes of one control
 * group get no more together than its limit, rounded up: a fraction of a core is used, too.
 * shares[i] is at least 1. All ranks compute the same from the same claims. Returns how many cores
 * were divided. */
unsigned cores_divide(const struct cores_claim *claims, size_t count, unsigned *shares);

/* How many cores a claim that shares with nobody is worth. */
unsigned cores_count(const struct cores_claim *claim);

#endif
