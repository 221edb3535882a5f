/* activation.h - functions applied to each number of a layer's outputs, alone or fused with the
 * addition of its bias.
 *
 * PyTorch's: ReLU; leaky ReLU with slope 0.01; tanh; sigmoid; GELU in the erf form, x Phi(x)
 * (Hendrycks and Gimpel 2016); SiLU, x sigmoid(x). In float the transcendental ones are polynomials
 * around `exponential`, in loops that the compiler vectorises: within 3e-7 of the exact value,
 * relative to the larger of it and its argument. What is not a number stays so in all of them. */
#ifndef LRSWEEP_WORKER_TRAINER_ACTIVATION_H
#define LRSWEEP_WORKER_TRAINER_ACTIVATION_H

#include "worker/trainer/real.h"

#include <stdbool.h>
#include <stddef.h>

enum activation {
    ACTIVATION_NONE,
    ACTIVATION_RELU,
    ACTIVATION_LEAKY_RELU,
    ACTIVATION_TANH,
    ACTIVATION_SIGMOID,
    ACTIVATION_GELU,
    ACTIVATION_SILU
};

/* ACTIVATION_NONE for a name that is not known: the catalogue has checked it. */
enum activation activation_from_name(const char *name);

/* Whether its derivative is taken from the argument; those of the others are from the value. */
bool activation_by_argument(enum activation activation);

/* values[i] = f(arguments[i]); both may be the same array. */
void activation_forward(enum activation activation, const real *arguments, real *values,
                        size_t count);

/* gradient[i] *= f'. from: the arguments where activation_by_argument, else the values. */
void activation_backward(enum activation activation, const real *from, real *gradient,
                         size_t count);

/* sums[rows][columns] += bias (NULL: none), then values = f(sums), which may be the same array. */
void bias_activate(enum activation activation, const real *bias, real *sums, real *values,
                   size_t rows, size_t columns);

/* gradient[j] (+)= the sum of column j of the rows. */
void bias_gradient(const real *output_gradient, real *gradient, bool accumulate, size_t rows,
                   size_t columns);

#endif
