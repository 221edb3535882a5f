/* trainer_process.h - one trainer: a child process, the lines to it and from it. */
#ifndef LRSWEEP_WORKER_TRAINER_PROCESS_H
#define LRSWEEP_WORKER_TRAINER_PROCESS_H

#include "common/child.h"
#include "common/line_reader.h"
#include "worker/trainer_line.h"

#include <jansson.h>

enum trainer_state {
    TRAINER_DOWN,     /* no process */
    TRAINER_STARTING, /* said hello to it */
    TRAINER_FREE,
    TRAINER_TRAINING,
    TRAINER_TESTING
};

struct trainer_process {
    enum trainer_state state;
    struct child child;
    struct line_reader reader;
    char *unsent; /* bytes that did not fit into its pipe yet */
    size_t unsent_bytes;
    uint32_t trial, attempt;    /* while TRAINING or TESTING */
    uint64_t to;                /* while TRAINING: the step to reach */
    unsigned failed_starts;     /* in a row */
    struct message_ready ready; /* what it said when it accepted the study */
    double heard_s;             /* monotonic: when it said or was told something last */
    struct message_report held; /* while TRAINING: a report that could not be passed on yet */
    bool holds;                 /* there is one */
};

enum trainer_news {
    TRAINER_QUIET, /* nothing to read now */
    TRAINER_SAID,  /* *line was filled */
    TRAINER_GONE   /* it ended or broke the protocol: it was put down, *error says why */
};

/* Starts the study's trainer, `program` if it names none, and says hello. On failure the state is
 * TRAINER_DOWN. */
bool trainer_process_start(struct trainer_process *trainer, const char *program,
                           const json_t *document, struct error *error);

/* Takes over a child that has said ready already. */
void trainer_process_adopt(struct trainer_process *trainer, struct child *child);

/* Sends one object as a line; keeps what the pipe does not take. `message` is released. False:
 * memory ran out. */
bool trainer_process_send(struct trainer_process *trainer, json_t *message, struct error *error);

/* Sends what was kept, and passes on what it wrote to standard error. */
void trainer_process_attend(struct trainer_process *trainer);

/* The next line, if one is there. */
enum trainer_news trainer_process_next(struct trainer_process *trainer, struct trainer_line *line,
                                       struct error *error);

/* Tells it to end, by the end of its input. */
void trainer_process_dismiss(struct trainer_process *trainer);

/* The same, gives it up to `seconds`, then kills it. */
void trainer_process_finish(struct trainer_process *trainer, double seconds);

/* Kills it at once, and adds to the reason what it wrote to standard error last. */
void trainer_process_break(struct trainer_process *trainer, struct error *reason);

/* Kills it at once. */
void trainer_process_kill(struct trainer_process *trainer);

#endif
