/* verdict.h - what a run's losses say about its learning rate. */
#ifndef LRSWEEP_COMMON_VERDICT_H
#define LRSWEEP_COMMON_VERDICT_H

/* Stored in the study by name and sent between ranks by number: append only. */
enum verdict {
    VERDICT_NONE,     /* nothing was seen yet */
    VERDICT_HEALTHY,  /* learns */
    VERDICT_DIVERGED, /* not finite */
    VERDICT_COLLAPSED /* finite, but thrown to the constant predictor's level and stuck there */
};

/* "healthy"; "" for VERDICT_NONE. */
const char *verdict_name(enum verdict verdict);

/* VERDICT_NONE for NULL and for a name that is not known. */
enum verdict verdict_from_name(const char *name);

#endif
