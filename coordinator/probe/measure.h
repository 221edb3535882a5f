/* measure.h - what training costs on this machine, found by training a little.
 *
 * Several trainers train at once, as they would in a run, because cores share caches and memory.
 * Each takes up candidates of the study, at the lowest rate that is searched, so that none
 * diverges, and times four segments with its wall clock:
 *
 *   fresh + 1 step;  resume + n steps;  resume + 1 step;  resume + 1 step + validation.
 *
 * Their differences are the costs. With a trainer that does not know the protocol's `pause` the
 * time of a validation counts as part of taking a trial up; with one that leaves no checkpoints
 * `resume` is `fresh`. */
#ifndef LRSWEEP_COORDINATOR_PROBE_MEASURE_H
#define LRSWEEP_COORDINATOR_PROBE_MEASURE_H

#include "coordinator/probe/probe.h"
#include "coordinator/search/simulator.h"

struct measure_options {
    const char *program;    /* the trainer */
    const json_t *document; /* the resolved study */
    uint64_t train_samples; /* 0: not known */
    unsigned trainers;      /* at once */
    bool restarts;          /* it leaves no checkpoints: every segment begins anew */
};

/* Checkpoints go to a directory of their own in TMPDIR (/tmp), which is removed.
 * `first` has said ready, first_start_s after it was started; it trains too and stays the caller's.
 * Fills costs; costs->epoch_s is NaN where an epoch's steps are not known. *cpu_share: how much of
 * the time the trainers had a core, below 1 where other programs work beside them; NaN: not known.
 * Takes some seconds. */
bool measure_costs(const struct measure_options *options, struct probe *first, double first_start_s,
                   struct simulator_costs *costs, double *cpu_share, struct error *error);

#endif
