/* random.h - keyed, counter-based random numbers.
 *
 * A stream is a pure function of (seed, purpose, index): never of a rank, an order or the time. Two
 * processes that open the same stream draw the same numbers. Philox4x32-10 from Salmon, Moraes,
 * Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011, section 3.3. */
#ifndef LRSWEEP_COMMON_RANDOM_H
#define LRSWEEP_COMMON_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* What the numbers are for. The values are part of every result: never renumber them. */
enum random_purpose {
    RANDOM_CANDIDATE = 1, /* index: candidate number */
    RANDOM_INITIAL = 2,   /* initial weights; index: layer number */
    RANDOM_SHUFFLE = 3,   /* batch order; index: epoch number */
    RANDOM_DROPOUT = 4,   /* index: step and layer */
    RANDOM_AUGMENT = 5,   /* index: epoch << 32 | sample */
    RANDOM_GENERATE = 6,  /* generated data sets; index: sample number */
    RANDOM_SPLIT = 7,     /* stratified splits; index: class */
    RANDOM_SEARCH = 8,    /* decisions of a scheduler; index: decision number */
    RANDOM_REPEAT = 9,    /* seeds of repeats; index: repeat number */
    RANDOM_SEED = 10,     /* seeds of candidates that share none; index: candidate number */
    RANDOM_SCRAMBLE = 11, /* Sobol's points; index: dimension and part of the tree (sobol.c) */
    RANDOM_STRATA = 12,   /* a Latin hypercube's strata; index: parameter */
    RANDOM_MODEL = 13,    /* which observations a model keeps; index: observation number */
    RANDOM_SIMULATE = 64  /* what the simulator makes up; index: its own */
};

struct random_stream {
    uint32_t key[2];
    uint32_t counter[4];
    uint32_t block[4]; /* the numbers of the current counter */
    unsigned used;     /* how many of them are spent */
};

/* One block of Philox4x32-10, for tests against the published vectors and for random access. */
void random_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

void random_open(struct random_stream *stream, uint64_t seed, enum random_purpose purpose,
                 uint64_t index);

uint32_t random_bits(struct random_stream *stream);

/* Fills bits[count] with numbers of (seed, purpose, index), several times as fast as one by one and
 * in an order of its own: not that of a stream. */
void random_fill(uint64_t seed, enum random_purpose purpose, uint64_t index, uint32_t *bits,
                 size_t count);

/* Uniform in [0, 1), 53 random bits. */
double random_uniform(struct random_stream *stream);

/* Uniform in [0, bound), without bias (Lemire, "Fast random integer generation in an interval", ACM
 * TOMACS 2019, algorithm 5). bound > 0. */
uint32_t random_below(struct random_stream *stream, uint32_t bound);

/* Standard normal (Box and Muller 1958, the cosine branch; two uniforms a draw). */
double random_normal(struct random_stream *stream);

/* A uniformly drawn order of 0 .. count-1 (Fisher and Yates, Durstenfeld's form). */
void random_permutation(struct random_stream *stream, uint32_t *order, uint32_t count);

#endif
