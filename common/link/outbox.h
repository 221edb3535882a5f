/* outbox.h - messages to one peer, in order, that the link does not take yet.
 *
 * The link takes LINK_SENDS_PER_PEER messages for a peer that does not answer; what comes after
 * them waits here, and nothing overtakes it. Whoever posts must bound what it posts. No chunks. */
#ifndef LRSWEEP_COMMON_LINK_OUTBOX_H
#define LRSWEEP_COMMON_LINK_OUTBOX_H

#include "common/link/link.h"

struct outbox {
    struct message *messages;
    size_t count, room;
};

/* Sends the message, or keeps it. False: out of memory. */
bool outbox_post(struct outbox *outbox, struct link *link, int peer, bool to_worker,
                 const struct message *message);

/* Sends what was kept, as far as the link takes it. */
void outbox_flush(struct outbox *outbox, struct link *link, int peer, bool to_worker);

/* Drops what was kept. */
void outbox_clear(struct outbox *outbox);

#endif
