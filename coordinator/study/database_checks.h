/* database_checks.h - what a study.db that comes from elsewhere may be made of. SQLite reads any
 * file without harm to memory; these checks keep what it does with one within DIR and within
 * bounds. */
#ifndef LRSWEEP_COORDINATOR_STUDY_DATABASE_CHECKS_H
#define LRSWEEP_COORDINATOR_STUDY_DATABASE_CHECKS_H

#include "common/error.h"

#include <sqlite3.h>
#include <stddef.h>

/* Before `path` is opened: it and its journal are files, not links or pipes, and the journal names
 * no other. What is not there is no fault. */
bool database_check_files(const char *path, struct error *error);

/* The tables are tables, not views or virtual tables, and have no computed columns: what they hold
 * is bounded by the file's size. */
bool database_check_plain(sqlite3 *db, const char *path, const char *const *tables, size_t count,
                          struct error *error);

/* The four tables are as store_schema.h makes them, and nothing else hangs on them: what is written
 * is what will be read, and costs no more than that. */
bool database_check_schema(sqlite3 *db, const char *path, struct error *error);

#endif
