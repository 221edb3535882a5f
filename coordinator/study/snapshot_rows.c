/* snapshot_rows.c - reads reports and events beside a run. */
#include "coordinator/study/snapshot_rows.h"

#include "common/layout.h"
#include "coordinator/study/database.h"
#include "coordinator/study/database_checks.h"
#include "coordinator/study/event_row.h"
#include "coordinator/study/store_files.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_ROWS 8192

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
    static const char *const table = "report";
    bool ok = (snapshot->latest = calloc(running, sizeof *snapshot->latest)) ||
              error_set(error, "%s: out of memory", path);
    ok = ok && database_check_plain(db, path, &table, 1, error) &&
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

/* A statement on one table of DIR/study.db. */
struct rows {
    char *path;
    sqlite3 *db;
    sqlite3_stmt *statement;
};

static bool rows_open(struct rows *rows, const char *dir, const char *table, const char *sql,
                      struct error *error)
{
    *rows = (struct rows){.path = store_path(dir, LAYOUT_DATABASE)};
    if (!rows->path)
        return error_set(error, "%s: out of memory", dir);
    rows->db = database_open_beside(rows->path, error);
    return rows->db && database_check_plain(rows->db, rows->path, &table, 1, error) &&
           database_prepare(rows->db, rows->path, sql, &rows->statement, error);
}

static void rows_close(struct rows *rows)
{
    sqlite3_finalize(rows->statement);
    sqlite3_close(rows->db);
    sqlite3_free(rows->path);
}

/* The end of a block: gives the lock back. `code` is the last of sqlite3_step. */
static bool rows_pause(const struct rows *rows, int code, struct error *error)
{
    bool ok = code == SQLITE_DONE || code == SQLITE_ROW;
    if (!ok)
        ok = database_error(rows->db, rows->path, error);
    sqlite3_reset(rows->statement);
    return ok;
}

typedef bool each_report(void *context, const struct report_row *row, struct error *error);

struct report_block {
    struct report_row rows[BLOCK_ROWS];
    size_t count;
};

static bool read_reports(const struct rows *rows, int64_t trial, int64_t step,
                         struct report_block *block, struct error *error)
{
    int code = SQLITE_DONE;
    bool ok = true;
    block->count = 0;
    sqlite3_bind_int64(rows->statement, 1, trial);
    sqlite3_bind_int64(rows->statement, 2, step);
    sqlite3_bind_int64(rows->statement, 3, BLOCK_ROWS);
    while (ok && block->count < BLOCK_ROWS && (code = sqlite3_step(rows->statement)) == SQLITE_ROW)
        ok = read_report(&block->rows[block->count++], rows->statement, error);
    if (!ok)
        sqlite3_reset(rows->statement);
    return ok && rows_pause(rows, code, error);
}

/* Everything that the statement finds behind (trial, step). */
static bool pass_reports(const struct rows *rows, int64_t trial, int64_t step, each_report *each,
                         void *context, struct error *error)
{
    struct report_block *block = malloc(sizeof *block);
    if (!block)
        return error_set(error, "%s: out of memory", rows->path);
    bool ok = true, more = true;
    while (ok && more) {
        ok = read_reports(rows, trial, step, block, error);
        for (size_t i = 0; ok && i < block->count; i++)
            ok = each(context, &block->rows[i], error);
        more = ok && block->count == BLOCK_ROWS;
        if (more) {
            trial = block->rows[BLOCK_ROWS - 1].trial;
            step = (int64_t)block->rows[BLOCK_ROWS - 1].step;
        }
    }
    free(block);
    return ok;
}

bool snapshot_reports(const char *dir, each_report *each, void *context, struct error *error)
{
    struct rows rows;
    bool ok = rows_open(&rows, dir, "report",
                        "SELECT " REPORT_COLUMNS
                        " WHERE (trial, step) > (?1, ?2) ORDER BY trial, step LIMIT ?3",
                        error) &&
              pass_reports(&rows, -1, -1, each, context, error);
    rows_close(&rows);
    return ok;
}

bool snapshot_reports_of(const char *dir, const uint32_t *trials, size_t count, each_report *each,
                         void *context, struct error *error)
{
    struct rows rows;
    bool ok = rows_open(
        &rows, dir, "report",
        "SELECT " REPORT_COLUMNS " WHERE trial = ?1 AND step > ?2 ORDER BY step LIMIT ?3", error);
    for (size_t i = 0; ok && i < count; i++)
        ok = pass_reports(&rows, trials[i], -1, each, context, error);
    rows_close(&rows);
    return ok;
}

struct event_block {
    struct event_row rows[BLOCK_ROWS]; /* texts are owned */
    size_t count;
};

/* The row's texts are copies. */
static bool read_event(struct event_row *row, sqlite3_stmt *from, struct error *error)
{
    *row = (struct event_row){.kind = "", .text = "", .time = NAN};
    bool ok =
        column_whole(from, 0, INT64_MAX, &row->seq, error) && event_row_read(from, row, error);
    row->kind = strdup(row->kind);
    row->text = strdup(row->text);
    return ok && ((row->kind && row->text) || error_set(error, "out of memory"));
}

static bool read_events(const struct rows *rows, uint64_t after, struct event_block *block,
                        struct error *error)
{
    int code = SQLITE_DONE;
    bool ok = true;
    block->count = 0;
    sqlite3_bind_int64(rows->statement, 1, (sqlite3_int64)after);
    sqlite3_bind_int64(rows->statement, 2, BLOCK_ROWS);
    while (ok && block->count < BLOCK_ROWS && (code = sqlite3_step(rows->statement)) == SQLITE_ROW)
        ok = read_event(&block->rows[block->count++], rows->statement, error);
    if (!ok)
        sqlite3_reset(rows->statement);
    return ok && rows_pause(rows, code, error);
}

bool snapshot_events(const char *dir,
                     bool (*each)(void *context, const struct event_row *row, struct error *error),
                     void *context, struct error *error)
{
    struct rows rows;
    struct event_block *block = malloc(sizeof *block);
    if (!block)
        return error_set(error, "%s: out of memory", dir);
    bool ok = rows_open(
        &rows, dir, "event",
        "SELECT " EVENT_ROW_COLUMNS " FROM event WHERE seq > ?1 ORDER BY seq LIMIT ?2", error);
    uint64_t after = 0;
    bool more = true;
    while (ok && more) {
        ok = read_events(&rows, after, block, error);
        more = ok && block->count == BLOCK_ROWS;
        for (size_t i = 0; i < block->count; i++) {
            ok = ok && each(context, &block->rows[i], error);
            after = block->rows[i].seq;
            free((char *)block->rows[i].kind);
            free((char *)block->rows[i].text);
        }
    }
    rows_close(&rows);
    free(block);
    return ok;
}
