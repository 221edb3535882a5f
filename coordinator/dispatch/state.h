/* state.h - the dispatcher's own state, for the files of this folder. */
#ifndef LRSWEEP_COORDINATOR_DISPATCH_STATE_H
#define LRSWEEP_COORDINATOR_DISPATCH_STATE_H

#include "common/message.h"
#include "coordinator/dispatch/deadline.h"
#include "coordinator/dispatch/dispatch.h"
#include "coordinator/dispatch/leases.h"
#include "coordinator/dispatch/pace.h"
#include "coordinator/dispatch/record.h"
#include "coordinator/dispatch/workers.h"

enum dispatch_phase {
    SEARCHING,
    TESTING,  /* the search is over: the recommendation is being tested */
    STOPPING, /* told to end: trainers leave their checkpoints */
    LEAVING,  /* everything is durable: workers end their trainers */
    LEFT
};

/* The test of the recommendation: of its repeats, if it has some, one after the other. */
struct testing {
    uint32_t *trials; /* [count], the one whose weights are exported first */
    size_t count, done;
    long long losses; /* of trials[done]: trainers that were lost with it */
    bool sent;        /* trials[done] is with a trainer */
    size_t loss_count, accuracy_count;
    double loss_sum, accuracy_sum;
};

/* Checkpoints to remove after the next commit. */
struct releases {
    struct release {
        uint32_t trial, attempt;
    } * list;
    size_t count, room;
};

struct dispatch {
    const struct dispatch_options *options;
    struct workers workers;
    struct leases leases;
    struct record record;
    struct pace pace;
    struct deadline deadline;
    struct testing testing;
    struct releases releases;
    enum dispatch_phase phase;
    enum dispatch_outcome outcome;
    struct error error;
    struct error unfit; /* why a trainer was given up last */
    double alive_s;     /* time listened when there was a worker to count on last */
    double now_s, phase_s, commit_s, draw_s;
    double patience_s; /* STOPPING: when it goes on without those that have not saved */
    double busy_s;
    size_t trainers;
    double begun_s;      /* time of the first turn */
    double wall_time_s;  /* that the search may take, earlier runs included; infinite: any */
    bool timed_out;      /* the search was told that it is over */
    bool started;        /* the first turn was taken */
    unsigned drawn_rung; /* that the last picture showed */
};

void dispatch_enter(struct dispatch *dispatch, enum dispatch_phase phase);
void dispatch_send(struct dispatch *dispatch, int rank, const struct message *message);

/* Tells a worker to end. */
void dispatch_send_quit(struct dispatch *dispatch, int rank);

/* Tells all workers to end. */
void dispatch_quit(struct dispatch *dispatch);

/* The study cannot go on. What was committed stands. */
void dispatch_fail(struct dispatch *dispatch, const struct error *error);

/* step.c: what is fed is durable before a consequence leaves this rank. */
void dispatch_commit(struct dispatch *dispatch);

/* Takes back what is with a trainer: all of it, or one trial. */
void dispatch_stop(struct dispatch *dispatch, bool all, uint32_t trial);

/* Feeds an event, writes it down and carries out what follows from it, but for SEARCH_TRAIN. */
bool dispatch_feed(struct dispatch *dispatch, const struct search_event *event, int rank,
                   int trainer, const char *text, struct search_update *update);

/* A message that hands `trial` to trainer `slot`. */
void dispatch_assignment(const struct dispatch *dispatch, struct message *message,
                         enum message_kind kind, uint32_t trial, uint32_t attempt, uint32_t slot);
void dispatch_occupy(struct dispatch *dispatch, int rank, uint32_t slot, uint32_t trial,
                     uint32_t attempt);

/* What the slot held is taken from it. */
void dispatch_vacate(struct dispatch *dispatch, struct slot *slot, enum slot_state state);

/* liveness.c: who is alive. liveness_hear: whether this message of `rank` counts. */
bool liveness_hear(struct dispatch *dispatch, int rank, const struct message *message);
void liveness_turn(struct dispatch *dispatch);

/* The attempt of `trial` on this trainer is lost. */
void dispatch_lose(struct dispatch *dispatch, int rank, uint32_t slot, uint32_t trial,
                   uint32_t attempt, const char *reason);

/* A slot that is busy is taken from: its attempt, or its test, is lost. */
void dispatch_take_back(struct dispatch *dispatch, int rank, uint32_t slot, enum slot_state state,
                        const char *reason);

/* arrivals.c: what a worker says. */
void arrivals_deliver(struct dispatch *dispatch, int rank, const struct message *message);

/* transfers.c: checkpoints to and from workers that do not see DIR. transfers_turn: whether any was
 * sent. */
void transfers_take(struct dispatch *dispatch, int rank, const struct message *chunk);
void transfers_fetch(struct dispatch *dispatch, int rank, const struct message *fetch);
void transfers_hear(struct dispatch *dispatch, int rank, const struct message *taken);
bool transfers_turn(struct dispatch *dispatch);

/* What is under way to and from this worker will not arrive. */
void transfers_drop(struct worker_entry *entry);

/* testing.c: the search is over. testing_begin tells what is to be tested, or that there is
 * nothing; testing_turn hands out the next test: true if it did something. */
void testing_begin(struct dispatch *dispatch);
bool testing_turn(struct dispatch *dispatch);
void testing_took(struct dispatch *dispatch, const struct message_tested *tested,
                  const char *reason);
void testing_lost(struct dispatch *dispatch);

#endif
