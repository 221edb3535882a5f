/* pace.h - how fast the search gets on and how long it will still take. */
#ifndef LRSWEEP_COORDINATOR_DISPATCH_PACE_H
#define LRSWEEP_COORDINATOR_DISPATCH_PACE_H

#include "coordinator/dispatch/record.h"
#include "coordinator/view/progress.h"

struct pace {
    double started_s;   /* monotonic */
    double measured_s;  /* when `rate` was last brought up to date */
    double budget_done; /* in search.unit, since the start */
    double budget_measured;
    double rate; /* search.unit a second, smoothed; NaN: not measured yet */
};

void pace_start(struct pace *pace, double now_s);

/* `amount` of search.unit was trained. */
void pace_add(struct pace *pace, double amount);

/* Fills everything that `progress` shows but the trainers' counts. */
void pace_numbers(struct pace *pace, const struct record *record, double now_s,
                  struct progress_numbers *numbers);

#endif
