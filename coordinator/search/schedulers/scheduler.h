/* scheduler.h - how much budget each candidate gets. One file a family, one row of schedulers.c's
 * table. */
#ifndef LRSWEEP_COORDINATOR_SEARCH_SCHEDULERS_SCHEDULER_H
#define LRSWEEP_COORDINATOR_SEARCH_SCHEDULERS_SCHEDULER_H

#include "coordinator/search/state.h"

struct scheduler_class {
    const char *name;
    bool branches; /* it makes trials of copies of others' checkpoints */
    /* Adds the brackets and rungs. Returns its own state; NULL: failed, error is set. */
    void *(*create)(struct search *search, struct error *error);
    void (*destroy)(void *state);
    /* Picks the trial that a free trainer shall train, to the budget of trial->rung (which it may
     * raise), or to trial->pause (which it may set) before it. SEARCH_NO_TRIAL: none now; then
     * nothing has changed, for such a request is not recorded. */
    uint32_t (*next)(void *state, struct search *search);
    /* `trial` reached its rung's budget (search_survives) or left the search: it then stops it,
     * promotes it, retires it as complete, or lets it wait. */
    void (*settled)(void *state, struct search *search, uint32_t trial);
    /* `trial` was given back at the step trial->pause, as planned: next() is to return it again,
     * behind those that wait. NULL: the scheduler plans no pauses. */
    void (*paused)(void *state, struct search *search, uint32_t trial);
    /* Nothing will ever come from next() again unless a trial that runs now changes that. */
    bool (*exhausted)(const void *state, const struct search *search);
    /* The search proper is over: stops the trials that still wait for a promotion. NULL: none do.
     */
    void (*end)(void *state, struct search *search);
};

extern const struct scheduler_class scheduler_none;
extern const struct scheduler_class scheduler_sha;
extern const struct scheduler_class scheduler_asha;
extern const struct scheduler_class scheduler_hyperband;
extern const struct scheduler_class scheduler_median;
extern const struct scheduler_class scheduler_pbt;

/* NULL: no such scheduler. */
const struct scheduler_class *scheduler_find(const char *name);

#endif
