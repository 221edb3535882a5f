/* initial.c - initial values of weights. */
#include "worker/trainer/initial.h"

#include <math.h>
#include <string.h>

static const char *const names[] = {
    [INITIAL_PYTORCH] = "pytorch",
    [INITIAL_HE_UNIFORM] = "he_uniform",
    [INITIAL_HE_NORMAL] = "he_normal",
    [INITIAL_XAVIER_UNIFORM] = "xavier_uniform",
    [INITIAL_XAVIER_NORMAL] = "xavier_normal",
};

enum initial initial_from_name(const char *name)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], name) == 0)
            return (enum initial)i;
    return INITIAL_PYTORCH;
}

static void draw_uniform(double bound, real *values, size_t count, struct random_stream *random)
{
    for (size_t i = 0; i < count; i++)
        values[i] = (real)(bound * (2 * random_uniform(random) - 1));
}

static void draw_normal(double deviation, real *values, size_t count, struct random_stream *random)
{
    for (size_t i = 0; i < count; i++)
        values[i] = (real)(deviation * random_normal(random));
}

void initial_weights(enum initial initial, size_t fan_in, size_t fan_out, real *weights,
                     size_t count, struct random_stream *random)
{
    double in = (double)fan_in, both = (double)(fan_in + fan_out);
    switch (initial) {
    case INITIAL_PYTORCH:
        draw_uniform(1 / sqrt(in), weights, count, random);
        break;
    case INITIAL_HE_UNIFORM:
        draw_uniform(sqrt(6 / in), weights, count, random);
        break;
    case INITIAL_HE_NORMAL:
        draw_normal(sqrt(2 / in), weights, count, random);
        break;
    case INITIAL_XAVIER_UNIFORM:
        draw_uniform(sqrt(6 / both), weights, count, random);
        break;
    case INITIAL_XAVIER_NORMAL:
        draw_normal(sqrt(2 / both), weights, count, random);
        break;
    }
}

void initial_bias(enum initial initial, size_t fan_in, real *bias, size_t count,
                  struct random_stream *random)
{
    if (initial == INITIAL_PYTORCH)
        draw_uniform(1 / sqrt((double)fan_in), bias, count, random);
    else
        memset(bias, 0, count * sizeof *bias);
}
