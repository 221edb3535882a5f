/* leases.c - who of the workers is alive, as far as rank 0 can know. */
#include "coordinator/dispatch/leases.h"

#include "common/heartbeat.h"

#include <stdlib.h>

bool leases_create(struct leases *leases, int ranks, double timeout_s)
{
    *leases = (struct leases){.timeout_s = timeout_s, .every_s = heartbeat_every_s(timeout_s)};
    leases->entries = calloc((size_t)ranks, sizeof *leases->entries);
    leases->count = leases->entries ? ranks : 0;
    return leases->entries != NULL;
}

void leases_destroy(struct leases *leases)
{
    free(leases->entries);
}

void leases_turn(struct leases *leases, double now_s)
{
    (void)attention_pass(&leases->attention, now_s, leases->every_s);
}

enum lease_word leases_hear(struct leases *leases, int rank, uint32_t number)
{
    struct lease *lease = &leases->entries[rank];
    lease->heard_s = leases->attention.now_s;
    if (lease->state == LEASE_LOST) {
        lease->state = LEASE_HELD;
        return LEASE_RETURNED;
    }
    return lease->state == LEASE_HELD && number == lease->number ? LEASE_TAKE : LEASE_IGNORE;
}

int leases_expire(struct leases *leases, double *silent_s)
{
    for (int rank = 1; rank < leases->count; rank++) {
        struct lease *lease = &leases->entries[rank];
        *silent_s = leases->attention.now_s - lease->heard_s;
        if (lease->state != LEASE_HELD || *silent_s < leases->timeout_s)
            continue;
        lease->state = LEASE_LOST;
        lease->number++;
        return rank;
    }
    return -1;
}

void leases_end(struct leases *leases, int rank)
{
    leases->entries[rank].state = LEASE_ENDED;
}

int leases_in_state(const struct leases *leases, enum lease_state state)
{
    int count = 0;
    for (int rank = 0; rank < leases->count; rank++)
        count += leases->entries[rank].state == state;
    return count;
}
