/* sampler.h - how candidates are chosen. One file a sampler, one row of samplers.c's table.
 *
 * All but tpe are functions of the seed and a candidate's number alone: whatever order events come
 * in, candidate 17 is the same. tpe learns from the results that were known when a candidate was
 * made; the same events in the same order give the same candidates, which is what resume needs. */
#ifndef LRSWEEP_COORDINATOR_SEARCH_SAMPLERS_SAMPLER_H
#define LRSWEEP_COORDINATOR_SEARCH_SAMPLERS_SAMPLER_H

#include "coordinator/search/state.h"

struct sampler_class {
    const char *name;
    /* How many candidates there are. NULL: as many as are asked for. */
    uint64_t (*candidates)(const struct search *search, const json_t *document);
    /* The state that the functions below are given, when the search's settings are known and before
     * its first candidate. `document`: the resolved study, which outlives the state. NULL as a
     * function: there is none. NULL as a result: failed, error is set. */
    void *(*create)(const struct search *search, const json_t *document, struct error *error);
    void (*destroy)(void *state); /* NULL where create is */
    /* Fills values[space.count] of candidate number `candidate`, which becomes the newest trial.
     * Candidates are asked for one by one, from 0. */
    void (*sample)(void *state, const struct search *search, uint32_t candidate, double *values);
    /* `trial`, a candidate or a branch of one, has reached its rung's budget or left the search.
     * Called before the scheduler moves it on. NULL: results are of no interest. False: out of
     * memory. */
    bool (*observed)(void *state, const struct search *search, uint32_t trial);
};

extern const struct sampler_class sampler_random;
extern const struct sampler_class sampler_grid;
extern const struct sampler_class sampler_sobol;
extern const struct sampler_class sampler_lhs;
extern const struct sampler_class sampler_tpe;
extern const struct sampler_class sampler_list;

/* NULL: no such sampler. */
const struct sampler_class *sampler_find(const char *name);

/* random's draw of a candidate, for samplers that begin with such. */
void sample_random(const struct search *search, uint32_t candidate, double *values);

#endif
