/* sobol_points.c - one coordinate of one point at a time: nothing is kept between them. */
#include "coordinator/search/samplers/sobol_points.h"

#include "common/random.h"

enum { BITS = 32, DEGREE_MAX = 7 };

/* Dimensions 2 to 32 of new-joe-kuo-6.21201, columns s, a, m_i (copyright 2008 Stephen Joe and
 * Frances Y. Kuo; https://web.maths.unsw.edu.au/~fkuo/sobol). */
static const struct {
    uint8_t degree;        /* s, of the primitive polynomial */
    uint8_t coefficients;  /* a: its inner ones, the highest power's first */
    uint8_t m[DEGREE_MAX]; /* initial direction numbers */
} table[SOBOL_DIMENSIONS_MAX - 1] = {
    {1, 0, {1}},
    {2, 1, {1, 3}},
    {3, 1, {1, 3, 1}},
    {3, 2, {1, 1, 1}},
    {4, 1, {1, 1, 3, 3}},
    {4, 4, {1, 3, 5, 13}},
    {5, 2, {1, 1, 5, 5, 17}},
    {5, 4, {1, 1, 5, 5, 5}},
    {5, 7, {1, 1, 7, 11, 19}},
    {5, 11, {1, 1, 5, 1, 1}},
    {5, 13, {1, 1, 1, 3, 11}},
    {5, 14, {1, 3, 5, 5, 31}},
    {6, 1, {1, 3, 3, 9, 7, 49}},
    {6, 13, {1, 1, 1, 15, 21, 21}},
    {6, 16, {1, 3, 1, 13, 27, 49}},
    {6, 19, {1, 1, 1, 15, 7, 5}},
    {6, 22, {1, 3, 1, 15, 13, 25}},
    {6, 25, {1, 1, 5, 5, 19, 61}},
    {7, 1, {1, 3, 7, 11, 23, 15, 103}},
    {7, 4, {1, 3, 7, 13, 13, 15, 69}},
    {7, 7, {1, 1, 3, 13, 7, 35, 63}},
    {7, 8, {1, 3, 5, 9, 1, 25, 53}},
    {7, 14, {1, 3, 1, 13, 9, 35, 107}},
    {7, 19, {1, 3, 1, 5, 27, 61, 31}},
    {7, 21, {1, 1, 5, 11, 19, 41, 61}},
    {7, 28, {1, 3, 5, 3, 3, 13, 69}},
    {7, 31, {1, 1, 7, 13, 1, 19, 1}},
    {7, 32, {1, 3, 7, 5, 13, 19, 59}},
    {7, 37, {1, 1, 3, 9, 25, 29, 41}},
    {7, 41, {1, 3, 5, 13, 23, 1, 55}},
    {7, 42, {1, 3, 7, 3, 13, 59, 17}},
};

/* v_k, the direction number that bit k of a point's Gray code brings in, times 2^32, for all k
 * below `count`: equation 2 of Joe and Kuo's "Notes on generating Sobol sequences", 2008. */
static void directions(unsigned dimension, uint32_t v[BITS], unsigned count)
{
    if (dimension == 0) {
        for (unsigned k = 0; k < count; k++)
            v[k] = 1U << (BITS - 1 - k);
        return;
    }
    unsigned degree = table[dimension - 1].degree;
    for (unsigned k = 0; k < count; k++) {
        if (k < degree) {
            v[k] = (uint32_t)table[dimension - 1].m[k] << (BITS - 1 - k);
            continue;
        }
        v[k] = v[k - degree] ^ (v[k - degree] >> degree);
        for (unsigned i = 1; i < degree; i++)
            if (table[dimension - 1].coefficients >> (degree - 1 - i) & 1)
                v[k] ^= v[k - i];
    }
}

uint32_t sobol_point(uint32_t index, unsigned dimension)
{
    uint32_t v[BITS], gray = index ^ (index >> 1), point = 0;
    unsigned count = 0;
    while (count < BITS && gray >> count)
        count++;
    directions(dimension, v, count);
    for (unsigned k = 0; k < count; k++)
        if (gray >> k & 1)
            point ^= v[k];
    return point;
}

/* The coins of five digits, given those before them, are the nodes of a tree of 31: the bits of one
 * random number, node n having the children 2n and 2n + 1. */
uint32_t sobol_scramble(uint32_t coordinate, uint64_t seed, unsigned dimension)
{
    enum { DIGITS = 5 };
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint32_t scrambled = 0;
    for (unsigned first = 0; first < BITS; first += DIGITS) {
        uint32_t prefix = first ? coordinate >> (BITS - first) : 0, coins[4];
        const uint32_t counter[4] = {prefix, RANDOM_SCRAMBLE, first, dimension};
        random_philox(counter, key, coins);
        uint32_t node = 1;
        for (unsigned digit = first; digit < first + DIGITS && digit < BITS; digit++) {
            uint32_t bit = coordinate >> (BITS - 1 - digit) & 1;
            scrambled |= (bit ^ (coins[0] >> node & 1)) << (BITS - 1 - digit);
            node = 2 * node + bit;
        }
    }
    return scrambled;
}
