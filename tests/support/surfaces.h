/* surfaces.h - functions with known minima, to search on. */
#ifndef LRSWEEP_TESTS_SUPPORT_SURFACES_H
#define LRSWEEP_TESTS_SUPPORT_SURFACES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct surface {
    const char *name;
    const char *space; /* of a study: JSON */
    double minimum;
    bool held_out;                         /* the samplers' constants were not chosen with it */
    double (*value)(const double *values); /* of a candidate, in the space's order */
};

extern const struct surface surfaces[];
extern const size_t surface_count;

/* The best value that `candidates` one after the other find. sampler: a study's search group with
 * the sampler's keys. */
double surface_search(const struct surface *surface, const json_t *sampler, unsigned candidates,
                      uint64_t seed);

#endif
