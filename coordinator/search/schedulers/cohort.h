/* cohort.h - trials that are trained side by side to the budget of one rung, and compared when all
 * of them are there: what synchronous schedulers are made of.
 *
 * Where a cohort does not divide among the trainers, the last of it are trained in turns, a part of
 * the budget at a time, so that no trainer waits idle for the others (McNaughton, "Scheduling with
 * deadlines and loss functions", Management Science 1959: with preemption the shortest schedule is
 * the mean load). Whoever has most left goes on first. A result does not depend on where its
 * training was paused. */
#ifndef LRSWEEP_COORDINATOR_SEARCH_SCHEDULERS_COHORT_H
#define LRSWEEP_COORDINATOR_SEARCH_SCHEDULERS_COHORT_H

#include "coordinator/search/heap.h"
#include "coordinator/search/state.h"

/* All zero but for `expected`: a cohort that nobody has joined. */
struct cohort {
    uint32_t *members; /* [count], in the order in which they start */
    size_t room;
    uint32_t count;
    uint32_t expected; /* members that it will have: those to come take part in the turns */
    uint32_t started;  /* of members, given to a trainer */
    uint32_t settled;
    bool takes_turns;
    struct heap resuming; /* members that were given back at the end of their turn, by what they
                             still have to train */
};

void cohort_destroy(struct cohort *cohort);

/* False: out of memory. */
bool cohort_join(struct cohort *cohort, uint32_t trial);

/* The next member to train, its turn planned; SEARCH_NO_TRIAL: none waits. */
uint32_t cohort_next(struct cohort *cohort, struct search *search);
bool cohort_waits(const struct cohort *cohort);

/* A member was given back at the end of its turn. False: out of memory. */
bool cohort_paused(struct cohort *cohort, const struct search *search, uint32_t trial);

/* A member settled. Whether it was the last one. */
bool cohort_settled(struct cohort *cohort);

/* Sorts the members, the best first (search_ranks_before). */
void cohort_rank(struct cohort *cohort, const struct search *search);

/* Keeps the first `count` members, who go on to a rung of their own. */
void cohort_restart(struct cohort *cohort, uint32_t count);

#endif
