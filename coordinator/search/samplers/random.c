/* random.c - independent draws (Bergstra and Bengio, "Random search for hyper-parameter
 * optimization", JMLR 2012). */
#include "common/random.h"
#include "coordinator/search/samplers/sampler.h"

/* Every parameter takes one draw, whether the candidate has it or not: a candidate's rate does not
 * change when a schedule gains a parameter. */
void sample_random(const struct search *search, uint32_t candidate, double *values)
{
    struct random_stream stream;
    random_open(&stream, search->settings.seed, RANDOM_CANDIDATE, candidate);
    for (size_t i = 0; i < search->space.count; i++)
        values[i] = space_value(&search->space, i, random_uniform(&stream));
    space_deactivate(&search->space, values);
}

static void sample(void *state, const struct search *search, uint32_t candidate, double *values)
{
    (void)state;
    sample_random(search, candidate, values);
}

const struct sampler_class sampler_random = {.name = "random", .sample = sample};
