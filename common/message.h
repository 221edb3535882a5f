/* message.h - what coordinator and workers say to each other.
 *
 * Every message is one fixed-size struct without padding, followed by `text_bytes` bytes of text (a
 * reason, a host name ...; no terminator). All ranks of a job run the same program on the same kind
 * of machine; `version` guards against a job that mixes builds. */
#ifndef LRSWEEP_COMMON_MESSAGE_H
#define LRSWEEP_COMMON_MESSAGE_H

#include "common/space.h"

#include <assert.h>
#include <stdint.h>

#define MESSAGE_VERSION         3
#define MESSAGE_TEXT_MAX_BYTES  672
#define MESSAGE_CHUNK_MAX_BYTES 32768 /* of a file, in the place of the text */

enum message_kind {
    /* From a worker. */
    MESSAGE_READY = 1, /* a trainer accepted the study and is free; text: host name */
    MESSAGE_REPORT,    /* a trainer's report; costs one credit */
    MESSAGE_DONE,      /* a segment ended; text: the trainer's sentence */
    MESSAGE_TESTED,    /* answer to MESSAGE_TEST; text: reason of a failure */
    MESSAGE_LOST,      /* the attempt is lost (crash, garbage on the pipe ...); text: reason */
    MESSAGE_UNFIT,     /* this trainer will not come back; text: reason */
    MESSAGE_BYE,       /* answer to MESSAGE_QUIT: nothing follows */
    MESSAGE_ALIVE,     /* nothing else to say; the coordinator sends it too */
    /* From the coordinator. */
    MESSAGE_TRAIN,
    MESSAGE_TEST,
    MESSAGE_STOP,   /* end the attempt at the next step, leaving a checkpoint */
    MESSAGE_CREDIT, /* `value` more reports may be sent */
    MESSAGE_FORGET, /* you were silent and your trials were given away: end them; what you say from
                       now on carries `value` as its lease */
    MESSAGE_QUIT,   /* end the trainers, answer BYE */
    /* Files between rank 0 and a worker that does not see DIR (parcel.h). */
    MESSAGE_FETCH, /* from a worker: send what the attempt that I was given goes on from */
    MESSAGE_CHUNK, /* a piece of a file, in the place of the text */
    MESSAGE_TAKEN, /* so much of it is here */
    MESSAGE_LAST = MESSAGE_TAKEN
};

/* MESSAGE_READY: what the trainer found; 0 where it does not tell. */
struct message_ready {
    uint64_t train_samples, validation_samples, test_samples;
};

/* MESSAGE_TRAIN, MESSAGE_TEST (`from` is the checkpoint's step). */
struct message_assignment {
    uint64_t from, to;        /* steps; from > 0: go on from the trial's checkpoint */
    uint64_t pause;           /* step before `to` at which the trial is to be given back; 0: none */
    uint64_t seed;            /* the trial's */
    uint64_t kept;            /* from > 0: the attempt that left the checkpoint */
    uint64_t begun;           /* step at which the trial branched from another; 0: it did not */
    double values[SPACE_MAX]; /* the candidate */
};

struct message_report {
    uint64_t step;
    double epoch, train_loss, val_loss, val_accuracy, lr, grad_norm, update_ratio, dead_units,
        seconds;
    uint64_t validated; /* 1: val_loss and val_accuracy were measured */
};

enum done_status { DONE_OK = 1, DONE_STOPPED, DONE_DIVERGED, DONE_FAILED };

struct message_done {
    uint64_t step;
    uint32_t status;  /* enum done_status */
    uint32_t verdict; /* enum verdict */
};

struct message_tested {
    double loss, accuracy; /* NaN: there is no test set */
    uint64_t ok;
};

/* MESSAGE_CHUNK, MESSAGE_TAKEN: `trial` and `attempt` are those that the trainer holds. */
struct message_chunk {
    uint64_t offset; /* of the piece; TAKEN: of what is to come next */
    uint64_t total;  /* bytes of the file; UINT64_MAX: it will not come, or is not wanted */
    uint32_t crc;    /* CRC-32 of the piece */
    uint32_t kind;   /* enum parcel_kind */
};

struct message {
    uint16_t version;
    uint16_t kind;
    uint32_t trial;
    uint32_t attempt; /* counts a trial's attempts; a message of an older attempt is ignored */
    uint32_t trainer; /* slot within the worker */
    uint32_t text_bytes;
    /* From a worker: its lease, see MESSAGE_FORGET. MESSAGE_CREDIT: how many. MESSAGE_TEST: 1:
     * export the weights too. MESSAGE_QUIT: a rank that was lost, plus 1; 0: none was. */
    uint32_t value;
    union {
        struct message_ready ready;
        struct message_assignment assignment;
        struct message_report report;
        struct message_done done;
        struct message_tested tested;
        struct message_chunk chunk;
    } body;
    char text[MESSAGE_TEXT_MAX_BYTES];
};

/* Room for any message; message_data finds the bytes of a chunk. */
struct message_long {
    struct message message;
    unsigned char rest[MESSAGE_CHUNK_MAX_BYTES - MESSAGE_TEXT_MAX_BYTES];
};

#define MESSAGE_FIXED_BYTES offsetof(struct message, text)

static_assert(sizeof(struct message_ready) == 24, "no padding");
static_assert(sizeof(struct message_assignment) == 48 + 8 * SPACE_MAX, "no padding");
static_assert(sizeof(struct message_report) == 88, "no padding");
static_assert(sizeof(struct message_done) == 16, "no padding");
static_assert(sizeof(struct message_tested) == 24, "no padding");
static_assert(sizeof(struct message_chunk) == 24, "no padding");
static_assert(MESSAGE_FIXED_BYTES == 24 + sizeof(struct message_assignment), "no padding");
static_assert(sizeof(struct message) == MESSAGE_FIXED_BYTES + MESSAGE_TEXT_MAX_BYTES, "no padding");

/* A message of `kind` with everything else zero. */
void message_begin(struct message *message, enum message_kind kind);

/* Copies `text` (may be NULL), cut at the end of a UTF-8 character if it is too long. */
void message_set_text(struct message *message, const char *text);

/* The text with a terminator. `out` holds MESSAGE_TEXT_MAX_BYTES + 1 bytes. */
void message_text(const struct message *message, char *out);

/* Copies what there is of a message that came (no chunk): its text may be shorter than the room. */
void message_copy(struct message *to, const struct message *from);

/* The bytes that follow the fixed part: text_bytes of them. */
const void *message_data(const struct message *message);

/* Whether `bytes` received bytes are a message that can be used. */
bool message_check(const struct message *message, size_t bytes, struct error *error);

#endif
