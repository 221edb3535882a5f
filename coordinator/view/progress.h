/* progress.h - what a person sees on standard error while a search runs.
 *
 * On a terminal one block that is redrawn in place; elsewhere a plain line now and then, and at
 * once when a rung ends. Knows nothing of the search: it is handed the numbers. */
#ifndef LRSWEEP_COORDINATOR_VIEW_PROGRESS_H
#define LRSWEEP_COORDINATOR_VIEW_PROGRESS_H

#include "common/trial.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct progress_numbers {
    unsigned rung, rungs;          /* current rung from 0; how many there are */
    double rung_budget;            /* in `unit` */
    const char *unit;              /* "epochs" or "steps" */
    uint32_t rung_done;            /* candidates that are through with this rung */
    uint32_t rung_total;           /* candidates that entered it */
    uint32_t states[TRIAL_STATES]; /* trials by state */
    uint32_t trainers, busy;
    bool has_best;
    uint32_t best_trial;
    double best_value, best_lr;
    const char *best_schedule;     /* NULL: the space has none */
    const char *metric;            /* "val_loss" ... */
    double epochs_per_s;           /* all trainers together, lately */
    double elapsed_s, remaining_s; /* remaining: NaN while unknown */
};

struct progress;

/* `stream` is borrowed. quiet: draws nothing and prints no messages. The moving block only if
 * `stream` is a terminal and TERM is not "dumb"; colour only if, besides, NO_COLOR is not set;
 * block characters only if the locale's character set (setlocale is called by main) is UTF-8. NULL:
 * out of memory. */
struct progress *progress_create(FILE *stream, bool quiet);

/* Draws if enough time passed since the last drawing (now_s: a monotonic clock), or if `important`.
 */
void progress_update(struct progress *progress, const struct progress_numbers *numbers,
                     double now_s, bool important);

/* Prints a message (a lost worker, a retry ...) above the block. Control characters in it become
 * spaces. */
void progress_message(struct progress *progress, const char *text);

/* Leaves the last block standing and the cursor below it. */
void progress_finish(struct progress *progress);
void progress_destroy(struct progress *progress);

#endif
