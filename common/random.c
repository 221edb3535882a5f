/* random.c - Philox4x32-10 and draws from it. */
#include "common/random.h"

#include "common/portability.h"

#include <math.h>
#include <string.h>

static const uint32_t multiplier0 = 0xD2511F53U, multiplier1 = 0xCD9E8D57U;
static const uint32_t weyl0 = 0x9E3779B9U, weyl1 = 0xBB67AE85U;

void random_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        uint64_t product0 = (uint64_t)multiplier0 * c0;
        uint64_t product1 = (uint64_t)multiplier1 * c2;
        c0 = (uint32_t)(product1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)product1;
        c2 = (uint32_t)(product0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)product0;
        k0 += weyl0;
        k1 += weyl1;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

enum { LANES = 64 };

/* One round for LANES counters at once, c[4][LANES]: the compiler makes them a vector's lanes. */
MULTIVERSION static void round_lanes(uint32_t *restrict c0, uint32_t *restrict c1,
                                     uint32_t *restrict c2, uint32_t *restrict c3, uint32_t k0,
                                     uint32_t k1)
{
    for (int i = 0; i < LANES; i++) {
        uint64_t product0 = (uint64_t)multiplier0 * c0[i];
        uint64_t product1 = (uint64_t)multiplier1 * c2[i];
        c0[i] = (uint32_t)(product1 >> 32) ^ c1[i] ^ k0;
        c1[i] = (uint32_t)product1;
        c2[i] = (uint32_t)(product0 >> 32) ^ c3[i] ^ k1;
        c3[i] = (uint32_t)product0;
    }
}

/* The blocks of LANES counters from `first` on, each of their four numbers in a row of its own. */
static void fill_lanes(uint32_t first, uint32_t purpose, uint64_t index, uint64_t seed,
                       uint32_t bits[4 * LANES])
{
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (uint32_t i = 0; i < LANES; i++) {
        bits[i] = first + i;
        bits[LANES + i] = purpose;
        bits[2 * LANES + i] = (uint32_t)index;
        bits[3 * LANES + i] = (uint32_t)(index >> 32);
    }
    for (int round = 0; round < 10; round++, k0 += weyl0, k1 += weyl1)
        round_lanes(bits, bits + LANES, bits + 2 * LANES, bits + 3 * LANES, k0, k1);
}

void random_fill(uint64_t seed, enum random_purpose purpose, uint64_t index, uint32_t *bits,
                 size_t count)
{
    uint32_t last[4 * LANES], counter = 0;
    for (; count >= 4 * LANES; count -= 4 * LANES, bits += 4 * LANES, counter += LANES)
        fill_lanes(counter, purpose, index, seed, bits);
    fill_lanes(counter, purpose, index, seed, last);
    memcpy(bits, last, count * sizeof *bits);
}

void random_open(struct random_stream *stream, uint64_t seed, enum random_purpose purpose,
                 uint64_t index)
{
    stream->key[0] = (uint32_t)seed;
    stream->key[1] = (uint32_t)(seed >> 32);
    stream->counter[0] = 0;
    stream->counter[1] = (uint32_t)purpose;
    stream->counter[2] = (uint32_t)index;
    stream->counter[3] = (uint32_t)(index >> 32);
    stream->used = 4;
}

uint32_t random_bits(struct random_stream *stream)
{
    if (stream->used == 4) {
        random_philox(stream->counter, stream->key, stream->block);
        stream->counter[0]++;
        stream->used = 0;
    }
    return stream->block[stream->used++];
}

double random_uniform(struct random_stream *stream)
{
    uint64_t high = random_bits(stream) >> 5; /* 27 bits */
    uint64_t low = random_bits(stream) >> 6;  /* 26 bits */
    return (double)((high << 26) | low) * 0x1.0p-53;
}

uint32_t random_below(struct random_stream *stream, uint32_t bound)
{
    uint64_t product = (uint64_t)random_bits(stream) * bound;
    if ((uint32_t)product < bound) {
        uint32_t threshold = (uint32_t)(-bound) % bound;
        while ((uint32_t)product < threshold)
            product = (uint64_t)random_bits(stream) * bound;
    }
    return (uint32_t)(product >> 32);
}

double random_normal(struct random_stream *stream)
{
    const double two_pi = 6.283185307179586;
    double radius = sqrt(-2.0 * log(1.0 - random_uniform(stream)));
    return radius * cos(two_pi * random_uniform(stream));
}

void random_permutation(struct random_stream *stream, uint32_t *order, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        order[i] = i;
    for (uint32_t i = count; i > 1; i--) {
        uint32_t j = random_below(stream, i);
        uint32_t swapped = order[i - 1];
        order[i - 1] = order[j];
        order[j] = swapped;
    }
}
