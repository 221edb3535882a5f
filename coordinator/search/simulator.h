/* simulator.h - drives a search core with trainers that do not exist, on a virtual clock.
 *
 * The search is the real one: what it decides for given results and a given order of events, it
 * would decide in a run. What is made up is how long things take (struct simulator_costs) and how
 * trials learn (struct simulator_learning; curves.h has a family). Trainers are alike. An event
 * costs O(log trainers); the same seed gives the same simulation. */
#ifndef LRSWEEP_COORDINATOR_SEARCH_SIMULATOR_H
#define LRSWEEP_COORDINATOR_SEARCH_SIMULATOR_H

#include "coordinator/search/search.h"

struct simulator_costs {
    double start_s;      /* until the trainers are ready */
    double epoch_s;      /* of an epoch's training, whatever the batch size; NaN: see step_s */
    double step_s;       /* of a step, where epoch_s is NaN or an epoch's steps are not known */
    double validation_s; /* of one validation */
    double fresh_s;  /* what a segment that begins a trial costs besides steps and validations */
    double resume_s; /* the same for one that goes on from a checkpoint */
    double spread;   /* a segment's steps take exp(spread * z) times as long, z normal; 0: no */
};

/* How trials learn. The functions know only the search and their context. */
struct simulator_learning {
    /* The validation value of a trial at a step. */
    double (*value)(const void *context, const struct search *search, uint32_t trial,
                    uint64_t step);
    /* The step after its start at which it diverges; UINT64_MAX: it does not. */
    uint64_t (*divergence)(const void *context, const struct search *search, uint32_t trial);
    const void *context;
};

struct simulator_options {
    uint32_t trainers; /* at least 1 */
    struct simulator_costs costs;
    struct simulator_learning learning;
    uint64_t validate_every; /* steps; 0: an epoch's, or none where those are not known */
    double wall_time_s;      /* then the search is told that its time is over; NaN: never */
    uint64_t seed;           /* of the spread */
};

/* What a rung, in the order of search_rung, took so far. */
struct simulator_rung {
    uint64_t steps;
    double epochs;         /* 0 where an epoch's steps are not known */
    double busy_s;         /* of all trainers together */
    double begun_s, end_s; /* when its first segment began and its last one ended; NaN: none */
};

struct simulator {
    struct search *search;
    double now_s;
    double busy_s;                /* trainers' time spent on segments that ended */
    uint64_t events;              /* that the search took, refused requests for work not counted */
    struct simulator_rung *rungs; /* [rung_count] */
    size_t rung_count;
    struct simulator_state *state; /* the simulator's own */
};

/* `search` is new, and borrowed, as is the learning's context. False: error is set, nothing is
 * left. */
bool simulator_create(struct simulator *simulator, struct search *search,
                      const struct simulator_options *options, struct error *error);
void simulator_destroy(struct simulator *simulator);

enum simulator_news { SIMULATOR_GOES_ON, SIMULATOR_FINISHED, SIMULATOR_FAILED };

/* On to the next event. SIMULATOR_FAILED: memory ran out, or the search wants nothing and is not
 * finished; error is set. */
enum simulator_news simulator_step(struct simulator *simulator, struct error *error);

/* To the end. */
bool simulator_run(struct simulator *simulator, struct error *error);

/* Steps and epochs of all rungs together. */
struct simulator_rung simulator_total(const struct simulator *simulator);

#endif
