/* snapshot_rows.h - the parts of reading a study.db that snapshot.c and the readers of its long
 * tables share. For them alone: others ask snapshot.h. */
#ifndef LRSWEEP_COORDINATOR_STUDY_SNAPSHOT_ROWS_H
#define LRSWEEP_COORDINATOR_STUDY_SNAPSHOT_ROWS_H

#include "coordinator/study/snapshot.h"

#include <sqlite3.h>

/* Fills snapshot->latest. */
bool snapshot_rows_latest(struct snapshot *snapshot, sqlite3 *db, const char *path,
                          struct error *error);

#endif
