/* event_row.c - a row of the table `event`, as it is read. */
#include "coordinator/study/event_row.h"

bool event_row_read(sqlite3_stmt *from, struct event_row *row, struct error *error)
{
    uint64_t trial = 0, attempt = 0;
    const char *verdict = "";
    bool ok = column_text(from, 1, &row->kind, error) &&
              column_whole(from, 2, UINT32_MAX, &trial, error) &&
              column_whole(from, 3, UINT32_MAX, &attempt, error) &&
              column_index(from, 4, &row->worker, error) &&
              column_index(from, 5, &row->trainer, error) &&
              column_whole(from, 6, INT64_MAX, &row->step, error) &&
              column_real(from, 7, &row->value, error) && column_text(from, 8, &verdict, error) &&
              column_text(from, 9, &row->text, error) && column_real(from, 10, &row->time, error);
    row->trial = (uint32_t)trial;
    row->attempt = (uint32_t)attempt;
    row->verdict = verdict_from_name(verdict);
    return ok;
}
