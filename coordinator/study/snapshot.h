/* snapshot.h - a study as it stands in DIR/study.db, read at one instant.
 *
 * Every view (the final table, summary.json, `lrsweep status`) is made from a snapshot, so that
 * what a run prints at its end is what anyone can read from DIR later. */
#ifndef LRSWEEP_COORDINATOR_STUDY_SNAPSHOT_H
#define LRSWEEP_COORDINATOR_STUDY_SNAPSHOT_H

#include "coordinator/study/store.h"

#include <stddef.h>

struct snapshot_rung {
    uint32_t bracket;    /* from 0 */
    double budget;       /* in search.unit */
    uint32_t candidates; /* that entered it */
    uint32_t promoted;   /* that went on to the next */
};

/* A candidate that is, or was, trained again with fresh seeds. */
struct snapshot_finalist {
    uint32_t trial;
    uint32_t repeats;      /* trained to the end */
    uint32_t lost;         /* diverged or failed */
    double mean;           /* of their values; NaN: none yet */
    double standard_error; /* of the mean; NaN: not known */
    bool tied;             /* with the best mean */
};

/* A worker that was lost. */
struct snapshot_loss {
    uint32_t rank;
    char *host;
    uint32_t trainers; /* that it had */
    uint32_t attempts; /* that were under way there */
    double time;       /* Unix time */
    double back;       /* when it came back; NaN: it did not */
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
    struct snapshot_finalist *finalists;
    size_t finalist_count;
    struct snapshot_loss *losses; /* in the order of time */
    size_t loss_count;
    struct report_row *latest; /* of each trial in training that has reported, the newest; by id */
    size_t latest_count;
    bool unattended;    /* set by a caller that knows: its status is "running", but no run holds DIR
                           (study_lock_held) */
    const char *holder; /* likewise: who holds DIR, or was the last to; NULL: not known */
};

/* Reads DIR/study.db without disturbing a run that is writing it (waits up to 5 s while a commit
 * has it locked). What a killed run left half committed is rolled back first, which needs write
 * permission; without it the error says so. A file that is not ours, or damaged, or holds what it
 * should not, is an error. */
struct snapshot *snapshot_read(const char *dir, struct error *error);
void snapshot_destroy(struct snapshot *snapshot);

/* The recommended trial, as the search said when it wrote the study last. NULL: none. */
const struct trial_row *snapshot_best(const struct snapshot *snapshot);

/* NULL: there is no such trial. */
const struct trial_row *snapshot_trial(const struct snapshot *snapshot, unsigned long id);

/* Calls `each` for every row of `report`, trial by trial in the order of steps; stops and fails
 * when it returns false. What was not finite is NaN. Like snapshot_read it disturbs no run: rows
 * are read in blocks, and a run may commit between two of them. */
bool snapshot_reports(const char *dir,
                      bool (*each)(void *context, const struct report_row *row,
                                   struct error *error),
                      void *context, struct error *error);

/* The same for some trials only, in the order of `trials` [count]. */
bool snapshot_reports_of(const char *dir, const uint32_t *trials, size_t count,
                         bool (*each)(void *context, const struct report_row *row,
                                      struct error *error),
                         void *context, struct error *error);

/* Calls `each` for every row of `event` in order, likewise; the row's texts are borrowed for the
 * call. */
bool snapshot_events(const char *dir,
                     bool (*each)(void *context, const struct event_row *row, struct error *error),
                     void *context, struct error *error);

/* A value of the `study` table, "" if it is not there. */
const char *snapshot_value(const struct snapshot *snapshot, const char *key);

#endif
