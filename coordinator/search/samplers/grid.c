/* grid.c - every combination of grids and choices, the last parameter of the file changing fastest.
 */
#include "coordinator/search/samplers/sampler.h"

#include <math.h>

/* Of a study that was not checked there may be more than any number of candidates reaches. */
static uint64_t combinations(const struct space *space, int parent, size_t choice)
{
    return (uint64_t)fmin(space_combinations(space, parent, choice), 1e18);
}

static uint64_t candidates(const struct search *search, const json_t *document)
{
    (void)document;
    return combinations(&search->space, -1, 0);
}

/* Writes combination number `number` of the same parameters. */
static void decode(const struct space *space, int parent, size_t choice, uint64_t number,
                   double *values)
{
    for (size_t i = space->count; i > 0; i--) {
        const struct parameter *parameter = &space->parameters[i - 1];
        if (parameter->parent != parent || (parent >= 0 && parameter->parent_choice != choice))
            continue;
        uint64_t sum = 0;
        for (size_t value = 0; value < parameter->count && sum < UINT64_MAX / 2; value++)
            sum += combinations(space, (int)(i - 1), value);
        if (sum == 0)
            continue; /* a distribution without values: the study file refuses that */
        uint64_t digit = number % sum;
        number /= sum;
        size_t value = 0;
        for (uint64_t below; digit >= (below = combinations(space, (int)(i - 1), value)); value++)
            digit -= below;
        values[i - 1] = (double)value;
        decode(space, (int)(i - 1), value, digit, values);
    }
}

static void sample(void *state, const struct search *search, uint32_t candidate, double *values)
{
    (void)state;
    for (size_t i = 0; i < search->space.count; i++)
        values[i] = NAN;
    decode(&search->space, -1, 0, candidate, values);
}

const struct sampler_class sampler_grid = {
    .name = "grid", .candidates = candidates, .sample = sample};
