/* snapshot.h - a study as it stands in DIR/study.db, read at one instant.
 *
 * Every view (the final table, summary.json, `lrsweep status`) is made from a snapshot, so that
 * what a run prints at its end is what anyone can read from DIR later. */
#ifndef LRSWEEP_COORDINATOR_STUDY_SNAPSHOT_H
#define LRSWEEP_COORDINATOR_STUDY_SNAPSHOT_H

#include "coordinator/study/store.h"

#include <stddef.h>

struct snapshot_rung {
    double budget;       /* in search.unit */
    uint32_t candidates; /* that entered it */
    uint32_t promoted;   /* that went on to the next */
};

struct snapshot {
    char *dir;        /* that it was read from */
    json_t *document; /* the resolved study: an object, but if DIR came from elsewhere anything may
                         stand in it */
    json_t *values;   /* the `study` table: an object of strings */
    struct trial_row *trials; /* by id; texts are owned by the snapshot */
    size_t trial_count;
    struct snapshot_rung *rungs;
    size_t rung_count;
    bool unattended; /* set by a caller that knows: its status is "running", but no run holds DIR
                        (study_lock_held) */
};

/* Reads DIR/study.db without disturbing a run that is writing it (waits up to 5 s while a commit
 * has it locked). What a killed run left half committed is rolled back first, which needs write
 * permission; without it the error says so. A file that is not ours, or damaged, or holds what it
 * should not, is an error. */
struct snapshot *snapshot_read(const char *dir, struct error *error);
void snapshot_destroy(struct snapshot *snapshot);

/* The recommended trial: the complete one with the best `final`, ties to the lower id; before any
 * is complete, the best `metric` of those that still run, wait or are paused. NULL: none. Every
 * metric is better when it is lower. */
const struct trial_row *snapshot_best(const struct snapshot *snapshot);

/* A value of the `study` table, "" if it is not there. */
const char *snapshot_value(const struct snapshot *snapshot, const char *key);

#endif
