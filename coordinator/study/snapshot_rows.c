/* snapshot_rows.c - reads reports and events beside a run. */
#include "coordinator/study/snapshot_rows.h"

#include "common/layout.h"
#include "coordinator/study/database.h"
#include "coordinator/study/store_files.h"

#include <math.h>
#include <stdlib.h>

#define BLOCK_ROWS 8192

/* A read-only connection that meets a hot journal fails with SQLITE_READONLY_ROLLBACK. SQLite calls
 * a journal hot only when no living writer holds the RESERVED lock, so that opening again with
 * write permission rolls back what a dead run left and nothing else; beside a run that was resumed
 * meanwhile it is one more reader. */
sqlite3 *snapshot_rows_open(const char *path, struct error *error)
{
    sqlite3 *db = NULL;
    int code = SQLITE_OK;
    if (!database_open(path, DATABASE_READ, &db, &code, error) && code == SQLITE_READONLY_ROLLBACK)
        (void)database_open(path, DATABASE_MEND, &db, NULL, error);
    return db;
}

#define REPORT_COLUMNS                                                                             \
    "trial, step, epoch, train_loss, val_loss, val_accuracy, lr, grad_norm, update_ratio,"         \
    " dead_units, seconds, finite FROM report"

static bool read_report(struct report_row *row, sqlite3_stmt *from, struct error *error)
{
    uint64_t trial = 0, finite = 0;
    *row = (struct report_row){0};
    bool ok =
        column_whole(from, 0, UINT32_MAX, &trial, error) &&
        column_whole(from, 1, INT64_MAX, &row->step, error) &&
        column_real(from, 2, &row->epoch, error) && column_real(from, 3, &row->train_loss, error) &&
        column_real(from, 4, &row->val_loss, error) &&
        column_real(from, 5, &row->val_accuracy, error) && column_real(from, 6, &row->lr, error) &&
        column_real(from, 7, &row->grad_norm, error) &&
        column_real(from, 8, &row->update_ratio, error) &&
        column_real(from, 9, &row->dead_units, error) &&
        column_real(from, 10, &row->seconds, error) && column_whole(from, 11, 1, &finite, error);
    row->trial = (uint32_t)trial;
    /* A val_loss that was measured and is not finite is NULL too; `finite` tells. */
    row->validated = !isnan(row->val_loss) || (finite == 0 && !isnan(row->train_loss));
    return ok;
}

/* The newest report of each trial that is in training. */
bool snapshot_rows_latest(struct snapshot *snapshot, sqlite3 *db, const char *path,
                          struct error *error)
{
    sqlite3_stmt *from = NULL;
    size_t running = 0;
    for (size_t i = 0; i < snapshot->trial_count; i++)
        running += snapshot->trials[i].state == TRIAL_RUNNING;
    if (running == 0)
        return true;
    bool ok = (snapshot->latest = calloc(running, sizeof *snapshot->latest)) ||
              error_set(error, "%s: out of memory", path);
    ok = ok &&
         database_prepare(db, path,
                          "SELECT " REPORT_COLUMNS " WHERE trial = ?1 ORDER BY step DESC LIMIT 1",
                          &from, error);
    for (size_t i = 0; ok && i < snapshot->trial_count; i++) {
        if (snapshot->trials[i].state != TRIAL_RUNNING)
            continue;
        sqlite3_bind_int64(from, 1, snapshot->trials[i].id);
        int code = sqlite3_step(from);
        if (code == SQLITE_ROW)
            ok = read_report(&snapshot->latest[snapshot->latest_count++], from, error);
        else if (code != SQLITE_DONE)
            ok = database_error(db, path, error);
        sqlite3_reset(from);
    }
    sqlite3_finalize(from);
    return ok;
}

/* --- long tables --------------------------------------------------------------------------------
 *
 * Read in blocks, each in a transaction of its own that is over before its rows are handed on: a
 * commit of the run waits for the reading of one block at most, and never for what the caller does
 * with the rows. */

struct block {
    struct report_row rows[BLOCK_ROWS];
    size_t count;
};

static bool read_block(sqlite3_stmt *from, struct block *block, const struct report_row *after,
                       sqlite3 *db, const char *path, struct error *error)
{
    int code = SQLITE_DONE;
    bool ok = true;
    block->count = 0;
    sqlite3_bind_int64(from, 1, after ? (sqlite3_int64)after->trial : -1);
    sqlite3_bind_int64(from, 2, after ? (sqlite3_int64)after->step : -1);
    sqlite3_bind_int64(from, 3, BLOCK_ROWS);
    while (ok && block->count < BLOCK_ROWS && (code = sqlite3_step(from)) == SQLITE_ROW)
        ok = read_report(&block->rows[block->count++], from, error);
    if (ok && code != SQLITE_DONE && code != SQLITE_ROW)
        ok = database_error(db, path, error);
    sqlite3_reset(from); /* gives the lock back */
    return ok;
}

bool snapshot_reports(const char *dir,
                      bool (*each)(void *context, const struct report_row *row,
                                   struct error *error),
                      void *context, struct error *error)
{
    char *path = store_path(dir, LAYOUT_DATABASE);
    struct block *block = malloc(sizeof *block);
    sqlite3_stmt *from = NULL;
    bool ok = (path && block) || error_set(error, "%s: out of memory", dir);
    sqlite3 *db = ok ? snapshot_rows_open(path, error) : NULL;
    ok = db && database_prepare(db, path,
                                "SELECT " REPORT_COLUMNS
                                " WHERE (trial, step) > (?1, ?2) ORDER BY trial, step LIMIT ?3",
                                &from, error);
    struct report_row last;
    const struct report_row *after = NULL;
    bool more = true;
    while (ok && block && more) {
        ok = read_block(from, block, after, db, path, error);
        for (size_t i = 0; ok && i < block->count; i++)
            ok = each(context, &block->rows[i], error);
        more = ok && block->count == BLOCK_ROWS;
        if (more) {
            last = block->rows[block->count - 1];
            after = &last;
        }
    }
    sqlite3_finalize(from);
    sqlite3_close(db);
    sqlite3_free(path);
    free(block);
    return ok;
}

static bool read_event(sqlite3_stmt *from, json_t *rows, struct error *error)
{
    static const char *const texts[] = {"kind", "verdict", "text"};
    uint64_t seq = 0, trial = 0, attempt = 0, step = 0;
    double time = NAN, value = NAN;
    int worker = -1, trainer = -1;
    const char *text = "";
    if (!column_whole(from, 0, INT64_MAX, &seq, error) || !column_real(from, 1, &time, error) ||
        !column_whole(from, 2, UINT32_MAX, &trial, error) ||
        !column_whole(from, 3, UINT32_MAX, &attempt, error) ||
        !column_index(from, 4, &worker, error) || !column_index(from, 5, &trainer, error) ||
        !column_whole(from, 6, INT64_MAX, &step, error) || !column_real(from, 7, &value, error))
        return false;
    json_t *row = json_pack(
        "{s:I, s:o, s:I, s:I, s:o, s:o, s:I, s:o}", "seq", (json_int_t)seq, "time",
        isfinite(time) ? json_real(time) : json_null(), "trial", (json_int_t)trial, "attempt",
        (json_int_t)attempt, "worker", worker < 0 ? json_null() : json_integer(worker), "trainer",
        trainer < 0 ? json_null() : json_integer(trainer), "step", (json_int_t)step, "value",
        isfinite(value) ? json_real(value) : json_null());
    bool ok = row != NULL;
    for (int i = 0; ok && i < 3; i++)
        ok = column_text(from, 8 + i, &text, error) &&
             (json_object_set_new(row, texts[i], json_string(text)) == 0 ||
              json_object_set_new(row, texts[i], json_null()) == 0);
    return json_array_append_new(rows, row) == 0 && ok;
}

json_t *snapshot_events(const char *dir, size_t most, uint64_t *after, struct error *error)
{
    char *path = store_path(dir, LAYOUT_DATABASE);
    json_t *rows = json_array();
    sqlite3_stmt *from = NULL;
    int code = SQLITE_DONE;
    bool ok = (path && rows) || error_set(error, "%s: out of memory", dir);
    sqlite3 *db = ok ? snapshot_rows_open(path, error) : NULL;
    ok = db && database_prepare(db, path,
                                "SELECT seq, time, trial, attempt, worker, trainer, step, value,"
                                " kind, verdict, text FROM event WHERE seq > ?1 ORDER BY seq"
                                " LIMIT ?2",
                                &from, error);
    if (ok) {
        sqlite3_bind_int64(from, 1, (sqlite3_int64)*after);
        sqlite3_bind_int64(from, 2, (sqlite3_int64)most);
    }
    while (ok && (code = sqlite3_step(from)) == SQLITE_ROW) {
        ok = read_event(from, rows, error);
        *after = ok ? (uint64_t)sqlite3_column_int64(from, 0) : *after;
    }
    if (ok && code != SQLITE_DONE)
        ok = database_error(db, path, error);
    sqlite3_finalize(from);
    sqlite3_close(db);
    sqlite3_free(path);
    if (!ok) {
        json_decref(rows);
        rows = NULL;
    }
    return rows;
}
