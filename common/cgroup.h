/* cgroup.h - how much processor time the control groups of this process leave it (Linux).
 *
 * A container with 1.5 CPUs on a node of 64 has 64 cores in its affinity mask; only its control
 * group tells of the limit: cpu.max (version 2) or cpu.cfs_quota_us over cpu.cfs_period_us
 * (version 1), of its own group or of one above it (cgroups(7); Documentation/admin-guide/
 * cgroup-v2.rst, section 5-1-1, and cgroup-v1 and scheduler/sched-bwc.rst in Linux). */
#ifndef LRSWEEP_COMMON_CGROUP_H
#define LRSWEEP_COMMON_CGROUP_H

#include <stdint.h>

struct cgroup_quota {
    double cores;   /* worth of time; INFINITY: no limit */
    uint64_t group; /* names the group whose limit it is: the same for all that share it. 0: none */
};

/* The tightest limit on the way from the group of this process up. `root` stands before every path
 * that is read: "" but for tests. What cannot be read is no limit. */
struct cgroup_quota cgroup_quota_read(const char *root);

#endif
