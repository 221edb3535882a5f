/* monotonic.h - a clock that only goes forward. */
#ifndef LRSWEEP_COMMON_MONOTONIC_H
#define LRSWEEP_COMMON_MONOTONIC_H

/* Seconds since some moment, the same for all processes of a machine. */
double monotonic_s(void);

#endif
