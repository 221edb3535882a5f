/* monitor_state.h - what a monitor remembers, and what it finds in it; for monitor*.c alone. */
#ifndef LRSWEEP_WORKER_TRAINER_MONITOR_STATE_H
#define LRSWEEP_WORKER_TRAINER_MONITOR_STATE_H

#include "worker/trainer/monitor.h"

/* Means of the losses of equally long blocks from the first step on. When there is no room for
 * another, pairs are merged: the whole run is in 32 to 64 blocks. */
enum { MONITOR_BLOCKS = 64 };

/* One hidden layer's units, or the network's outputs. A step of -1: not so at the last check. */
struct layer_state {
    double near_since; /* first check of the unbroken row that found all of them nearly the same */
    double same_since; /* likewise exactly the same */
    double woken;      /* 1: they were, but differed again at a later check */
    double alive;      /* 1: a check found them to differ */
};

struct monitor {
    struct monitor_settings settings;

    /* State, as it is saved: all numbers are doubles. */
    double steps;                 /* fed so far */
    double first_loss;            /* NAN: none yet */
    double finite_loss;           /* the last finite one; NAN: there was none */
    double peak;                  /* the largest finite one */
    double ten_sum;               /* of the ten steps under way */
    double peak_ten, lowest_ten;  /* means of ten: the largest, the lowest (INFINITY: none yet), */
    double floor_step, free_step; /* the last step of the last below MONITOR_FLOOR c, and below
                                     MONITOR_STUCK c; 0: there was none */
    double block_steps, block_count;
    double open_sum, open_steps;             /* of the block that is not full yet */
    double validation_step, validation_loss; /* the last; step -1: none */
    double lowest_step, lowest_loss;         /* the lowest regular one; step -1: none */
    double block[MONITOR_BLOCKS];
    double loss[MONITOR_WINDOW_STEPS]; /* ring, by step number */
    struct layer_state layer[];        /* [watched_layers + 1]; the last: the outputs */
};

enum finding_kind {
    FOUND_NOT_FINITE,
    FOUND_DEAD_LAYER,
    FOUND_CONSTANT_OUTPUT,
    FOUND_GROWTH,
    FOUND_LEVEL,
    FOUND_STUCK,
    FOUND_SWING,
    FOUND_OVERFITTING,
    FOUND_FLUCTUATION,
    FOUND_WORSE,
    FOUND_THROWN,
    FOUND_NOTHING_LEARNED,
    FOUND_PACE,
    FOUND_PLATEAU,
    FOUND_NOTHING
};

struct finding {
    enum finding_kind kind;
    double from;        /* the step since which it is so */
    double first, last; /* the figures that prove it: see monitor_text.c */
    double factor;      /* on the rate, that the advice is */
    size_t layer;
};

/* Whether the run is lost; what else there is to say of it. */
bool monitor_find_lost(const struct monitor *monitor, struct finding *finding);
struct finding monitor_find(const struct monitor *monitor);

enum verdict finding_verdict(enum finding_kind kind);

/* Mean of the last `count` losses, at most MONITOR_WINDOW_STEPS and no more than were fed. */
double monitor_recent_mean(const struct monitor *monitor, size_t count);

#endif
