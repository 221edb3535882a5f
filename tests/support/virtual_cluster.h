/* virtual_cluster.h - trainers on virtual time that feed a search core and write down what it did.
 *
 * A step takes one virtual second. A trial's fate is told by the test. */
#ifndef LRSWEEP_TESTS_SUPPORT_VIRTUAL_CLUSTER_H
#define LRSWEEP_TESTS_SUPPORT_VIRTUAL_CLUSTER_H

#include "coordinator/search/search.h"

#include <jansson.h>

enum fate { FATE_REACHES, FATE_DIVERGES, FATE_LOST, FATE_PAUSED };

struct virtual_cluster {
    struct search *search;
    /* How the attempt that goes from `from` to `to` ends: at *step with *value. */
    enum fate (*fate)(void *context, uint32_t trial, uint32_t attempt, uint64_t from, uint64_t to,
                      uint64_t *step, double *value);
    void *context;
    /* Called when trainers are left without work, and when one got some; NULL: not. */
    void (*idle)(struct virtual_cluster *cluster);
    void (*assigned)(struct virtual_cluster *cluster, uint32_t trial);
    bool stutters; /* a report goes before every result, and every event comes twice and late again:
                      the search must refuse what it knows already */
    char *trace;   /* lines of what happened; NULL: not kept. Freed by the test */
    size_t trace_bytes;
    bool tells_trainers;    /* the search is told how many trainers there are: it may plan pauses */
    uint64_t now;           /* virtual seconds */
    uint64_t steps_trained; /* by all trainers, lost work too */
    /* Every event that the search took, in order, for a replay. Freed by the test */
    struct search_event *events;
    size_t event_count, event_room;
    uint32_t *rungs; /* [rung_room], by trial: as the trace last told. Freed by the run */
    size_t rung_room;
};

/* A cluster with a trace and a search of its own for a study. Every attempt reaches its end, with
 * the value that `context`, an array by trial, holds; the test may set another fate. */
struct virtual_cluster virtual_cluster_start(const json_t *study, uint64_t samples, void *context);

/* Destroys the search, the trace, the events and the study. */
void virtual_cluster_stop(struct virtual_cluster *cluster, json_t *study);

/* Runs the search to its end with `trainers` trainers. Events of one instant come in the order of
 * the trainers, or shuffled by `order_seed` if it is not 0. */
void virtual_cluster_run(struct virtual_cluster *cluster, size_t trainers, uint64_t order_seed);

/* A resolved study with a learning rate and four schedules, the keys of all schedulers at their
 * defaults. Released by the test. */
json_t *virtual_study(const char *scheduler, int candidates, int eta, double min_budget,
                      double max_budget);

/* Sets a key of the study's `search`; takes the value over. */
void virtual_study_set(json_t *study, const char *key, json_t *value);

#endif
