/* halving.h - synchronous successive halving of one bracket: `sha` is one, Hyperband loops over
 * many (Jamieson and Talwalkar, "Non-stochastic best arm identification and hyperparameter
 * optimization", AISTATS 2016; the form with minimum and maximum budget is algorithm 1 of Li et
 * al., "A system for massively parallel hyperparameter tuning", MLSys 2020).
 *
 * Rung k takes floor(candidates / eta^k) candidates. The best of a rung go on when all of it has
 * settled. Those that diverged or failed never go on: if too few are left, the next rung is
 * smaller. */
#ifndef LRSWEEP_COORDINATOR_SEARCH_SCHEDULERS_HALVING_H
#define LRSWEEP_COORDINATOR_SEARCH_SCHEDULERS_HALVING_H

#include "coordinator/search/schedulers/cohort.h"
#include "coordinator/search/schedulers/contenders.h"

struct halving {
    uint32_t bracket;
    uint32_t candidates; /* of the first rung */
    uint32_t level;      /* under way */
    bool over;
    struct cohort cohort;
    struct contenders contenders; /* of the rung under way */
};

/* The bracket's rungs stand already. Several may share a bracket, one after the other. */
void halving_begin(struct halving *halving, uint32_t bracket, uint32_t candidates);
void halving_destroy(struct halving *halving);

/* How many candidates a rung takes when the first takes `candidates`: one at least. */
uint32_t halving_quota(uint32_t candidates, uint32_t eta, uint32_t level);

/* A trial to train, a new one while the first rung is not full; SEARCH_NO_TRIAL: none now. */
uint32_t halving_next(struct halving *halving, struct search *search);
bool halving_is_full(const struct halving *halving);

/* A trial of this one settled. Whether there are trials to train again: some were promoted. */
bool halving_settled(struct halving *halving, struct search *search, uint32_t trial);

#endif
