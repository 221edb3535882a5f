/* event_row.h - a row of the table `event`, as it is read. */
#ifndef LRSWEEP_COORDINATOR_STUDY_EVENT_ROW_H
#define LRSWEEP_COORDINATOR_STUDY_EVENT_ROW_H

#include "coordinator/study/database.h"
#include "coordinator/study/store.h"

/* What a statement selects for event_row_read. */
#define EVENT_ROW_COLUMNS                                                                          \
    "seq, kind, trial, attempt, worker, trainer, step, value, verdict, text, time"

/* Fills all of the row but `seq`; its texts are the statement's until its next step. */
bool event_row_read(sqlite3_stmt *from, struct event_row *row, struct error *error);

#endif
