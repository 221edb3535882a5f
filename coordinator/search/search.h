/* search.h - the search core: a pure state machine. Events in, actions out.
 *
 * No MPI, no clock, no files, no randomness but its own keyed generator. The dispatcher feeds it
 * what happened and carries out what it says; resume feeds it the recorded events again; the
 * simulator feeds it a virtual cluster's. The same events in the same order give the same search.
 *
 * Metrics are minimised. A trial is named by its number, counted from 0 in the order of creation.
 */
#ifndef LRSWEEP_COORDINATOR_SEARCH_SEARCH_H
#define LRSWEEP_COORDINATOR_SEARCH_SEARCH_H

#include "common/error.h"
#include "common/space.h"
#include "common/trial.h"
#include "common/verdict.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEARCH_NO_TRIAL UINT32_MAX

/* Why the search stopped a trial before its full budget. */
enum search_stop {
    SEARCH_STOP_NONE,
    SEARCH_STOP_RANK,     /* not among the best of its rung: the worst of them had `against` */
    SEARCH_STOP_MEDIAN,   /* its best value was worse than `against`, the median of the others */
    SEARCH_STOP_REPLACED, /* a copy of the trial `replaced_by`, which had `against`, goes on for it
                           */
    SEARCH_STOP_CLOSED    /* the search was closed (search_closed) */
};

/* A trial as the search sees it. */
struct search_trial {
    double *values; /* the candidate: [space.count] */
    enum trial_state state;
    enum verdict verdict;
    uint32_t bracket;  /* the bracket it belongs to */
    uint32_t rung;     /* of its bracket: the rung it is in, or ended in */
    uint32_t attempts; /* attempts started; the newest has this number */
    uint32_t turns;    /* of these, those that only took up the trial after a planned pause */
    uint32_t losses;   /* attempts lost since it last got on */
    uint32_t parent;   /* the trial that it branched from, or repeats; SEARCH_NO_TRIAL: none */
    bool repeat;       /* repeats its parent, a finalist, with a fresh seed */
    bool improved;     /* it once had the best metric of all */
    uint64_t seed;     /* of its weights, batch order, dropout ... */
    uint64_t step;     /* trained and kept in its checkpoint, if the trainers leave any */
    uint32_t kept;     /* step > 0: the attempt that left this checkpoint; 0: it was branched */
    bool dropped;      /* this checkpoint was released, though the trial is in the search, or is
                          complete */
    uint64_t counted;  /* furthest step that a report told of */
    uint64_t changed;  /* number of the event that changed it last */
    uint64_t target;   /* step at which the segment under way, or the next, ends */
    uint64_t pause;    /* step before it at which the trainer is to be given back; 0: none */
    uint64_t begun;    /* step at which it branched from its parent; 0: it began at the start */
    double metric;     /* best value so far, NaN: none */
    double final;      /* value at the last rung that it reached, NaN: none */
    enum search_stop stop;
    uint32_t replaced_by; /* SEARCH_NO_TRIAL: by none */
    double against;       /* what it was stopped for, NaN: no value */
};

/* A rung of a bracket: all its candidates get this budget. Most schedulers have one bracket. */
struct search_rung {
    uint32_t bracket;
    uint32_t level;    /* in its bracket, from 0: what search_trial calls rung */
    bool finals;       /* not the scheduler's: the finalists are repeated here */
    double budget;     /* in search.unit */
    uint32_t quota;    /* candidates that it takes if none leave the search too early; an
                          asynchronous scheduler may give it more */
    uint32_t entered;  /* candidates that were given this budget */
    uint32_t settled;  /* of these, reached the budget or left the search */
    uint32_t promoted; /* of these, went on to the next rung, copies that took their place too */
    uint32_t left;     /* of these, left the search without the full budget */
};

/* A finalist: one of the best candidates, trained again with fresh seeds. */
struct search_finalist {
    uint32_t trial;        /* the candidate */
    uint32_t repeats;      /* that were trained to the end */
    uint32_t lost;         /* that diverged or failed: it is then not recommended */
    double mean;           /* of the repeats' final values; NaN: none yet */
    double standard_error; /* of the mean; NaN: fewer than two repeats */
    bool tied;             /* within the error of the best mean */
};

/* Why no new candidates are made before all that were asked for were. */
enum search_close {
    SEARCH_OPEN,
    SEARCH_CLOSE_TARGET,   /* search.target was reached */
    SEARCH_CLOSE_EPOCHS,   /* search.total_epochs were trained */
    SEARCH_CLOSE_PATIENCE, /* search.patience candidates brought nothing better */
    SEARCH_CLOSE_TIME      /* the caller said so: search.wall_time is over */
};

enum search_event_kind {
    SEARCH_FREE,   /* a trainer has nothing to do; value: trainers of the job, NaN or 0: unknown */
    SEARCH_REPORT, /* a validation during a segment: trial, step, value */
    SEARCH_DONE,   /* a segment reached its target: trial, step, value (not finite: diverged) */
    SEARCH_DIVERGED, /* the trainer gave up: trial, step, verdict */
    SEARCH_PAUSED,   /* stopped on request with a checkpoint: trial, step */
    SEARCH_LOST,     /* the attempt is lost, the checkpoint before it stands: trial */
    SEARCH_TIME_OVER /* search.wall_time is over */
};

struct search_event {
    enum search_event_kind kind;
    uint32_t trial;
    uint32_t attempt; /* of the trial; an event of an older attempt is refused */
    uint64_t step;
    double value;
    enum verdict verdict;
};

enum search_action_kind {
    SEARCH_TRAIN,   /* train `trial` as attempt `attempt` from step `from` to step `to`, or to the
                       step `pause`, if that is not 0: then it is to be SEARCH_PAUSED */
    SEARCH_BRANCH,  /* `trial` is new and begins with its parent's checkpoint: make it a copy */
    SEARCH_STOP,    /* take `trial` from its trainer: SEARCH_PAUSED is to follow */
    SEARCH_CHANGED, /* what is known of `trial` changed */
    SEARCH_RELEASE  /* the checkpoint that attempt `attempt` of `trial` left is needed no more */
};

struct search_action {
    enum search_action_kind kind;
    uint32_t trial;
    uint32_t attempt;
    uint64_t from, to, pause;
};

/* What the caller must do now, in this order. Valid until the next step. */
struct search_update {
    const struct search_action *actions;
    size_t count;
};

struct search;

/* `document`: the resolved study, borrowed for the search's life. train_samples: of one epoch;
 * needed where budgets are in epochs. */
struct search *search_create(const json_t *document, uint64_t train_samples, struct error *error);
void search_destroy(struct search *search);

/* Before the first event: the trainers leave no checkpoints. Every segment then begins at step 0,
 * and what is trained again counts again. False: the scheduler copies trials, for which it needs
 * them.
 */
bool search_without_checkpoints(struct search *search, struct error *error);

/* Feeds one event. False: the event does not fit what is known (an older attempt, a trial that does
 * not run): nothing changed, nothing is to be done. A SEARCH_FREE that gets no SEARCH_TRAIN means:
 * nothing to do until another event comes, or ever (search_finished). */
bool search_step(struct search *search, const struct search_event *event,
                 struct search_update *update);

/* Memory ran out in a step: what the search says is not to be trusted any more. */
bool search_failed(const struct search *search);

/* No trial runs, none will. */
bool search_finished(const struct search *search);

const struct space *search_space(const struct search *search);
uint32_t search_trial_count(const struct search *search);
const struct search_trial *search_trial(const struct search *search, uint32_t trial);

/* The rungs of all brackets, bracket by bracket, and the one that a trial is in. */
size_t search_rung_count(const struct search *search);
const struct search_rung *search_rung(const struct search *search, size_t rung);
const struct search_rung *search_trial_rung(const struct search *search, uint32_t trial);

/* The budget that the rungs under way and to come still take, in search.unit, if no more trials are
 * lost: a rung fills up to its quota from those of the rung below that have not gone on or left.
 * Where the results decide how many go on (median, ASHA), more or less than it takes. */
double search_remaining_budget(const struct search *search);

enum search_close search_closed(const struct search *search);

/* What was trained again because no checkpoint was left, all trials together: steps, and epochs
 * where they are known. Lost attempts do not count. */
uint64_t search_steps_again(const struct search *search);
double search_epochs_again(const struct search *search);

/* How many candidates the search will have looked at when it is finished, repeats not counted. */
uint32_t search_candidates(const struct search *search);

/* The steps of `budget` (in search.unit) for this trial. */
uint64_t search_budget_steps(const struct search *search, uint32_t trial, double budget);

/* The same with the study's own batch size. */
uint64_t search_study_steps(const struct search *search, double budget);

/* Steps of an epoch for this trial. 0: epochs are unknown. */
uint64_t search_epoch_steps(const struct search *search, uint32_t trial);

/* The finalists, best first, as their repeats stand. None until the search proper is over. */
size_t search_finalist_count(const struct search *search);
const struct search_finalist *search_finalist(const struct search *search, size_t index);

/* The recommendation so far, a candidate. With finalists whose repeats are through: the best mean;
 * of those tied with it the cheapest, then the one whose repeats spread least (finals.c). Else the
 * complete trial with the best final value, ties to the lower number; before any is complete, the
 * best metric of those that are still in the search, or were when it was closed, and have a
 * checkpoint or are to leave one. False: none. */
bool search_best(const struct search *search, uint32_t *trial);

#endif
