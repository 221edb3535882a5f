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
    double noise;                          /* deviation of what is measured, see below */
    bool fitted;                           /* the samplers' constants were chosen with it */
    double (*value)(const double *values); /* of a candidate, in the space's order */
};

/* Those that were looked at when the samplers' constants were chosen: most of the constants with
 * the fitted ones alone, the last two (the weights of the best, the least width) in the light of
 * all. None of them is held out. */
extern const struct surface surfaces[];
extern const size_t surface_count;

/* Those that were written down when the constants stood, before any sampler was run on them. */
extern const struct surface blind_surfaces[];
extern const size_t blind_surface_count;

/* What a search is told of a candidate: the value and, with noise, a number drawn from about a
 * normal distribution that is the same whenever the candidate is measured again. */
double surface_measured(const struct surface *surface, const double *values);

/* `candidates` one after the other: regret[i] is how far above the minimum that candidate really is
 * which measured best of the first i + 1. regret: [candidates], NaN from where the search failed.
 * sampler: a study's search group with the sampler's keys. */
void surface_search(const struct surface *surface, const json_t *sampler, unsigned candidates,
                    uint64_t seed, double *regret);

#endif
