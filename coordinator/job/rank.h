/* rank.h - one rank of `lrsweep run`: waits for its roles and gives them turns until all have
 * ended. */
#ifndef LRSWEEP_COORDINATOR_JOB_RANK_H
#define LRSWEEP_COORDINATOR_JOB_RANK_H

#include "common/role.h"

struct rank_role {
    const struct role_class *class;
    void *role;
};

#define RANK_ROLES_MAX 2

/* roles[0 .. count-1]; a coordinator stands before the worker of its rank. While this runs, SIGINT,
 * SIGTERM and SIGUSR1 ask the roles to end; a second SIGINT ends the process at once. What the link
 * still sends when all roles have ended is given some time, no more: a peer may be dead. */
void rank_run(struct link *link, const struct rank_role *roles, size_t count);

#endif
