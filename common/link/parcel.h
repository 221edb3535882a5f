/* parcel.h - a file on its way between rank 0 and a worker that does not see DIR.
 *
 * It goes in chunks (MESSAGE_CHUNK), each with its checksum; checkpoints hold one of their own over
 * the whole, which the trainer that reads them checks. At most PARCEL_WINDOW chunks of a parcel are
 * under way: the receiver tells what it has taken (MESSAGE_TAKEN), so neither side grows, whatever
 * the length of the file. A rank sends and receives one parcel at a time. The receiver's file is
 * seen when it is whole and on disk; one that stops half-way (its sender is dead) leaves nothing.
 *
 * Chunks are not kept in an outbox: those that the link does not take yet are read again later. */
#ifndef LRSWEEP_COMMON_LINK_PARCEL_H
#define LRSWEEP_COMMON_LINK_PARCEL_H

#include "common/link/link.h"
#include "common/link/parcel_file.h"

enum { PARCEL_WINDOW = 4 };

/* `total` of one that will not come. */
#define PARCEL_REFUSED UINT64_MAX

enum parcel_kind { PARCEL_CHECKPOINT, PARCEL_BEST };

/* One that is under way in one direction. All zero: none is. */
struct parcel {
    struct parcel_file *file; /* NULL: none is under way */
    uint32_t trial, attempt, trainer;
    enum parcel_kind kind;
    uint64_t total; /* bytes */
    uint64_t sent;  /* sender: handed to the link; receiver: unused */
    uint64_t taken; /* by the receiver */
    bool all_sent;
};

/* Forgets it; a file that is not whole is removed. */
void parcel_drop(struct parcel *parcel);

/* Begins to send a file; `label` names trial, attempt and trainer. */
bool parcel_begin(struct parcel *parcel, const char *path, enum parcel_kind kind,
                  const struct message *label, struct error *error);

/* Sends as many chunks as may be under way; `value` goes with them. *sent: whether any was. False:
 * the file cannot be read. */
bool parcel_continue(struct parcel *parcel, struct link *link, int peer, bool to_worker,
                     uint32_t value, bool *sent, struct error *error);

/* What the receiver said. */
enum parcel_answer {
    PARCEL_UNDER_WAY, /* or it was not about this one */
    PARCEL_ARRIVED,   /* it is whole and durable; nothing is under way any more */
    PARCEL_RETURNED   /* it is not wanted; nothing is under way any more */
};
enum parcel_answer parcel_hear(struct parcel *parcel, const struct message *taken);

/* Takes a chunk of a file that is to be `path`. */
enum parcel_progress {
    PARCEL_IGNORED, /* it does not follow on what is here */
    PARCEL_TAKEN,
    PARCEL_WHOLE,   /* the last one: the file is there */
    PARCEL_DAMAGED, /* its checksum is wrong: nothing is kept */
    PARCEL_FAILED   /* the file cannot be written: *error */
};
enum parcel_progress parcel_take(struct parcel *parcel, const char *path,
                                 const struct message *chunk, struct error *error);

/* Makes the answer to a chunk. */
void parcel_acknowledge(struct message *taken, const struct message *chunk,
                        enum parcel_progress progress);

/* Makes a chunk, or an answer, that says that it will not come; `reason` may be NULL. */
void parcel_refuse(struct message *message, enum message_kind kind, const struct message *about,
                   const char *reason);

#endif
