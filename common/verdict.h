/* verdict.h - what a run's losses say about its learning rate. */
#ifndef LRSWEEP_COMMON_VERDICT_H
#define LRSWEEP_COMMON_VERDICT_H

#include <stdbool.h>

/* Stored in the study by name and sent between ranks by number: append only. */
enum verdict {
    VERDICT_NONE,        /* nothing was seen yet */
    VERDICT_HEALTHY,     /* learns */
    VERDICT_DIVERGED,    /* not finite, or growing without bound */
    VERDICT_COLLAPSED,   /* finite, but thrown to the constant predictor's level or above and stuck
                            there */
    VERDICT_OSCILLATING, /* swings up and down without settling */
    VERDICT_ERRATIC,     /* fluctuates widely, or lost what it had learned */
    VERDICT_PLATEAUED,   /* has learned, and no longer improves */
    VERDICT_SLOW,        /* still improves at an even pace: the rate is small */
    VERDICT_OVERFITTING, /* validation worsens while training improves */
    VERDICTS
};

/* Whether it ends a run by itself; the others explain one that was stopped, paused or finished.
 * Their definitions and thresholds stand in worker/trainer/monitor.h. */
bool verdict_ends(enum verdict verdict);

/* "healthy"; "" for VERDICT_NONE. */
const char *verdict_name(enum verdict verdict);

/* VERDICT_NONE for NULL and for a name that is not known. */
enum verdict verdict_from_name(const char *name);

#endif
