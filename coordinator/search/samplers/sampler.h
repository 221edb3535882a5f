/* sampler.h - how candidates are chosen. One file a sampler, one row of samplers.c's table. */
#ifndef LRSWEEP_COORDINATOR_SEARCH_SAMPLERS_SAMPLER_H
#define LRSWEEP_COORDINATOR_SEARCH_SAMPLERS_SAMPLER_H

#include "coordinator/search/state.h"

struct sampler_class {
    const char *name;
    /* How many candidates there are; UINT64_MAX: as many as are asked for. */
    uint64_t (*candidates)(const struct space *space);
    /* Fills values[space.count] of candidate number `candidate`. */
    void (*sample)(const struct search *search, uint32_t candidate, double *values);
};

extern const struct sampler_class sampler_random;
extern const struct sampler_class sampler_grid;

/* NULL: no such sampler. */
const struct sampler_class *sampler_find(const char *name);

#endif
