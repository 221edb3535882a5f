/* pbt.h - population-based training (Jaderberg et al., "Population based training of neural
 * networks", 2017): all candidates are trained side by side; at every multiple of `interval` the
 * worst `quantile` of them are replaced by copies of the best, weights and all (exploit, by
 * truncation), whose parameters are then changed (explore.h).
 *
 * A copy is a trial of its own, which branches from its parent's checkpoint: every trial has one
 * candidate. Those that diverged or failed are among the worst, however many they are. The rungs
 * are the ends of the intervals.
 *
 * Synchronous (the default): a generation is ranked when all of it has settled. The same for any
 * number of trainers.
 *
 * Asynchronous, as in the paper: a member is judged when it gets to its interval's end, by the
 * newest values of all, and begins where the member that it copies was judged last. It copies none
 * that is behind it, so that every member gets on to the full budget. */
#ifndef LRSWEEP_COORDINATOR_SEARCH_SCHEDULERS_PBT_H
#define LRSWEEP_COORDINATOR_SEARCH_SCHEDULERS_PBT_H

#include "common/random.h"
#include "coordinator/search/schedulers/explore.h"

struct pbt_settings {
    struct explore explore;
    double quantile;
};

/* How many of `count` are exploited, or replaced: floor(quantile count). */
uint32_t pbt_share(const struct pbt_settings *settings, uint32_t count);

/* Numbers for the choice of parents; `decision` must not repeat. */
void pbt_open_choice(const struct search *search, uint32_t decision, struct random_stream *stream);

/* Makes a copy of `parent`, which rests at the end of rung `level`, changes its parameters and
 * gives it the next rung's budget. SEARCH_NO_TRIAL: out of memory. */
uint32_t pbt_copy(const struct pbt_settings *settings, struct search *search, uint32_t parent,
                  uint32_t level);

/* Stops a trial whose place a copy of `parent` takes. */
void pbt_replace(struct search *search, uint32_t trial, uint32_t parent, double parent_value);

/* The asynchronous way; as in struct scheduler_class. NULL: out of memory. */
struct population;
struct population *population_create(const struct search *search,
                                     const struct pbt_settings *settings);
void population_destroy(struct population *population);
uint32_t population_next(struct population *population, struct search *search);
void population_settled(struct population *population, struct search *search, uint32_t trial);
bool population_exhausted(const struct population *population, const struct search *search);

#endif
