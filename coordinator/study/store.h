/* store.h - DIR/study.db: the study's truth, written by rank 0 alone.
 *
 * SQLite with the rollback journal and synchronous=FULL (argued in database.c): DIR may be on NFS,
 * where the write-ahead log must not be used. Everything since the last commit is one transaction;
 * store_commit returns when it is durable. The dispatcher commits before the consequences of an
 * event leave rank 0.
 *
 * When a write or a commit fails, what was pending is given up, the study stays as at its last
 * commit, and every later call fails with the same text. (One exception: a commit that only found a
 * reader in its way, after waiting for 30 s, is still pending and may be tried again.)
 *
 * The tables `trial`, `report` and `event` are a public interface, described in store_schema.h. */
#ifndef LRSWEEP_COORDINATOR_STUDY_STORE_H
#define LRSWEEP_COORDINATOR_STUDY_STORE_H

#include "common/error.h"
#include "common/trial.h"
#include "common/verdict.h"

#include <jansson.h>
#include <stdint.h>

/* A row of `trial`: what stands in it now. NaN is stored as NULL. */
struct trial_row {
    uint32_t id;
    enum trial_state state;
    enum verdict verdict;
    uint32_t bracket; /* from 0 */
    uint32_t rung;    /* of its bracket: the rung it is in or ended in, from 0 */
    int64_t parent;   /* the trial that it branched from, or repeats; -1: none */
    bool repeat;      /* repeats a finalist with a fresh seed */
    uint64_t seed;
    uint64_t begun;       /* step at which it branched from its parent; 0: from the start */
    uint64_t step;        /* steps trained and kept */
    double lr;            /* base rate */
    const char *schedule; /* its type */
    const char *params;   /* JSON of the whole candidate */
    double metric;        /* best validation value so far, NaN: none */
    double final;         /* value at the last rung that it reached, NaN: none */
    double started;       /* Unix time of its first assignment, NaN: not yet */
    double ended;         /* Unix time when it left the search, NaN: not yet */
    uint32_t attempts;    /* attempts started */
    int worker;           /* rank that trained it last, -1: none */
    const char *message;  /* one sentence on why it ended so; "" if there is none */
};

/* A row of `report`. NaN and infinity are stored as NULL, and `finite` is 0 if train_loss or a
 * val_loss that was measured is not finite. */
struct report_row {
    uint32_t trial;
    uint64_t step;
    double epoch, train_loss, val_loss, val_accuracy, lr, grad_norm, update_ratio, dead_units,
        seconds;
    bool validated; /* val_loss and val_accuracy were measured */
};

/* A row of `event`: what the search core was fed, in order. Replaying them gives the same search.
 */
struct event_row {
    const char *kind; /* "assigned", "done", "lost" ...; named by the dispatcher */
    uint32_t trial;
    uint32_t attempt;
    int worker;  /* rank, -1: none */
    int trainer; /* slot within the worker, -1: none */
    uint64_t step;
    double value; /* metric, NaN: none */
    enum verdict verdict;
    const char *text; /* a reason or a sentence, "" if there is none */
    double time;      /* Unix time of its recording; store_event sets it, a replay tells it */
    uint64_t seq;     /* its number, from 1; store_event sets it, a replay does not tell it */
};

struct store;

/* Makes DIR (with its parents, and checkpoints/ in it) and a new study in it. The study is written
 * aside and seen only when it is complete. Fails, changing nothing, when a study is there already,
 * unless `overwrite`: then the old study's files are removed (its database, summary, report, best
 * weights and checkpoints; no others). A study.db that is not lrsweep's is never replaced. Takes
 * the lock that keeps two runs off one DIR (study_lock.h). */
struct store *store_create(const char *dir, const json_t *document, bool overwrite,
                           struct error *error);

/* Opens the study in DIR for going on with it; fails when there is none. Takes the lock. */
struct store *store_open(const char *dir, struct error *error);

/* Commits what is pending, closes and gives the lock back. False: the last commit failed. store may
 * be NULL. */
bool store_close(struct store *store, struct error *error);

/* Whether DIR holds a study. */
bool store_exists(const char *dir);

bool store_trial(struct store *store, const struct trial_row *row, struct error *error);
bool store_report(struct store *store, const struct report_row *row, struct error *error);
bool store_event(struct store *store, const struct event_row *row, struct error *error);

/* Sets a value of the `study` table: "status", "rungs" (JSON), "trainers", "wall_s" ...; the keys
 * are listed in store_schema.h. */
bool store_set(struct store *store, const char *key, const char *value, struct error *error);

bool store_commit(struct store *store, struct error *error);

/* Gives up what was written since the last commit. */
void store_discard(struct store *store);

/* Calls `each` for every recorded event in order; stops and fails when it returns false. `each`
 * must not write to the store; the row's texts are borrowed for the call. */
bool store_replay(struct store *store,
                  bool (*each)(void *context, const struct event_row *row, struct error *error),
                  void *context, struct error *error);

#endif
