/* state.h - the search's own state, for its schedulers and samplers; not for callers of search.h.
 */
#ifndef LRSWEEP_COORDINATOR_SEARCH_STATE_H
#define LRSWEEP_COORDINATOR_SEARCH_STATE_H

#include "coordinator/search/queue.h"
#include "coordinator/search/search.h"

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
    bool independent_seeds;
    bool restarts; /* there are no checkpoints: every segment begins at step 0 */
    uint32_t finalists, repeats;
    double total_epochs, target; /* stopping rules; NaN: none */
    uint32_t patience;           /* 0: none */
};

enum search_phase {
    PHASE_SEARCHING,
    PHASE_CLOSING, /* closed before its end: what runs is being stopped */
    PHASE_FINALS,  /* the finalists are repeated */
    PHASE_OVER
};

struct search_bracket {
    size_t first; /* index of its first rung */
    size_t count;
};

struct search {
    const json_t *document; /* borrowed: a scheduler reads its own keys there */
    struct search_settings settings;
    struct space space;
    const struct sampler_class *sampler;
    void *sampler_state; /* NULL: it has none */
    const struct scheduler_class *scheduler;
    void *scheduler_state;
    enum search_phase phase;
    enum search_close close;
    struct search_trial *trials;
    uint32_t trial_count, trial_room;
    uint32_t sampled;     /* candidates that the sampler has made */
    struct queue retries; /* trials to go on with before anything else */
    struct search_rung *rungs;
    size_t rung_count, rung_room;
    struct search_bracket *brackets;
    size_t bracket_count, bracket_room;
    struct search_finalist *finalists;
    size_t finalist_count;
    uint32_t leader; /* the best candidate as the search stands; SEARCH_NO_TRIAL: none */
    uint32_t running;
    uint32_t trainers;    /* of the job, as last told; 0: unknown */
    double epochs;        /* trained by all, lost work not counted */
    uint64_t steps_again; /* of work that was thrown away, as no checkpoint was left */
    double epochs_again;
    double best_metric;            /* of all trials, NaN: none */
    uint32_t fruitless;            /* candidates in a row whose first rung brought nothing better */
    uint64_t events;               /* fed so far */
    struct search_action *actions; /* of the step under way */
    size_t action_count, action_room;
    bool out_of_memory;
};

/* --- for schedulers --- */

/* Begins a bracket; the rungs added next are its own. False: out of memory. */
bool search_add_bracket(struct search *search);

/* Adds a rung to the newest bracket, for at most `quota` candidates. False: out of memory. */
bool search_add_rung(struct search *search, double budget, uint32_t quota);

/* Rung `level` of a bracket. The pointer is good until a rung is added. */
struct search_rung *search_bracket_rung(struct search *search, size_t bracket, uint32_t level);

/* Whether the sampler has more candidates to make. */
bool search_has_candidates(const struct search *search);

/* Makes the next candidate, in rung 0 of `bracket`, and returns its number; SEARCH_NO_TRIAL: there
 * are no more. */
uint32_t search_new_trial(struct search *search, uint32_t bracket);

/* Gives a trial that does not run the budget of the next rung of its bracket. */
void search_promote(struct search *search, uint32_t trial);

/* Makes a trial that goes on from the checkpoint that is kept of `parent`, in its bracket and rung,
 * with its candidate: the caller may change values before this step ends. It is no
 * further candidate of the sampler's. SEARCH_NO_TRIAL: out of memory. */
uint32_t search_branch_trial(struct search *search, uint32_t parent);

/* Appends an action to the step under way; SEARCH_CHANGED once a trial. */
void search_act(struct search *search, enum search_action_kind kind, uint32_t trial);

/* The checkpoint that `attempt` of the trial left is needed no more. */
void search_release(struct search *search, uint32_t trial, uint32_t attempt);

/* Takes a trial that does not run out of the search: TRIAL_COMPLETE, TRIAL_DIVERGED ... */
void search_retire(struct search *search, uint32_t trial, enum trial_state state);

/* The same as TRIAL_STOPPED, and why. */
void search_stop_trial(struct search *search, uint32_t trial, enum search_stop why, double against);

/* Whether a trial's rung result counts for promotion. */
bool search_survives(const struct search_trial *trial);

/* Whether trial a's rung result is better than b's: survivors before the others, then the lower
 * final value, ties to the lower number. */
bool search_ranks_before(const struct search *search, uint32_t a, uint32_t b);

/* --- between the files of the core --- */

/* Grows *array, of elements of `bytes`, to hold at least `count` of them. */
bool search_reserve(void **array, size_t *room, size_t count, size_t bytes);

/* A trial without a candidate yet; SEARCH_NO_TRIAL: out of memory. */
uint32_t search_append_trial(struct search *search);

/* stopping.c: takes note of what trial's event told, and whether a rule closes the search now. */
void stopping_note(struct search *search, uint32_t trial, uint64_t step, bool first_result);
enum search_close stopping_rule(const struct search *search);

/* finals.c: picks the finalists, when the search proper is over. False: there are none to repeat.
 */
bool finals_begin(struct search *search);
/* The next repeat to train; SEARCH_NO_TRIAL: all were started. */
uint32_t finals_next(struct search *search);
/* `trial`, a repeat, is complete or was lost. */
void finals_settled(struct search *search, uint32_t trial);
/* Trials changed, those that the step's actions name: who leads now? */
void finals_note_leader(struct search *search);

#endif
