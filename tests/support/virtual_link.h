/* virtual_link.h - the link of common/link/link.h on virtual time: ranks in one process.
 *
 * A test links this object in the place of the one over MPI. Messages of one sender to one receiver
 * keep their order, as MPI's do; those of different senders overtake each other. What the seed and
 * the test want happens to them: they are late, come twice, or are lost while the two are cut off
 * from each other. */
#ifndef LRSWEEP_TESTS_SUPPORT_VIRTUAL_LINK_H
#define LRSWEEP_TESTS_SUPPORT_VIRTUAL_LINK_H

#include "common/link/link.h"

enum channel_state {
    CHANNEL_OPEN,
    CHANNEL_HELD, /* messages wait until it opens */
    CHANNEL_CUT   /* messages are lost */
};

struct virtual_net;

/* How long a message takes, asked for each: seconds; NaN: it is lost. *twice: it comes twice. */
typedef double virtual_delay(void *context, int from, int to, const struct message *message,
                             bool *twice);

/* Sees every message as it is sent. */
typedef void virtual_witness(void *context, int from, int to, bool to_worker,
                             const struct message *message);

/* delay NULL: messages take no time; witness NULL: nobody looks. */
struct virtual_net *virtual_net_create(int ranks, virtual_delay *delay, virtual_witness *witness,
                                       void *context);
void virtual_net_destroy(struct virtual_net *net);

/* The end of `rank`; owned by the net. */
struct link *virtual_net_link(struct virtual_net *net, int rank);

void virtual_net_set_time(struct virtual_net *net, double now_s);

/* Both ways between the two. A channel that opens delivers what it held. */
void virtual_net_set_channel(struct virtual_net *net, int a, int b, enum channel_state state);

/* The rank is dead: what is under way from it still comes, what is sent to it stays under way. */
void virtual_net_kill(struct virtual_net *net, int rank);

/* When the next message comes to `rank`; INFINITY: none is under way. */
double virtual_net_next(const struct virtual_net *net, int rank);

#endif
