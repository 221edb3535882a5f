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

/* A statement on one table of DIR/study.db. */
struct rows {
    char *path;
    sqlite3 *db;
    sqlite3_stmt *statement;
};

/* As in snapshot.c: a plain table, whose rows are bounded by the file's size. */
static bool check_table(const struct rows *rows, const char *table, struct error *error)
{
    sqlite3_stmt *check = NULL;
    bool ok =
        database_prepare(rows->db, rows->path,
                         "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table'"
                         "               AND rootpage > 1 AND name = ?1)"
                         " AND NOT EXISTS (SELECT 1 FROM pragma_table_xinfo(?1) WHERE hidden <> 0)",
                         &check, error);
    ok = ok && (sqlite3_bind_text(check, 1, table, -1, SQLITE_STATIC) == SQLITE_OK ||
                database_error(rows->db, rows->path, error));
    if (ok && sqlite3_step(check) != SQLITE_ROW)
        ok = database_error(rows->db, rows->path, error);
    else if (ok && sqlite3_column_int(check, 0) != 1)
        ok =
            error_set(error, "%s: the table %s is missing or not a plain table", rows->path, table);
    sqlite3_finalize(check);
    return ok;
}

static bool rows_open(struct rows *rows, const char *dir, const char *table, const char *sql,
                      struct error *error)
{
    *rows = (struct rows){.path = store_path(dir, LAYOUT_DATABASE)};
    if (!rows->path)
        return error_set(error, "%s: out of memory", dir);
    rows->db = database_open_beside(rows->path, error);
    return rows->db && check_table(rows, table, error) &&
           database_prepare(rows->db, rows->path, sql, &rows->statement, error);
}

static void rows_close(struct rows *rows)
{
    sqlite3_finalize(rows->statement);
    sqlite3_close(rows->db);
    sqlite3_free(rows->path);
}

typedef bool each_report(void *context, const struct report_row *row, struct error *error);

/* What the statement finds. */
static bool step_reports(const struct rows *rows, each_report *each, void *context,
                         struct error *error)
{
    int code = SQLITE_DONE;
    bool ok = true;
    while (ok && (code = sqlite3_step(rows->statement)) == SQLITE_ROW) {
        struct report_row row = {0};
        ok = read_report(&row, rows->statement, error) && each(context, &row, error);
    }
    return ok && (code == SQLITE_DONE || database_error(rows->db, rows->path, error));
}

bool snapshot_reports(const char *dir, each_report *each, void *context, struct error *error)
{
    struct rows rows;
    bool ok = rows_open(&rows, dir, "report", REPORT_COLUMNS "ORDER BY trial, step", error) &&
              step_reports(&rows, each, context, error);
    rows_close(&rows);
    return ok;
}

bool snapshot_reports_of(const char *dir, const uint32_t *trials, size_t count, each_report *each,
                         void *context, struct error *error)
{
    struct rows rows;
    bool ok =
        rows_open(&rows, dir, "report", REPORT_COLUMNS "WHERE trial = ? ORDER BY step", error);
    for (size_t i = 0; ok && i < count; i++) {
        (void)sqlite3_reset(rows.statement);
        ok = sqlite3_bind_int64(rows.statement, 1, trials[i]) == SQLITE_OK ||
             database_error(rows.db, rows.path, error);
        ok = ok && step_reports(&rows, each, context, error);
    }
    rows_close(&rows);
    return ok;
}

bool snapshot_events(const char *dir,
                     bool (*each)(void *context, const struct event_row *row, struct error *error),
                     void *context, struct error *error)
{
    struct rows rows;
    int code = SQLITE_DONE;
    bool ok = rows_open(&rows, dir, "event",
                        "SELECT kind, trial, attempt, worker, trainer, step, value, verdict, text,"
                        " time FROM event ORDER BY seq",
                        error);
    while (ok && (code = sqlite3_step(rows.statement)) == SQLITE_ROW) {
        struct event_row row = {0};
        ok = read_event(&row, rows.statement, error) && each(context, &row, error);
    }
    if (ok && code != SQLITE_DONE)
        ok = database_error(rows.db, rows.path, error);
    rows_close(&rows);
    return ok;
}
