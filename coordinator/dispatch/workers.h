/* workers.h - the workers that rank 0 knows, their trainers, and what each trainer holds. */
#ifndef LRSWEEP_COORDINATOR_DISPATCH_WORKERS_H
#define LRSWEEP_COORDINATOR_DISPATCH_WORKERS_H

#include "common/link/outbox.h"
#include "common/link/parcel.h"

enum slot_state {
    SLOT_UNKNOWN, /* not heard of */
    SLOT_FREE,
    SLOT_BUSY,     /* trains or tests `trial` as `attempt` */
    SLOT_STARTING, /* its trainer broke and is being started again */
    SLOT_UNFIT     /* will not come back */
};

struct slot {
    enum slot_state state;
    uint32_t trial, attempt;
    double since_s; /* BUSY: since when */
    double said_s;  /* BUSY: when its newest report came; 0: none yet */
    bool told;      /* BUSY: it was told to stop */
};

struct worker_entry {
    char host[64];
    struct slot *slots;
    size_t slot_count;
    uint32_t owed;         /* reports taken in since it was granted credit last */
    struct outbox outbox;  /* what it does not take yet */
    struct parcel in, out; /* checkpoints from it and to it, if it does not see DIR */
    double told_s;         /* when it was told something last */
};

struct workers {
    struct worker_entry *entries; /* [count], by rank */
    int count;
};

bool workers_create(struct workers *workers, int ranks);
void workers_destroy(struct workers *workers);

/* The slot, made if it is not known yet; NULL: no such rank, an absurd slot or no memory. */
struct slot *workers_slot(struct workers *workers, int rank, uint32_t slot);

/* The slot, if it holds just what the message speaks of; else NULL. */
struct slot *workers_holder(struct workers *workers, int rank, const struct message *message);

/* How many slots are in a state. */
size_t workers_count(const struct workers *workers, enum slot_state state);

/* The first free slot. False: none. */
bool workers_free_slot(const struct workers *workers, int *rank, uint32_t *slot);

#endif
