/* link.h - messages between ranks over MPI (MPI-3.1 calls only).
 *
 * Receives are pre-posted and completed with MPI_Testsome; sends are non-blocking and their number
 * is bounded for each peer, so that a dead or stuck peer can neither block this rank nor make it
 * grow. A rank may send to itself. Collectives there are at the start only, and how long they
 * wait is bounded: a dead rank must not stop the others. */
#ifndef LRSWEEP_COMMON_LINK_LINK_H
#define LRSWEEP_COMMON_LINK_LINK_H

#include "common/message.h"

/* Sends under way to one peer before link_send refuses. */
#define LINK_SENDS_PER_PEER 64

struct link;

/* Starts MPI and posts the receives. `launched`: by mpirun, srun or the like; a process that
 * started by itself is the only rank, and MPI then needs neither daemon nor network. Here and in
 * the collectives below the process ends (patience.h) if some rank does not come within three
 * minutes. `first_trains`: rank 0 needs cores, too. */
struct link *link_open(bool launched, bool first_trains, struct error *error);

int link_rank(const struct link *link);
int link_size(const struct link *link);

/* How many cores of its node this rank should use (cores.h), at least 1. */
unsigned link_cores(const struct link *link);

/* Names this rank's node: the lowest rank that runs on it. */
int link_node(const struct link *link);

/* The cores that the ranks of its node have together. */
unsigned link_node_cores(const struct link *link);

/* Collective, at the start only: `bytes` bytes of every rank to rank 0's all[rank], which others
 * may leave NULL. */
void link_collect(struct link *link, const void *mine, size_t bytes, void *all);

/* What MPI says of itself, to the end of the first line: "Open MPI v4.1.4". */
void link_library(char *text, size_t bytes);

/* Collective, at the start only: rank 0's text (it may be any length) to everyone. The others wait
 * `work_s` seconds longer: rank 0 has work of its own before it comes. Returns a copy to be freed;
 * NULL when memory ran out. On ranks other than 0 `text` is ignored. */
char *link_share(struct link *link, const char *text, unsigned work_s);

/* Starts sending a message of any length. `to_worker`: to the worker role of rank `peer`, else to
 * its coordinator role. False: LINK_SENDS_PER_PEER messages are still under way to this peer, which
 * is busy, stopped or dead; outbox.h keeps what comes next in order. */
bool link_send(struct link *link, int peer, bool to_worker, const struct message *message,
               struct error *error);

/* Hands every message that has come to `deliver` and completes sends. Returns how many came. Never
 * blocks. A message that cannot be used is reported through `bad`. */
size_t link_receive(struct link *link,
                    void (*deliver)(void *context, int peer, bool to_worker,
                                    const struct message *message),
                    void (*bad)(void *context, int peer, const struct error *error), void *context);

/* Whether sends are still under way (to any peer). */
bool link_sending(const struct link *link);

/* Notes that rank `peer` is dead or hangs, or that it is back. */
void link_mark_lost(struct link *link, int peer, bool lost);

/* Cancels the receives and ends MPI. With a rank that is marked as lost MPI_Finalize may wait for
 * ever, here or in another rank: then the process ends at once with `exit_status`, in a way that
 * lets the launcher end too, and this does not return. It does not return either if MPI_Finalize
 * hangs without such a mark; the process then ends after some seconds. Everything must be durable
 * before. */
void link_close(struct link *link, int exit_status);

#endif
