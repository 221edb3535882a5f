/* workers.c - the workers that rank 0 knows, and their trainers. */
#include "coordinator/dispatch/workers.h"

#include <stdlib.h>

#define SLOTS_MAX 4096 /* trainers of one rank: more than any node has cores */

bool workers_create(struct workers *workers, int ranks)
{
    workers->entries = calloc((size_t)ranks, sizeof *workers->entries);
    workers->count = workers->entries ? ranks : 0;
    return workers->entries != NULL;
}

void workers_destroy(struct workers *workers)
{
    for (int rank = 0; rank < workers->count; rank++) {
        free(workers->entries[rank].slots);
        outbox_clear(&workers->entries[rank].outbox);
        parcel_drop(&workers->entries[rank].in);
        parcel_drop(&workers->entries[rank].out);
    }
    free(workers->entries);
}

struct slot *workers_slot(struct workers *workers, int rank, uint32_t slot)
{
    if (rank < 0 || rank >= workers->count || slot >= SLOTS_MAX)
        return NULL;
    struct worker_entry *entry = &workers->entries[rank];
    if (slot >= entry->slot_count) {
        struct slot *slots = realloc(entry->slots, (slot + 1) * sizeof *slots);
        if (!slots)
            return NULL;
        for (size_t i = entry->slot_count; i <= slot; i++)
            slots[i] = (struct slot){.state = SLOT_UNKNOWN};
        entry->slots = slots;
        entry->slot_count = slot + 1;
    }
    return &entry->slots[slot];
}

struct slot *workers_holder(struct workers *workers, int rank, const struct message *message)
{
    struct slot *slot = workers_slot(workers, rank, message->trainer);
    bool holds = slot && slot->state == SLOT_BUSY && slot->trial == message->trial &&
                 slot->attempt == message->attempt;
    return holds ? slot : NULL;
}

size_t workers_count(const struct workers *workers, enum slot_state state)
{
    size_t count = 0;
    for (int rank = 0; rank < workers->count; rank++)
        for (size_t slot = 0; slot < workers->entries[rank].slot_count; slot++)
            count += workers->entries[rank].slots[slot].state == state;
    return count;
}

bool workers_free_slot(const struct workers *workers, int *rank, uint32_t *slot)
{
    /* Slot 0 of every rank before slot 1 of any: few trials spread over the nodes. */
    for (size_t level = 0, more = 1; more; level++) {
        more = 0;
        for (int i = 0; i < workers->count; i++) {
            const struct worker_entry *entry = &workers->entries[i];
            if (level >= entry->slot_count)
                continue;
            more = 1;
            if (entry->slots[level].state == SLOT_FREE) {
                *rank = i;
                *slot = (uint32_t)level;
                return true;
            }
        }
    }
    return false;
}
