/* attention.h - a clock that counts only the time in which this process listened.
 *
 * Whoever judges another's silence must have been listening. A process that was stopped (SIGSTOP, a
 * suspended machine, a disk that held it up) did not hear what was said meanwhile: on the common
 * clock everyone would seem silent when it returns, on this one nobody does. */
#ifndef LRSWEEP_COMMON_ATTENTION_H
#define LRSWEEP_COMMON_ATTENTION_H

#include <stdbool.h>

struct attention {
    double now_s;  /* time listened so far */
    double seen_s; /* the common clock at the last turn */
    bool begun;
};

/* A turn at the common (monotonic) time real_s. Of the time since the last turn at most `longest_s`
 * counts. Returns the time listened so far. */
double attention_pass(struct attention *attention, double real_s, double longest_s);

/* The common time at which this clock will show `at_s`, if every turn is taken in time. */
double attention_real(const struct attention *attention, double at_s);

#endif
