/* initial.h - initial values of weights.
 *
 * pytorch: uniform within 1 / sqrt(fan_in), the bias too (torch.nn.Linear's default). He et al.
 * 2015, equation 10, and Glorot and Bengio 2010, equation 16, as torch.nn.init does them for ReLU
 * and with gain 1; there the bias is 0. */
#ifndef LRSWEEP_WORKER_TRAINER_INITIAL_H
#define LRSWEEP_WORKER_TRAINER_INITIAL_H

#include "common/random.h"
#include "worker/trainer/real.h"

#include <stddef.h>

enum initial {
    INITIAL_PYTORCH,
    INITIAL_HE_UNIFORM,
    INITIAL_HE_NORMAL,
    INITIAL_XAVIER_UNIFORM,
    INITIAL_XAVIER_NORMAL
};

/* INITIAL_PYTORCH for a name that is not known: the catalogue has checked it. */
enum initial initial_from_name(const char *name);

void initial_weights(enum initial initial, size_t fan_in, size_t fan_out, real *weights,
                     size_t count, struct random_stream *random);
void initial_bias(enum initial initial, size_t fan_in, real *bias, size_t count,
                  struct random_stream *random);

#endif
