/* activation.c - activations and their derivatives. */
#include "worker/trainer/activation.h"

#include "common/portability.h"
#include "worker/trainer/exponential.h"
#include "worker/trainer/vector.h"

#include <math.h>
#include <string.h>

enum { BLOCK = 256 };

static const char *const names[] = {
    [ACTIVATION_NONE] = "none",
    [ACTIVATION_RELU] = "relu",
    [ACTIVATION_LEAKY_RELU] = "leaky_relu",
    [ACTIVATION_TANH] = "tanh",
    [ACTIVATION_SIGMOID] = "sigmoid",
    [ACTIVATION_GELU] = "gelu",
    [ACTIVATION_SILU] = "silu",
};

static const real leaky_slope = (real)0.01;

enum activation activation_from_name(const char *name)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], name) == 0)
            return (enum activation)i;
    return ACTIVATION_NONE;
}

bool activation_by_argument(enum activation activation)
{
    return activation == ACTIVATION_GELU || activation == ACTIVATION_SILU;
}

/* `x < 0 ? 0 : x` and not `x > 0 ? x : 0`: a value that is not a number must stay one, or a run
 * that broke would look like a run with dead units. */
MULTIVERSION static void relu(const real *x, real *y, size_t count)
{
    for (size_t i = 0; i < count; i++)
        y[i] = x[i] < 0 ? 0 : x[i];
}

MULTIVERSION static void relu_gradient(const real *restrict y, real *restrict gradient,
                                       size_t count)
{
    for (size_t i = 0; i < count; i++)
        gradient[i] = y[i] > 0 ? gradient[i] : 0;
}

MULTIVERSION static void leaky_relu(const real *x, real *y, size_t count)
{
    for (size_t i = 0; i < count; i++)
        y[i] = x[i] < 0 ? leaky_slope * x[i] : x[i];
}

MULTIVERSION static void leaky_relu_gradient(const real *restrict y, real *restrict gradient,
                                             size_t count)
{
    for (size_t i = 0; i < count; i++)
        gradient[i] = y[i] > 0 ? gradient[i] : leaky_slope * gradient[i];
}

MULTIVERSION static void tanh_gradient(const real *restrict y, real *restrict gradient,
                                       size_t count)
{
    for (size_t i = 0; i < count; i++)
        gradient[i] *= 1 - y[i] * y[i];
}

MULTIVERSION static void sigmoid_gradient(const real *restrict y, real *restrict gradient,
                                          size_t count)
{
    for (size_t i = 0; i < count; i++)
        gradient[i] *= y[i] * (1 - y[i]);
}

MULTIVERSION static void negative_magnitude(const real *x, real *restrict result, size_t count,
                                            real factor)
{
    for (size_t i = 0; i < count; i++)
        result[i] = x[i] < 0 ? factor * x[i] : -factor * x[i];
}

/* e: e^(-2 |x|). Below 0.625 the quotient would cancel: there it is the rational polynomial of
 * Moshier's Cephes library (tanhf). */
MULTIVERSION static void tanh_finish(const real *x, real *y, const real *restrict e, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        real square = x[i] * x[i];
        real far = (1 - e[i]) / (1 + e[i]);
        real p = (real)-5.70498872745E-3;
        p = p * square + (real)2.06390887954E-2;
        p = p * square - (real)5.37397155531E-2;
        p = p * square + (real)1.33314422036E-1;
        p = p * square - (real)3.33332819422E-1;
        real near = p * square * x[i] + x[i];
        far = x[i] < 0 ? -far : far;
        y[i] = square < (real)(0.625 * 0.625) ? near : far;
    }
}

static void tanh_block(const real *x, real *y, size_t count)
{
    if (sizeof(real) == sizeof(double)) {
        for (size_t i = 0; i < count; i++)
            y[i] = (real)tanh((double)x[i]);
        return;
    }
    real e[BLOCK];
    negative_magnitude(x, e, count, 2);
    exponential(e, count);
    tanh_finish(x, y, e, count);
}

/* e: e^-|x| */
MULTIVERSION static void sigmoid_finish(const real *x, real *y, const real *restrict e,
                                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        real above = 1 / (1 + e[i]);
        y[i] = x[i] < 0 ? e[i] * above : above;
    }
}

static void sigmoid_block(const real *x, real *y, size_t count)
{
    real e[BLOCK];
    negative_magnitude(x, e, count, 1);
    exponential(e, count);
    sigmoid_finish(x, y, e, count);
}

/* ln(erfc(|x| / sqrt 2)) as a Chebyshev series in t = 1 / (1 + z / 2): Press et al., "Numerical
 * Recipes in C" (1992), section 6.2, erfcc: the fractional error is below 1.2e-7 everywhere. */
MULTIVERSION static void erfc_exponent(const real *restrict x, real *restrict t,
                                       real *restrict exponent, size_t count)
{
    static const real series[] = {(real)0.17087277,  (real)-0.82215223, (real)1.48851587,
                                  (real)-1.13520398, (real)0.27886807,  (real)-0.18628806,
                                  (real)0.09678418,  (real)0.37409196,  (real)1.00002368,
                                  (real)-1.26551223};
    for (size_t i = 0; i < count; i++) {
        real z = (x[i] < 0 ? -x[i] : x[i]) * (real)0.70710678118654752;
        t[i] = 1 / (1 + z / 2);
        real sum = series[0];
        for (int k = 1; k < 10; k++)
            sum = sum * t[i] + series[k];
        real power = sum - z * z;
        exponent[i] = power > 0 ? 0 : power;
    }
}

MULTIVERSION static void normal_finish(const real *restrict x, const real *restrict t,
                                       const real *restrict e, real *restrict result, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        real tail = (real)0.5 * t[i] * e[i];
        result[i] = x[i] < 0 ? tail : 1 - tail;
    }
}

/* The normal distribution's Phi(x). */
static void normal_block(const real *x, real *result, size_t count)
{
    if (sizeof(real) == sizeof(double)) {
        for (size_t i = 0; i < count; i++)
            result[i] = (real)(0.5 * erfc(-0.70710678118654752 * (double)x[i]));
        return;
    }
    real t[BLOCK], e[BLOCK];
    erfc_exponent(x, t, e, count);
    exponential(e, count);
    normal_finish(x, t, e, result, count);
}

MULTIVERSION static void multiply(const real *x, real *y, const real *restrict factor, size_t count)
{
    for (size_t i = 0; i < count; i++)
        y[i] = x[i] * factor[i];
}

MULTIVERSION static void half_square(const real *restrict x, real *restrict result, size_t count)
{
    for (size_t i = 0; i < count; i++)
        result[i] = (real)-0.5 * x[i] * x[i];
}

MULTIVERSION static void gelu_finish(const real *restrict x, const real *restrict phi,
                                     const real *restrict e, real *restrict gradient, size_t count)
{
    const real density = (real)0.39894228040143268; /* 1 / sqrt(2 pi) */
    for (size_t i = 0; i < count; i++)
        gradient[i] *= phi[i] + density * x[i] * e[i];
}

MULTIVERSION static void silu_finish(const real *restrict x, const real *restrict s,
                                     real *restrict gradient, size_t count)
{
    for (size_t i = 0; i < count; i++)
        gradient[i] *= s[i] * (1 + x[i] * (1 - s[i]));
}

static void forward_block(enum activation activation, const real *x, real *y, size_t count)
{
    real factor[BLOCK];
    switch (activation) {
    case ACTIVATION_TANH:
        tanh_block(x, y, count);
        return;
    case ACTIVATION_SIGMOID:
        sigmoid_block(x, y, count);
        return;
    case ACTIVATION_GELU:
        normal_block(x, factor, count);
        break;
    default:
        sigmoid_block(x, factor, count);
    }
    multiply(x, y, factor, count);
}

static void backward_block(enum activation activation, const real *x, real *gradient, size_t count)
{
    real factor[BLOCK], e[BLOCK];
    if (activation == ACTIVATION_SILU) {
        sigmoid_block(x, factor, count);
        silu_finish(x, factor, gradient, count);
        return;
    }
    normal_block(x, factor, count);
    half_square(x, e, count);
    exponential(e, count);
    gelu_finish(x, factor, e, gradient, count);
}

void activation_forward(enum activation activation, const real *arguments, real *values,
                        size_t count)
{
    if (activation == ACTIVATION_NONE) {
        if (values != arguments)
            memcpy(values, arguments, count * sizeof *values);
    } else if (activation == ACTIVATION_RELU) {
        relu(arguments, values, count);
    } else if (activation == ACTIVATION_LEAKY_RELU) {
        leaky_relu(arguments, values, count);
    } else {
        for (size_t first = 0; first < count; first += BLOCK)
            forward_block(activation, arguments + first, values + first,
                          count - first < BLOCK ? count - first : BLOCK);
    }
}

void activation_backward(enum activation activation, const real *from, real *gradient, size_t count)
{
    switch (activation) {
    case ACTIVATION_NONE:
        return;
    case ACTIVATION_RELU:
        relu_gradient(from, gradient, count);
        return;
    case ACTIVATION_LEAKY_RELU:
        leaky_relu_gradient(from, gradient, count);
        return;
    case ACTIVATION_TANH:
        tanh_gradient(from, gradient, count);
        return;
    case ACTIVATION_SIGMOID:
        sigmoid_gradient(from, gradient, count);
        return;
    case ACTIVATION_GELU:
    case ACTIVATION_SILU:
        for (size_t first = 0; first < count; first += BLOCK)
            backward_block(activation, from + first, gradient + first,
                           count - first < BLOCK ? count - first : BLOCK);
    }
}

MULTIVERSION static void add_bias(real *restrict output, const real *restrict bias, size_t rows,
                                  size_t columns)
{
    for (size_t i = 0; i < rows; i++, output += columns)
        for (size_t j = 0; j < columns; j++)
            output[j] += bias[j];
}

MULTIVERSION static void add_bias_relu(real *restrict output, const real *restrict bias,
                                       size_t rows, size_t columns)
{
    for (size_t i = 0; i < rows; i++, output += columns)
        for (size_t j = 0; j < columns; j++) {
            real sum = output[j] + bias[j];
            output[j] = sum < 0 ? 0 : sum;
        }
}

void bias_activate(enum activation activation, const real *bias, real *sums, real *values,
                   size_t rows, size_t columns)
{
    if (bias && activation == ACTIVATION_RELU && sums == values) {
        add_bias_relu(values, bias, rows, columns);
        return;
    }
    if (bias)
        add_bias(sums, bias, rows, columns);
    activation_forward(activation, sums, values, rows * columns);
}

void bias_gradient(const real *output_gradient, real *gradient, bool accumulate, size_t rows,
                   size_t columns)
{
    if (!accumulate)
        memset(gradient, 0, columns * sizeof *gradient);
    vector_add_rows(output_gradient, gradient, rows, columns);
}
