/* muster.h - who takes part in a job: which node has which ranks, cores and trainers, and which of
 * them see the study's directory. */
#ifndef LRSWEEP_COORDINATOR_JOB_MUSTER_H
#define LRSWEEP_COORDINATOR_JOB_MUSTER_H

#include "common/error.h"
#include "common/link/link.h"

#include <stdbool.h>

enum { MUSTER_HOST_BYTES = 64, MUSTER_LINE_BYTES = 256 };

/* What a rank tells of itself. */
struct muster_entry {
    char host[MUSTER_HOST_BYTES];
    int node;            /* link_node */
    unsigned node_cores; /* of the node's ranks together */
    unsigned trainers;   /* of this rank */
    int sees_dir;
};

struct muster {
    struct muster_entry *entries; /* [count], by rank; NULL on ranks other than 0 */
    int count;
};

/* Collective, at the start only: rank 0 learns what all ranks tell. */
bool muster_call(struct muster *muster, struct link *link, unsigned trainers, bool sees_dir,
                 struct error *error);
void muster_destroy(struct muster *muster);

/* Tells of each node: "n1: ranks 0-3, 8 cores, 8 trainers", and whether it does not see DIR; of the
 * first 64, and then of how many more there are. */
void muster_tell(const struct muster *muster, void (*tell)(void *context, const char *line),
                 void *context);

/* The hosts on which a rank does not see DIR, with these ranks, as a sentence names them: "n2 (rank
 * 1) and n3 (ranks 2-5)". Returns how many hosts there are. */
int muster_name_blind(const struct muster *muster, char *text, size_t text_bytes);

#endif
