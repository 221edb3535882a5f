/* snapshot_rows.c - reads the long tables of a study.db that may be in use: report and event. */
#include "common/layout.h"
#include "coordinator/study/database.h"
#include "coordinator/study/snapshot.h"
#include "coordinator/study/store_files.h"

#include <math.h>

#define REPORT_COLUMNS                                                                             \
    "SELECT trial, step, epoch, train_loss, val_loss, val_accuracy, lr, grad_norm, update_ratio,"  \
    " dead_units, seconds FROM report "

static bool read_report(struct report_row *row, sqlite3_stmt *from, struct error *error)
{
    uint64_t trial = 0;
    bool ok =
        column_whole(from, 0, UINT32_MAX, &trial, error) &&
        column_whole(from, 1, INT64_MAX, &row->step, error) &&
        column_real(from, 2, &row->epoch, error) && column_real(from, 3, &row->train_loss, error) &&
        column_real(from, 4, &row->val_loss, error) &&
        column_real(from, 5, &row->val_accuracy, error) && column_real(from, 6, &row->lr, error) &&
        column_real(from, 7, &row->grad_norm, error) &&
        column_real(from, 8, &row->update_ratio, error) &&
        column_real(from, 9, &row->dead_units, error) &&
        column_real(from, 10, &row->seconds, error);
    row->trial = (uint32_t)trial;
    row->validated = !isnan(row->val_loss);
    return ok;
}

static bool read_event(struct event_row *row, sqlite3_stmt *from, struct error *error)
{
    uint64_t trial = 0, attempt = 0;
    const char *verdict = "";
    bool ok = column_text(from, 0, &row->kind, error) &&
              column_whole(from, 1, UINT32_MAX, &trial, error) &&
              column_whole(from, 2, UINT32_MAX, &attempt, error) &&
              column_index(from, 3, &row->worker, error) &&
              column_index(from, 4, &row->trainer, error) &&
              column_whole(from, 5, INT64_MAX, &row->step, error) &&
              column_real(from, 6, &row->value, error) && column_text(from, 7, &verdict, error) &&
              column_text(from, 8, &row->text, error) && column_real(from, 9, &row->time, error);
    row->trial = (uint32_t)trial;
    row->attempt = (uint32_t)attempt;
    row->verdict = verdict_from_name(verdict);
    return ok;
}

typedef bool each_report(void *context, const struct report_row *row, struct error *error);

/* The rows that a prepared statement finds. */
static bool step_reports(sqlite3 *db, const char *path, sqlite3_stmt *from, each_report *each,
                         void *context, struct error *error)
{
    int code = SQLITE_DONE;
    bool ok = true;
    while (ok && (code = sqlite3_step(from)) == SQLITE_ROW) {
        struct report_row row = {0};
        ok = read_report(&row, from, error) && each(context, &row, error);
    }
    return ok && (code == SQLITE_DONE || database_error(db, path, error));
}

bool snapshot_reports(const char *dir, each_report *each, void *context, struct error *error)
{
    char *path = store_path(dir, LAYOUT_DATABASE);
    if (!path)
        return error_set(error, "%s: out of memory", dir);
    sqlite3 *db = database_open_beside(path, error);
    sqlite3_stmt *from = NULL;
    bool ok = db &&
              database_prepare(db, path, REPORT_COLUMNS "ORDER BY trial, step", &from, error) &&
              step_reports(db, path, from, each, context, error);
    sqlite3_finalize(from);
    sqlite3_close(db);
    sqlite3_free(path);
    return ok;
}

bool snapshot_reports_of(const char *dir, const uint32_t *trials, size_t count, each_report *each,
                         void *context, struct error *error)
{
    char *path = store_path(dir, LAYOUT_DATABASE);
    if (!path)
        return error_set(error, "%s: out of memory", dir);
    sqlite3 *db = database_open_beside(path, error);
    sqlite3_stmt *from = NULL;
    bool ok = db && database_prepare(db, path, REPORT_COLUMNS "WHERE trial = ? ORDER BY step",
                                     &from, error);
    for (size_t i = 0; ok && i < count; i++) {
        (void)sqlite3_reset(from);
        ok = sqlite3_bind_int64(from, 1, trials[i]) == SQLITE_OK || database_error(db, path, error);
        ok = ok && step_reports(db, path, from, each, context, error);
    }
    sqlite3_finalize(from);
    sqlite3_close(db);
    sqlite3_free(path);
    return ok;
}

bool snapshot_events(const char *dir,
                     bool (*each)(void *context, const struct event_row *row, struct error *error),
                     void *context, struct error *error)
{
    char *path = store_path(dir, LAYOUT_DATABASE);
    if (!path)
        return error_set(error, "%s: out of memory", dir);
    sqlite3 *db = database_open_beside(path, error);
    sqlite3_stmt *from = NULL;
    int code = SQLITE_DONE;
    bool ok = db && database_prepare(db, path,
                                     "SELECT kind, trial, attempt, worker, trainer, step, value,"
                                     " verdict, text, time FROM event ORDER BY seq",
                                     &from, error);
    while (ok && (code = sqlite3_step(from)) == SQLITE_ROW) {
        struct event_row row = {0};
        ok = read_event(&row, from, error) && each(context, &row, error);
    }
    if (ok && code != SQLITE_DONE)
        ok = database_error(db, path, error);
    sqlite3_finalize(from);
    sqlite3_close(db);
    sqlite3_free(path);
    return ok;
}
