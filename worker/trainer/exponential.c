/* exponential.c - e^x = 2^n e^r with n = round(x / ln 2) and |r| <= ln(2) / 2.
 *
 * Cody and Waite, "Software Manual for the Elementary Functions" (1980), chapter 6: ln 2 is
 * subtracted in two parts, of which the first has few enough bits for an exact product. */
#include "worker/trainer/exponential.h"

#ifdef LRSWEEP_DOUBLE

#include <math.h>

void exponential(real *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] = exp(values[i]);
}

#else

#include "common/portability.h"

#include <stdint.h>
#include <string.h>

enum { BLOCK = 256 };

MULTIVERSION static void block(float *restrict values, uint32_t *restrict power_bits, size_t count)
{
    const float log2_e = 1.44269504F, ln2_high = 0.693359375F, ln2_low = -2.12194440e-4F;
    const float shifter = 12582912.0F; /* 1.5 * 2^23: adding it rounds to a whole number */
    for (size_t i = 0; i < count; i++) {
        float x = values[i] < -87.0F ? -87.0F : values[i];
        float n = (x * log2_e + shifter) - shifter;
        float r = (x - n * ln2_high) - n * ln2_low;
        /* The Taylor series to the seventh power: its rest is below 2^-27 here. */
        float p = 1.0F / 5040;
        p = p * r + 1.0F / 720;
        p = p * r + 1.0F / 120;
        p = p * r + 1.0F / 24;
        p = p * r + 1.0F / 6;
        p = p * r + 0.5F;
        p = p * r * r + r + 1.0F;
        values[i] = values[i] < -87.0F ? 0.0F : p;
        /* n is from -126 to 0 where x is a number; the comparison keeps the conversion defined. */
        int32_t exponent = n >= -126.0F ? (int32_t)n : 0;
        power_bits[i] = (uint32_t)(exponent + 127) << 23;
    }
}

MULTIVERSION static void multiply(float *restrict values, const float *restrict powers,
                                  size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] *= powers[i];
}

void exponential(real *values, size_t count)
{
    uint32_t power_bits[BLOCK];
    float powers[BLOCK];
    for (size_t first = 0; first < count; first += BLOCK) {
        size_t taken = count - first < BLOCK ? count - first : BLOCK;
        block(values + first, power_bits, taken);
        memcpy(powers, power_bits, taken * sizeof *powers);
        multiply(values + first, powers, taken);
    }
}

#endif
