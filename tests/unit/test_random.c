/* test_random.c - keyed random numbers against published vectors and their own promises. */
#include "common/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The known-answer vectors that the authors publish with Random123 (kat_vectors, philox4x32 10). */
static void philox_gives_the_published_vectors(void **state)
{
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], expected[4];
    } vectors[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        uint32_t out[4];
        random_philox(vectors[i].counter, vectors[i].key, out);
        for (int j = 0; j < 4; j++)
            assert_int_equal(out[j], vectors[i].expected[j]);
    }
}

static void filling_gives_the_blocks_of_the_same_key(void **state)
{
    (void)state;
    enum { COUNT = 700 }; /* rows of 64 counters: two whole groups and a part */
    uint32_t bits[COUNT + 1], shorter[10];
    bits[COUNT] = 77;
    random_fill(0x123456789ULL, RANDOM_DROPOUT, 0xabcdef012ULL, bits, COUNT);
    assert_int_equal(bits[COUNT], 77);
    for (uint32_t i = 0; i < COUNT; i++) {
        const uint32_t counter[4] = {i / 256 * 64 + i % 64, RANDOM_DROPOUT, 0xbcdef012U, 0xa};
        const uint32_t key[2] = {0x23456789U, 1};
        uint32_t out[4];
        random_philox(counter, key, out);
        assert_int_equal(bits[i], out[i % 256 / 64]);
    }
    random_fill(0x123456789ULL, RANDOM_DROPOUT, 0xabcdef012ULL, shorter, 10);
    assert_memory_equal(bits, shorter, sizeof shorter);
}

static void a_stream_depends_on_seed_purpose_and_index_alone(void **state)
{
    (void)state;
    struct random_stream first, again, other;
    random_open(&first, 7, RANDOM_SHUFFLE, 3);
    random_open(&again, 7, RANDOM_SHUFFLE, 3);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(random_bits(&first), random_bits(&again));
    const struct {
        uint64_t seed;
        enum random_purpose purpose;
        uint64_t index;
    } others[] = {{8, RANDOM_SHUFFLE, 3},
                  {7, RANDOM_INITIAL, 3},
                  {7, RANDOM_SHUFFLE, 4},
                  {7 + (1ULL << 32), RANDOM_SHUFFLE, 3},
                  {7, RANDOM_SHUFFLE, 3 + (1ULL << 32)}};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        random_open(&first, 7, RANDOM_SHUFFLE, 3);
        random_open(&other, others[i].seed, others[i].purpose, others[i].index);
        int equal = 0;
        for (int j = 0; j < 64; j++)
            equal += random_bits(&first) == random_bits(&other);
        assert_true(equal <= 1);
    }
}

static void draws_have_the_moments_of_their_distributions(void **state)
{
    (void)state;
    enum { draws = 200000 };
    struct random_stream stream;
    random_open(&stream, 1, RANDOM_GENERATE, 0);
    double sum = 0, squares = 0, normal_sum = 0, normal_squares = 0;
    for (int i = 0; i < draws; i++) {
        double u = random_uniform(&stream), z = random_normal(&stream);
        assert_true(u >= 0.0 && u < 1.0 && isfinite(z));
        sum += u;
        squares += u * u;
        normal_sum += z;
        normal_squares += z * z;
    }
    /* Bounds of five standard errors. */
    assert_true(fabs(sum / draws - 0.5) < 5 * 0.2887 / sqrt(draws));
    assert_true(fabs(squares / draws - 1.0 / 3) < 5 * 0.2981 / sqrt(draws));
    assert_true(fabs(normal_sum / draws) < 5 * 1.0 / sqrt(draws));
    assert_true(fabs(normal_squares / draws - 1) < 5 * sqrt(2.0) / sqrt(draws));
}

static void below_is_uniform_and_in_range(void **state)
{
    (void)state;
    enum { bound = 7, draws = 70000 };
    struct random_stream stream;
    random_open(&stream, 2, RANDOM_GENERATE, 0);
    int count[bound] = {0};
    for (int i = 0; i < draws; i++) {
        uint32_t value = random_below(&stream, bound);
        assert_true(value < bound);
        count[value]++;
    }
    for (int i = 0; i < bound; i++)
        assert_true(fabs(count[i] - draws / (double)bound) < 5 * sqrt(draws / (double)bound));
    assert_int_equal(random_below(&stream, 1), 0);
}

static void a_permutation_holds_every_number_once(void **state)
{
    (void)state;
    uint32_t order[1000];
    int seen[1000] = {0}, fixed = 0;
    struct random_stream stream;
    random_open(&stream, 3, RANDOM_SHUFFLE, 9);
    random_permutation(&stream, order, 1000);
    for (uint32_t i = 0; i < 1000; i++) {
        seen[order[i]]++;
        fixed += order[i] == i;
    }
    for (int i = 0; i < 1000; i++)
        assert_int_equal(seen[i], 1);
    assert_true(fixed < 10); /* the expected number of fixed points is 1 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_the_published_vectors),
        cmocka_unit_test(filling_gives_the_blocks_of_the_same_key),
        cmocka_unit_test(a_stream_depends_on_seed_purpose_and_index_alone),
        cmocka_unit_test(draws_have_the_moments_of_their_distributions),
        cmocka_unit_test(below_is_uniform_and_in_range),
        cmocka_unit_test(a_permutation_holds_every_number_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
