/* exponential.h - e^x over an array, in a loop that the compiler vectorises. */
#ifndef LRSWEEP_WORKER_TRAINER_EXPONENTIAL_H
#define LRSWEEP_WORKER_TRAINER_EXPONENTIAL_H

#include "worker/trainer/real.h"

#include <stddef.h>

/* Replaces each x <= 0 by e^x. In float: within 2 units in the last place, 0 below -87; what is not
 * a number stays so. (The C library's expf takes 4 ns a call, which is 2 % of a small network's
 * step.) */
void exponential(real *values, size_t count);

#endif
