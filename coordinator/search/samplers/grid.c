/* grid.c - every combination of grids and choices, the last parameter of the file changing fastest.
 *
 * A parameter that comes with one choice only (a schedule's) multiplies that choice alone. */
#include "coordinator/search/samplers/sampler.h"

#include <math.h>

/* Combinations of the parameters that hang on `choice` of `parent` (-1: on nothing), counting those
 * that in turn hang on them. */
static uint64_t combinations(const struct space *space, int parent, size_t choice)
{
    uint64_t product = 1;
    for (size_t i = 0; i < space->count; i++) {
        const struct parameter *parameter = &space->parameters[i];
        if (parameter->parent != parent || (parent >= 0 && parameter->parent_choice != choice))
            continue;
        uint64_t sum = 0;
        for (size_t value = 0; value < parameter->count; value++)
            sum += combinations(space, (int)i, value);
        if (sum > 0 && product > UINT64_MAX / sum)
            return UINT64_MAX;
        product *= sum;
    }
    return product;
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
        for (size_t value = 0; value < parameter->count; value++)
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
