/* forecast.h - what a search will cost: the search core, run to its end by the simulator. */
#ifndef LRSWEEP_COORDINATOR_PLANNING_FORECAST_H
#define LRSWEEP_COORDINATOR_PLANNING_FORECAST_H

#include "coordinator/search/simulator.h"

#include <jansson.h>

/* Where the costs come from. */
enum forecast_rate {
    FORECAST_NO_RATE, /* nowhere: an epoch, or a step, is the unit of time */
    FORECAST_GIVEN,   /* the user told the seconds of an epoch */
    FORECAST_MEASURED
};

struct forecast_options {
    const json_t *document; /* the resolved study */
    uint64_t train_samples; /* 0: not known */
    uint32_t trainers;
    bool restarts; /* the trainer leaves no checkpoints */
    enum forecast_rate rate;
    struct simulator_costs costs;
    unsigned measured_with; /* trainers at once, where the rate was measured */
    double cpu_share;       /* of its time that a trainer had a core meanwhile; NaN: not known */
    double diverging;       /* share of the candidates that is taken to diverge early */
};

/* The search on some number of trainers. Times are in seconds, or in the time of an epoch (a step
 * where those are not known) with FORECAST_NO_RATE. */
struct forecast_case {
    uint32_t trainers;
    double wall_s;
    double utilisation; /* share of the trainers' time, start-up included, that trials took */
    double epochs;      /* NaN: not known */
    uint64_t steps;
    double event_us; /* this computer's time for an event, simulation included */
};

struct forecast_rung {
    struct search_rung rung; /* as the search left it */
    struct simulator_rung cost;
};

struct forecast {
    struct forecast_options options;
    struct forecast_case wanted, half, twice; /* half.trainers is 0 where there was only one */
    uint32_t candidates;                      /* that the search looked at */
    uint32_t diverged;                        /* of these */
    enum search_close close;
    struct forecast_rung *rungs; /* [rung_count], with the wanted trainers */
    size_t rung_count;
};

/* False: error is set, nothing is left. */
bool forecast_create(struct forecast *forecast, const struct forecast_options *options,
                     struct error *error);
void forecast_destroy(struct forecast *forecast);

/* On standard output, for people; as JSON, for scripts: a new reference. */
void forecast_print(const struct forecast *forecast);
json_t *forecast_json(const struct forecast *forecast);

#endif
