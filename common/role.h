/* role.h - what a rank plays: the worker, and on rank 0 the coordinator too.
 *
 * A rank waits in one place for all of its roles. Each role names the file descriptors that it
 * waits for, gets the messages that are meant for it, and takes turns that never block. The
 * definitions stand in worker/ and coordinator/, which do not know each other. */
#ifndef LRSWEEP_COMMON_ROLE_H
#define LRSWEEP_COMMON_ROLE_H

#include "common/child.h"
#include "common/error.h"
#include "common/link/link.h"
#include "common/message.h"

#include <jansson.h>
#include <poll.h>

/* What a rank of `lrsweep run` was told. */
struct rank_options {
    const json_t *document; /* the resolved study */
    const char *dir;        /* the study's directory */
    const char *scratch;    /* one of this rank's own, which does not see `dir`; NULL: it does */
    unsigned trainers;      /* of this rank */
    const char *program;    /* the built-in trainer's path */
    struct child *first; /* a trainer that is ready already; NULL: none. The worker takes it over */
    struct message_ready first_ready; /* what that one said */
};

enum role_state {
    ROLE_IDLE, /* nothing was done in this turn */
    ROLE_BUSY, /* something was done: look again soon */
    ROLE_ENDED
};

struct role_class {
    const char *name;
    /* The descriptors to wait for, at most `room` of them; returns how many there are. */
    size_t (*descriptors)(void *role, struct pollfd *descriptors, size_t room);
    void (*deliver)(void *role, int peer, const struct message *message);
    /* now_s: monotonic. signalled: the rank was told to end (SIGINT, SIGTERM, SIGUSR1). */
    enum role_state (*turn)(void *role, double now_s, bool signalled);
    /* The latest time at which it wants another turn, whatever happens; INFINITY: none. */
    double (*wake)(void *role);
};

extern const struct role_class worker_role;

/* The worker's object: pass it to worker_role's functions. `options` and `link` are borrowed. */
void *worker_create(struct link *link, const struct rank_options *options, struct error *error);
void worker_destroy(void *worker);

/* Why the worker ended without being told to: rank 0 is silent. NULL: it was told to. */
const struct error *worker_error(const void *worker);

#endif
