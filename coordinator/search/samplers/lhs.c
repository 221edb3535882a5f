/* lhs.c - a Latin hypercube (McKay, Beckman and Conover, "A comparison of three methods for
 * selecting values of input variables in the analysis of output from a computer code",
 * Technometrics 1979, section 2.3): with n candidates each parameter's range is cut into n strata
 * of equal probability, and each holds one candidate, at a random place in it.
 *
 * A parameter that hangs on a choice has its strata too; those of candidates that do not have it
 * are lost. */
#include "common/random.h"
#include "coordinator/search/samplers/sampler.h"

#include <stdlib.h>

struct hypercube {
    uint32_t count;    /* candidates */
    uint32_t *stratum; /* [parameters][count] */
};

static void destroy(void *state)
{
    struct hypercube *cube = state;
    if (cube)
        free(cube->stratum);
    free(cube);
}

static void *create(const struct search *search, const json_t *document, struct error *error)
{
    (void)document;
    uint32_t count = search->settings.candidates;
    struct hypercube *cube = calloc(1, sizeof *cube);
    if (cube) {
        cube->count = count;
        cube->stratum = malloc(sizeof *cube->stratum * count * (search->space.count + 1));
    }
    if (!cube || !cube->stratum) {
        error_set(error, "out of memory");
        destroy(cube);
        return NULL;
    }
    for (size_t i = 0; i < search->space.count; i++) {
        struct random_stream stream;
        random_open(&stream, search->settings.seed, RANDOM_STRATA, i);
        random_permutation(&stream, cube->stratum + i * count, count);
    }
    return cube;
}

static void sample(void *state, const struct search *search, uint32_t candidate, double *values)
{
    const struct hypercube *cube = state;
    struct random_stream stream;
    random_open(&stream, search->settings.seed, RANDOM_CANDIDATE, candidate);
    for (size_t i = 0; i < search->space.count; i++) {
        double stratum = cube->stratum[i * cube->count + candidate % cube->count];
        values[i] = space_value(&search->space, i,
                                (stratum + random_uniform(&stream)) / (double)cube->count);
    }
    space_deactivate(&search->space, values);
}

const struct sampler_class sampler_lhs = {
    .name = "lhs", .create = create, .destroy = destroy, .sample = sample};
