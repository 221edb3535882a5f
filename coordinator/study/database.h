/* database.h - study.db as a file: how it is opened, and what its errors mean to a user. */
#ifndef LRSWEEP_COORDINATOR_STUDY_DATABASE_H
#define LRSWEEP_COORDINATOR_STUDY_DATABASE_H

#include "common/error.h"

#include <sqlite3.h>
#include <stdint.h>

enum database_use {
    DATABASE_MAKE,  /* a new file, which must not be there yet */
    DATABASE_WRITE, /* the one writer */
    DATABASE_READ,  /* a reader beside a writer */
    DATABASE_MEND   /* a reader that may roll back what a killed writer left half done */
};

/* Whether `path` is a database that lrsweep made, told by its first bytes without SQLite. Must not
 * be called while this process has it open: closing any descriptor of a file drops the POSIX locks
 * that the process holds on it, SQLite's too. */
enum database_kind {
    DATABASE_ABSENT,
    DATABASE_OURS,
    DATABASE_FOREIGN,   /* something else */
    DATABASE_UNREADABLE /* errno says why */
};
enum database_kind database_examine(const char *path);

/* Opens, sets what must be set for every connection, and checks that the file is ours and not of a
 * later version (not for DATABASE_MAKE). *code (may be NULL) is SQLite's extended result. On
 * failure *db is NULL. */
bool database_open(const char *path, enum database_use use, sqlite3 **db, int *code,
                   struct error *error);

/* Opens for reading a study that may be in use, or left by a killed run: what that one left half
 * committed is rolled back, which needs write permission. NULL: it cannot be opened. */
sqlite3 *database_open_beside(const char *path, struct error *error);

/* Runs statements that return no rows. */
bool database_run(sqlite3 *db, const char *path, const char *sql, struct error *error);

/* Prepares one statement that will be used often. */
bool database_prepare(sqlite3 *db, const char *path, const char *sql, sqlite3_stmt **statement,
                      struct error *error);

/* Turns the last error of `db` into a text: the file, what SQLite says, what can be done. Returns
 * false. */
bool database_error(sqlite3 *db, const char *path, struct error *error);

/* --- checked reads of a column, for a file that may come from anywhere -------------------------
 */

/* A whole number from 0 to `highest`. */
bool column_whole(sqlite3_stmt *statement, int column, uint64_t highest, uint64_t *value,
                  struct error *error);

/* A whole number from 0 to INT_MAX; -1 for NULL. */
bool column_index(sqlite3_stmt *statement, int column, int *value, struct error *error);

/* A number; NaN for NULL. */
bool column_real(sqlite3_stmt *statement, int column, double *value, struct error *error);

/* A text, borrowed until the statement moves on; cut at a NUL byte. */
bool column_text(sqlite3_stmt *statement, int column, const char **text, struct error *error);

#endif
