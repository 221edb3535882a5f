/* state.h - the search's own state, for its schedulers and samplers; not for callers of search.h.
 */
#ifndef LRSWEEP_COORDINATOR_SEARCH_STATE_H
#define LRSWEEP_COORDINATOR_SEARCH_STATE_H

#include "coordinator/search/search.h"

#define SEARCH_NO_TRIAL  UINT32_MAX
#define SEARCH_RUNGS_MAX 64

struct sampler_class;
struct scheduler_class;

struct search_settings {
    uint64_t seed;
    uint32_t candidates;
    uint32_t eta;
    double min_budget, max_budget; /* in search.unit */
    bool epochs;                   /* search.unit is epochs, else steps */
    uint64_t train_samples;
    uint64_t batch_size; /* of the study; a candidate may bring its own */
    uint32_t retries;
};

struct search {
    struct search_settings settings;
    struct space space;
    const struct sampler_class *sampler;
    const struct scheduler_class *scheduler;
    void *scheduler_state;
    struct search_trial *trials;
    uint32_t trial_count, trial_room;
    uint32_t *retries; /* trials to go on with before anything else, a queue */
    size_t retry_first, retry_count, retry_room;
    struct search_rung rungs[SEARCH_RUNGS_MAX];
    size_t rung_count;
    uint32_t running;
    uint64_t events;               /* fed so far */
    struct search_action *actions; /* of the step under way */
    size_t action_count, action_room;
    bool out_of_memory;
};

/* Makes the next candidate and returns its number; SEARCH_NO_TRIAL: there are no more. */
uint32_t search_new_trial(struct search *search);

/* Appends an action to the step under way; SEARCH_CHANGED once a trial. */
void search_act(struct search *search, enum search_action_kind kind, uint32_t trial);

/* Takes a trial that does not run out of the search: TRIAL_STOPPED, TRIAL_COMPLETE ... */
void search_retire(struct search *search, uint32_t trial, enum trial_state state);

/* Whether a trial's rung result counts for promotion. */
bool search_survives(const struct search_trial *trial);

#endif
