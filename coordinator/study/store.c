/* store.c - rank 0's hand on study.db. */
#include "coordinator/study/store.h"

#include "common/layout.h"
#include "coordinator/study/database.h"
#include "coordinator/study/event_row.h"
#include "coordinator/study/store_files.h"
#include "coordinator/study/study_lock.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
    STATEMENT_BEGIN,
    STATEMENT_COMMIT,
    STATEMENT_SET,
    STATEMENT_TRIAL,
    STATEMENT_REPORT,
    STATEMENT_EVENT,
    STATEMENTS
};

/* IMMEDIATE: the RESERVED lock is taken at the first write and not by surprise at a later one. */
static const char *const statement_texts[STATEMENTS] = {
    [STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
    [STATEMENT_COMMIT] = "COMMIT",
    [STATEMENT_SET] = "INSERT OR REPLACE INTO study (key, value) VALUES (?1, ?2)",
    [STATEMENT_TRIAL] =
        "INSERT OR REPLACE INTO trial (id, state, verdict, rung, step, lr, schedule,"
        " params, metric, final, started, ended, attempts, worker, message, bracket, parent,"
        " repeat, seed, begun)"
        " VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20)",
    [STATEMENT_REPORT] = "INSERT OR REPLACE INTO report (trial, step, epoch, train_loss, val_loss,"
                         " val_accuracy, lr, grad_norm, update_ratio, dead_units, seconds, finite)"
                         " VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)",
    [STATEMENT_EVENT] = "INSERT INTO event (time, kind, trial, attempt, worker, trainer, step,"
                        " value, verdict, text) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)",
};

struct store {
    sqlite3 *db;
    char *path;
    struct study_lock *lock;
    sqlite3_stmt *statements[STATEMENTS];
    bool pending; /* a transaction is open */
    bool failed;  /* what was pending is lost; nothing more is written */
    struct error failure;
};

/* --- opening and closing ------------------------------------------------------------------------
 */

static void destroy(struct store *store)
{
    for (int i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(store->statements[i]);
    sqlite3_close(store->db);
    study_lock_release(store->lock);
    sqlite3_free(store->path);
    free(store);
}

/* Takes over the lock. */
static struct store *open_database(const char *dir, struct study_lock *lock, struct error *error)
{
    struct store *store = calloc(1, sizeof *store);
    if (!store) {
        study_lock_release(lock);
        error_set(error, "%s: out of memory", dir);
        return NULL;
    }
    store->lock = lock;
    store->path = store_path(dir, LAYOUT_DATABASE);
    bool ok = store->path || error_set(error, "%s: out of memory", dir);
    ok = ok && database_open(store->path, DATABASE_WRITE, &store->db, NULL, error);
    for (int i = 0; ok && i < STATEMENTS; i++)
        ok = database_prepare(store->db, store->path, statement_texts[i], &store->statements[i],
                              error);
    if (!ok) {
        destroy(store);
        store = NULL;
    }
    return store;
}

struct store *store_create(const char *dir, const json_t *document, bool overwrite,
                           struct error *error)
{
    bool made = false;
    /* Once before anything is made, and again under the lock. */
    if (!store_check_free(dir, overwrite, error))
        return NULL;
    bool ok = store_make_directories(dir, &made, error);
    struct study_lock *lock = ok ? study_lock_take(dir, error) : NULL;
    ok = lock && store_check_free(dir, overwrite, error) && store_make_study(dir, document, error);
    if (ok)
        return open_database(dir, lock, error);
    study_lock_release(lock);
    if (made)
        store_remove_directories(dir);
    return NULL;
}

struct store *store_open(const char *dir, struct error *error)
{
    if (!store_exists(dir)) {
        error_set(error, "%s: holds no study (there is no %s in it)", dir, LAYOUT_DATABASE);
        return NULL;
    }
    struct study_lock *lock = study_lock_take(dir, error);
    struct store *store = lock ? open_database(dir, lock, error) : NULL;
    bool made;
    /* Copies leave empty folders out. */
    if (!store || store_make_directories(dir, &made, error))
        return store;
    destroy(store);
    return NULL;
}

bool store_exists(const char *dir)
{
    char *path = store_path(dir, LAYOUT_DATABASE);
    bool exists = path && access(path, F_OK) == 0;
    sqlite3_free(path);
    return exists;
}

bool store_close(struct store *store, struct error *error)
{
    if (!store)
        return true;
    bool ok = store_commit(store, error);
    for (int i = 0; i < STATEMENTS; i++) {
        sqlite3_finalize(store->statements[i]);
        store->statements[i] = NULL;
    }
    /* Removes the journal, which says nothing any more; if that fails it just stays. */
    if (ok)
        (void)sqlite3_exec(store->db, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL);
    destroy(store);
    return ok;
}

/* --- writing ------------------------------------------------------------------------------------
 */

/* The transaction is given up: the study stays as at its last commit, and every later call repeats
 * the reason, so that no later commit makes a study with a hole in it. A COMMIT that only found
 * readers in its way is still pending and may be tried again. */
static bool fail(struct store *store, struct error *error)
{
    bool waits = (sqlite3_errcode(store->db) & 0xff) == SQLITE_BUSY;
    database_error(store->db, store->path, error);
    if (waits)
        return false;
    store->failed = true;
    store->failure = *error;
    store->pending = false;
    if (!sqlite3_get_autocommit(store->db))
        (void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

static bool run(struct store *store, int which, struct error *error)
{
    sqlite3_stmt *statement = store->statements[which];
    bool ok = sqlite3_step(statement) == SQLITE_DONE;
    /* Reset returns the same error again, and leaves it in the connection for fail(). */
    sqlite3_reset(statement);
    return ok || fail(store, error);
}

/* The statement to bind to, with a transaction open around it; NULL: failed. */
static sqlite3_stmt *write_with(struct store *store, int which, struct error *error)
{
    if (store->failed) {
        *error = store->failure;
        return NULL;
    }
    if (!store->pending && !(store->pending = run(store, STATEMENT_BEGIN, error)))
        return NULL;
    return store->statements[which];
}

bool store_commit(struct store *store, struct error *error)
{
    if (store->failed) {
        *error = store->failure;
        return false;
    }
    if (!store->pending)
        return true;
    store->pending = !run(store, STATEMENT_COMMIT, error) && !store->failed;
    return !store->pending && !store->failed;
}

void store_discard(struct store *store)
{
    if (store->pending)
        (void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    store->pending = false;
}

/* Texts are borrowed only until the statement has run. Binding can fail for want of memory alone;
 * the parameter is then NULL and the step fails in its place, on NOT NULL. */
static void bind_text(sqlite3_stmt *statement, int index, const char *text)
{
    sqlite3_bind_text(statement, index, text ? text : "", -1, SQLITE_STATIC);
}

static void bind_number(sqlite3_stmt *statement, int index, double value)
{
    if (isfinite(value))
        sqlite3_bind_double(statement, index, value);
    else
        sqlite3_bind_null(statement, index);
}

static void bind_whole(sqlite3_stmt *statement, int index, uint64_t value)
{
    sqlite3_bind_int64(statement, index, (sqlite3_int64)value);
}

static void bind_index(sqlite3_stmt *statement, int index, int value)
{
    if (value >= 0)
        sqlite3_bind_int(statement, index, value);
    else
        sqlite3_bind_null(statement, index);
}

bool store_set(struct store *store, const char *key, const char *value, struct error *error)
{
    sqlite3_stmt *to = write_with(store, STATEMENT_SET, error);
    if (!to)
        return false;
    bind_text(to, 1, key);
    bind_text(to, 2, value);
    return run(store, STATEMENT_SET, error);
}

bool store_trial(struct store *store, const struct trial_row *row, struct error *error)
{
    sqlite3_stmt *to = write_with(store, STATEMENT_TRIAL, error);
    if (!to)
        return false;
    bind_whole(to, 1, row->id);
    bind_text(to, 2, trial_state_name(row->state));
    bind_text(to, 3, verdict_name(row->verdict));
    bind_whole(to, 4, row->rung);
    bind_whole(to, 5, row->step);
    bind_number(to, 6, row->lr);
    bind_text(to, 7, row->schedule);
    bind_text(to, 8, row->params);
    bind_number(to, 9, row->metric);
    bind_number(to, 10, row->final);
    bind_number(to, 11, row->started);
    bind_number(to, 12, row->ended);
    bind_whole(to, 13, row->attempts);
    bind_index(to, 14, row->worker);
    bind_text(to, 15, row->message);
    bind_whole(to, 16, row->bracket);
    if (row->parent >= 0)
        bind_whole(to, 17, (uint64_t)row->parent);
    else
        sqlite3_bind_null(to, 17);
    bind_whole(to, 18, row->repeat);
    bind_whole(to, 19, row->seed);
    bind_whole(to, 20, row->begun);
    return run(store, STATEMENT_TRIAL, error);
}

bool store_report(struct store *store, const struct report_row *row, struct error *error)
{
    sqlite3_stmt *to = write_with(store, STATEMENT_REPORT, error);
    if (!to)
        return false;
    bool finite = isfinite(row->train_loss) && (!row->validated || isfinite(row->val_loss));
    bind_whole(to, 1, row->trial);
    bind_whole(to, 2, row->step);
    bind_number(to, 3, row->epoch);
    bind_number(to, 4, row->train_loss);
    bind_number(to, 5, row->validated ? row->val_loss : (double)NAN);
    bind_number(to, 6, row->validated ? row->val_accuracy : (double)NAN);
    bind_number(to, 7, row->lr);
    bind_number(to, 8, row->grad_norm);
    bind_number(to, 9, row->update_ratio);
    bind_number(to, 10, row->dead_units);
    bind_number(to, 11, row->seconds);
    bind_whole(to, 12, finite);
    return run(store, STATEMENT_REPORT, error);
}

bool store_event(struct store *store, const struct event_row *row, struct error *error)
{
    sqlite3_stmt *to = write_with(store, STATEMENT_EVENT, error);
    struct timespec now;
    if (!to)
        return false;
    clock_gettime(CLOCK_REALTIME, &now);
    bind_number(to, 1, (double)now.tv_sec + 1e-9 * (double)now.tv_nsec);
    bind_text(to, 2, row->kind);
    bind_whole(to, 3, row->trial);
    bind_whole(to, 4, row->attempt);
    bind_index(to, 5, row->worker);
    bind_index(to, 6, row->trainer);
    bind_whole(to, 7, row->step);
    bind_number(to, 8, row->value);
    bind_text(to, 9, verdict_name(row->verdict));
    bind_text(to, 10, row->text);
    return run(store, STATEMENT_EVENT, error);
}

/* --- replay -------------------------------------------------------------------------------------
 */

bool store_replay(struct store *store,
                  bool (*each)(void *context, const struct event_row *row, struct error *error),
                  void *context, struct error *error)
{
    sqlite3_stmt *from = NULL;
    bool ok =
        database_prepare(store->db, store->path,
                         "SELECT " EVENT_ROW_COLUMNS " FROM event ORDER BY seq", &from, error);
    int code = SQLITE_DONE;
    while (ok && (code = sqlite3_step(from)) == SQLITE_ROW) {
        struct event_row row = {0};
        ok = event_row_read(from, &row, error);
        if (!ok)
            error_prefix(error, "%s: event %lld", store->path,
                         (long long)sqlite3_column_int64(from, 0));
        ok = ok && each(context, &row, error);
    }
    if (ok && code != SQLITE_DONE)
        ok = database_error(store->db, store->path, error);
    sqlite3_finalize(from);
    return ok;
}
