/* leases.h - who of the workers is alive, as far as rank 0 can know. No MPI, no clock of its own.
 *
 * A worker holds its trials on a lease that every message of it renews. One that says nothing for
 * run.heartbeat_timeout is lost: its trials are others' then. It may still be there (stopped, cut
 * off) and come back; what it says of before must not count. So every lease has a number, which all
 * of a worker's messages carry, and a worker that comes back is told the number of a new one
 * (MESSAGE_FORGET). Messages of a sender keep their order: the first with the new number was sent
 * after the worker ended what it held. */
#ifndef LRSWEEP_COORDINATOR_DISPATCH_LEASES_H
#define LRSWEEP_COORDINATOR_DISPATCH_LEASES_H

#include "common/attention.h"

#include <stdbool.h>
#include <stdint.h>

enum lease_state {
    LEASE_HELD,
    LEASE_LOST, /* silent for too long */
    LEASE_ENDED /* said goodbye, or never was: nothing is expected of it */
};

struct lease {
    enum lease_state state;
    uint32_t number; /* of the newest lease; grows with every loss */
    double heard_s;  /* time listened when it was heard last */
};

struct leases {
    struct lease *entries; /* [count], by rank */
    int count;
    double timeout_s, every_s;
    struct attention attention;
};

/* What to do with a message that came. */
enum lease_word {
    LEASE_TAKE,
    LEASE_IGNORE,  /* it is of a lease that was lost */
    LEASE_RETURNED /* the first word of a worker that was lost: ignore it, tell it to forget */
};

/* All ranks hold a lease, from the first turn on. False: out of memory. */
bool leases_create(struct leases *leases, int ranks, double timeout_s);
void leases_destroy(struct leases *leases);

/* Every turn of rank 0, after the messages of this turn. now_s: monotonic. */
void leases_turn(struct leases *leases, double now_s);

/* `rank` said something under the lease `number`. */
enum lease_word leases_hear(struct leases *leases, int rank, uint32_t number);

/* A rank that has been silent for too long, and for how long; it is lost from now on. -1: none (any
 * more). Rank 0 itself is never lost. */
int leases_expire(struct leases *leases, double *silent_s);

void leases_end(struct leases *leases, int rank);

int leases_in_state(const struct leases *leases, enum lease_state state);

#endif
