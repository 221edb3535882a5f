/* sobol.c - points of Sobol's sequence, scrambled by the seed (sobol_points.h): they cover the
 * space more evenly than independent draws, whatever their number; a power of two covers it best.
 * Each parameter has a dimension of its own, in the order of the study. */
#include "coordinator/search/samplers/sampler.h"
#include "coordinator/search/samplers/sobol_points.h"

_Static_assert(SPACE_MAX <= SOBOL_DIMENSIONS_MAX, "each parameter needs a dimension");

static void sample(void *state, const struct search *search, uint32_t candidate, double *values)
{
    (void)state;
    for (size_t i = 0; i < search->space.count; i++) {
        uint32_t point =
            sobol_scramble(sobol_point(candidate, (unsigned)i), search->settings.seed, (unsigned)i);
        values[i] = space_value(&search->space, i, (double)point / 4294967296.0);
    }
    space_deactivate(&search->space, values);
}

const struct sampler_class sampler_sobol = {.name = "sobol", .sample = sample};
