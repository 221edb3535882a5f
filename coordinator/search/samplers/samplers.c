/* samplers.c - the table of samplers. */
#include "coordinator/search/samplers/sampler.h"

#include <string.h>

static const struct sampler_class *const samplers[] = {
    &sampler_random, &sampler_grid, &sampler_sobol, &sampler_lhs, &sampler_tpe, &sampler_list};

const struct sampler_class *sampler_find(const char *name)
{
    for (size_t i = 0; i < sizeof samplers / sizeof samplers[0]; i++)
        if (strcmp(samplers[i]->name, name) == 0)
            return samplers[i];
    return NULL;
}
