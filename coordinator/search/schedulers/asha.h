/* asha.h - asynchronous successive halving (Li et al., "A system for massively parallel
 * hyperparameter tuning", MLSys 2020, algorithm 2), in one bracket or in several: `asha` and
 * asynchronous Hyperband.
 *
 * variant "promotion", the paper's: a free trainer goes on with a trial that is among the best
 * 1/eta of those that settled in its rung and was not promoted yet, the highest rung first; if
 * there is none, it begins a new candidate. When no candidates are left, trainers without work wait
 * for results that make others promotable. If then nothing runs any more and no trial got the full
 * budget, the best of the highest rung is promoted nevertheless, until one did: a recommendation
 * has always been trained in full, unless all candidates were lost.
 *
 * variant "stopping", as Ray's AsyncHyperBandScheduler and Syne Tune have it: a trial goes on at
 * once unless it is outside the best 1/eta of those that came to its rung before it, itself
 * included; of the first eta - 1 all go on. Needs no candidate to wait, and looks at fewer.
 *
 * A diverged trial counts in its rung as the worst, a failed one (it says nothing about its
 * candidate) not at all. */
#ifndef LRSWEEP_COORDINATOR_SEARCH_SCHEDULERS_ASHA_H
#define LRSWEEP_COORDINATOR_SEARCH_SCHEDULERS_ASHA_H

#include "coordinator/search/state.h"

struct asha;

/* Works the brackets that were added to the search already: candidates are dealt to them in turn,
 * shares[i] at a time to bracket i. stopping: the variant. NULL: out of memory. */
struct asha *asha_create(struct search *search, const uint32_t *shares, bool stopping);
void asha_destroy(void *asha);

/* As in struct scheduler_class. */
uint32_t asha_next(void *asha, struct search *search);
void asha_settled(void *asha, struct search *search, uint32_t trial);
bool asha_exhausted(const void *asha, const struct search *search);
void asha_end(void *asha, struct search *search);

#endif
