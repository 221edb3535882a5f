/* kernels.c - e^x = 2^n e^r with n = round(x / ln 2) and |r| <= ln(2) / 2 (Cody and Waite,
 * "Software manual for the elementary functions", 1980, chapter 6). */
#include "coordinator/search/samplers/kernels.h"

#include "common/portability.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* Replaces each x <= 0 by e^x. */
MULTIVERSION static void exponentials(double *restrict values, size_t count)
{
    const double log2_e = 1.4426950408889634, ln2 = 0.6931471805599453, lowest = -700;
    const double shifter = 6755399441055744.0; /* 1.5 * 2^52: adding it rounds to a whole number */
    for (size_t i = 0; i < count; i++) {
        double x = values[i] < lowest ? lowest : values[i];
        double shifted = x * log2_e + shifter;
        double r = x - (shifted - shifter) * ln2;
        /* The Taylor series to the seventh power: its rest is below 2^-27 here. */
        double p = 1.0 / 5040;
        p = p * r + 1.0 / 720;
        p = p * r + 1.0 / 120;
        p = p * r + 1.0 / 24;
        p = p * r + 1.0 / 6;
        p = p * r + 0.5;
        p = p * r + 1;
        p = p * r + 1;
        p = values[i] < lowest ? 0 : p;
        /* The sum's low bits are n, which belongs into the exponent. 0 times 2^n is 0: its bits are
         * left alone by the mask. */
        uint64_t power, bits;
        memcpy(&power, &shifted, sizeof power);
        memcpy(&bits, &p, sizeof bits);
        bits += bits > 0 ? power << 52 : 0;
        memcpy(&values[i], &bits, sizeof bits);
    }
}

MULTIVERSION void kernels_normal(double *restrict exponent, double *restrict factor,
                                 const double *restrict inverse, const double *restrict offset,
                                 const double *restrict scale, double at, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        double distance = inverse[k] * at - offset[k];
        exponent[k] -= 0.5 * distance * distance;
        factor[k] *= scale[k];
    }
}

MULTIVERSION void kernels_choice(double *restrict factor, const double *restrict center, double at,
                                 double hit, double miss, double prior, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        double of_value = center[k] == at ? hit : miss;
        factor[k] *= isnan(center[k]) ? prior : of_value;
    }
}

MULTIVERSION static void add_lanes(double *restrict lanes, const double *restrict exponential,
                                   const double *restrict factor, size_t count)
{
    for (size_t k = 0; k < count; k += KERNELS_LANES)
        for (size_t lane = 0; lane < KERNELS_LANES; lane++)
            lanes[lane] += exponential[k + lane] * factor[k + lane];
}

double kernels_sum(double *exponent, double *factor, size_t count)
{
    double lanes[KERNELS_LANES] = {0}, sum = 0;
    exponentials(exponent, count);
    for (size_t k = count; k < count + KERNELS_LANES; k++)
        exponent[k] = factor[k] = 0;
    add_lanes(lanes, exponent, factor, count);
    for (size_t lane = 0; lane < KERNELS_LANES; lane++)
        sum += lanes[lane];
    return sum;
}

/* erfc(x) for x >= 0, where `gauss` is e^(-x^2). */
static inline double upper_tail(double x, double gauss)
{
    double t = 1 / (1 + 0.3275911 * x);
    double p = 1.061405429;
    p = p * t - 1.453152027;
    p = p * t + 1.421413741;
    p = p * t - 0.284496736;
    p = p * t + 0.254829592;
    return p * t * gauss;
}

MULTIVERSION static void squares(double *restrict work, const double *restrict inverse,
                                 const double *restrict offset, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        double above = inverse[k] - offset[k];
        work[k] = -0.5 * offset[k] * offset[k];
        work[count + k] = -0.5 * above * above;
    }
}

MULTIVERSION static void scales(double *restrict scale, const double *restrict inverse,
                                const double *restrict offset, const double *restrict gauss,
                                size_t count)
{
    const double root_half = 0.7071067811865476, root_two_pi = 2.5066282746310002;
    for (size_t k = 0; k < count; k++) {
        double below = upper_tail(offset[k] * root_half, gauss[k]);
        double above = upper_tail((inverse[k] - offset[k]) * root_half, gauss[count + k]);
        double cut = inverse[k] / (root_two_pi * (1 - 0.5 * (below + above)));
        scale[k] = inverse[k] > 0 ? cut : 1;
    }
}

void kernels_scales(double *scale, const double *inverse, const double *offset, double *work,
                    size_t count)
{
    squares(work, inverse, offset, count);
    exponentials(work, 2 * count);
    scales(scale, inverse, offset, work, count);
}
