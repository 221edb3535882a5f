/* state.h - the worker's own state, for the files of this folder. */
#ifndef LRSWEEP_WORKER_STATE_H
#define LRSWEEP_WORKER_STATE_H

#include "common/attention.h"
#include "common/link/outbox.h"
#include "common/link/parcel.h"
#include "common/role.h"
#include "worker/trainer_process.h"

enum {
    COORDINATOR = 0,          /* its rank */
    WORKER_FIRST_CREDIT = 256 /* reports under way before the coordinator grants more */
};

/* What a trainer of a rank that does not see DIR waits for, and its checkpoints here. */
struct stock {
    enum { STOCK_IDLE, STOCK_FETCHES, STOCK_SENDS } doing;
    struct message waiting; /* FETCHES: the assignment; SENDS: what the trainer said of its end */
    bool stopped;           /* FETCHES: it was told to stop meanwhile */
    struct copy {
        bool is; /* there is one */
        uint32_t trial, attempt;
    } kept, made; /* that rank 0 has, too; that the trainer may be writing */
};

struct worker {
    struct link *link;
    const struct rank_options *options;
    const char *dir; /* where its trainers' files are: DIR, or the scratch directory */
    struct space space;
    struct trainer_process *trainers; /* [options->trainers] */
    struct stock *stocks;             /* [options->trainers]; NULL: it sees DIR */
    struct parcel in, out;
    unsigned in_slot, out_slot; /* whose they are */
    bool fetching;              /* `in_slot` has asked for its parcel */
    struct outbox outbox;
    uint32_t lease; /* number of the one that the coordinator gave last */
    int64_t credit; /* reports that may still be sent; below 0: last ones went ahead of it */
    struct attention attention;
    double now_s;     /* of `attention` */
    double silence_s; /* after so long a trainer that works, or the coordinator, counts as hung */
    double every_s;   /* between two signs of life */
    double said_s, heard_s; /* to and from the coordinator, last */
    struct error error;     /* why it gave up */
    bool alone;             /* on the coordinator's own rank: neither outlives the other */
    bool quitting, ended, deserted;
};

/* worker.c: to the coordinator. */
void worker_post(struct worker *worker, struct message *message);

/* The same, about the attempt that this trainer has. */
void worker_post_text(struct worker *worker, enum message_kind kind, unsigned slot,
                      const char *text);

/* supervision.c: the trainers. */
void worker_start_trainer(struct worker *worker, unsigned slot);
void worker_post_ready(struct worker *worker, unsigned slot);

/* Puts a trainer down; what it did is lost. */
void worker_break_off(struct worker *worker, unsigned slot, const char *reason);

/* Whether rank 0 takes what a trainer may say. */
bool worker_may_listen(const struct worker *worker, const struct trainer_process *trainer);

/* Takes in everything that a trainer has said, as far as that allows. Whether it said anything. */
bool worker_listen(struct worker *worker, unsigned slot);

/* orders.c: what the coordinator wants. */
void worker_obey(struct worker *worker, const struct message *message);

/* Hands a trainer what it is to do; everything that this needs is here. */
void worker_hand_out(struct worker *worker, const struct message *message);

/* Ends its attempt, if it still has it. */
void worker_stop(struct worker *worker, const struct message *message);

/* exchange.c: checkpoints of a rank that does not see DIR. Where it does, none of these does
 * anything, and those that return something return false. */
bool exchange_create(struct worker *worker, struct error *error);
void exchange_destroy(struct worker *worker);

/* Whether the assignment needs a checkpoint that is not here: then it is fetched, and handed out
 * when it has come. */
bool exchange_fetches(struct worker *worker, const struct message *assignment);

/* Whether what a trainer said of its end has to wait until rank 0 has the file that it left: then
 * it is posted afterwards. */
bool exchange_sends(struct worker *worker, const struct message *message);

/* An attempt is handed out that will write a checkpoint. */
void exchange_note(struct worker *worker, const struct message *assignment);

/* STOP for an assignment that still waits. */
bool exchange_stops(struct worker *worker, const struct message *stop);

/* The trainer is gone. Whether an assignment waited for its checkpoint and is lost with it; what it
 * left before is still sent. */
bool exchange_loses(struct worker *worker, unsigned slot);

/* Nobody wants the slot's attempt any more: it waits for nothing. */
void exchange_forget(struct worker *worker, unsigned slot);

void exchange_deliver(struct worker *worker, const struct message *message);

/* Whether anything was sent. */
bool exchange_turn(struct worker *worker);

#endif
