/* database_checks.c - what a study.db that comes from elsewhere may be made of. */
#include "coordinator/study/database_checks.h"

#include "coordinator/study/database.h"
#include "coordinator/study/store_schema.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- files --------------------------------------------------------------------------------------
 */

/* *there: whether there is anything of this name. */
static bool check_plain_file(const char *path, bool *there, struct error *error)
{
    struct stat found;
    *there = lstat(path, &found) == 0;
    return !*there || S_ISREG(found.st_mode) ||
           error_set(error,
                     "%s: is a link or a device, expected a file: a study is not opened through it",
                     path);
}

/* SQLite's file format, section 3: the journal of a transaction over several databases ends with
 * the name of a file that they share, its length, a checksum, and the magic number that journals
 * begin with. Whoever rolls such a journal back removes that file, wherever it is. */
static bool names_another(const char *journal)
{
    static const unsigned char magic[] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
    unsigned char end[sizeof magic] = {0};
    int file = open(journal, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0)
        return false;
    off_t length = lseek(file, 0, SEEK_END);
    /* A journal of one database begins with them, too. */
    bool read = length > (off_t)sizeof magic &&
                pread(file, end, sizeof end, length - (off_t)sizeof end) == (ssize_t)sizeof end;
    close(file);
    return read && memcmp(end, magic, sizeof magic) == 0;
}

bool database_check_files(const char *path, struct error *error)
{
    bool there = false;
    char *journal = sqlite3_mprintf("%s-journal", path);
    if (!journal)
        return error_set(error, "%s: out of memory", path);
    bool ok = check_plain_file(path, &there, error) && check_plain_file(journal, &there, error);
    if (ok && there && names_another(journal))
        ok = error_set(error,
                       "%s: names a file that SQLite would remove; lrsweep writes no such journal: "
                       "it is left alone",
                       journal);
    sqlite3_free(journal);
    return ok;
}

/* --- tables -------------------------------------------------------------------------------------
 */

/* The value of the first row; binds `name` to ?1. */
static bool ask(sqlite3 *db, const char *path, const char *sql, const char *name, int *answer,
                struct error *error)
{
    sqlite3_stmt *from = NULL;
    bool ok = database_prepare(db, path, sql, &from, error);
    if (ok && (sqlite3_bind_text(from, 1, name, -1, SQLITE_STATIC) != SQLITE_OK ||
               sqlite3_step(from) != SQLITE_ROW))
        ok = database_error(db, path, error);
    if (ok)
        *answer = sqlite3_column_int(from, 0);
    sqlite3_finalize(from);
    return ok;
}

bool database_check_plain(sqlite3 *db, const char *path, const char *const *tables, size_t count,
                          struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        int plain = 0;
        if (!ask(db, path,
                 "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table'"
                 "               AND rootpage > 1 AND name = ?1)"
                 " AND NOT EXISTS (SELECT 1 FROM pragma_table_xinfo(?1) WHERE hidden <> 0)",
                 tables[i], &plain, error))
            return false;
        if (!plain)
            return error_set(error, "%s: the table %s is missing or not a plain table", path,
                             tables[i]);
    }
    return true;
}

/* How the table was made, as SQLite keeps it: without the semicolon. */
static bool check_table(sqlite3 *db, const char *path, const char *name, const char *made,
                        struct error *error)
{
    sqlite3_stmt *from = NULL;
    bool ok = database_prepare(
        db, path,
        "SELECT sql = ?2, (SELECT max(name) FROM sqlite_master WHERE tbl_name = ?1 COLLATE NOCASE"
        "                  AND type <> 'table' AND sql IS NOT NULL)"
        " FROM sqlite_master WHERE name = ?1 AND type = 'table' AND rootpage > 1",
        &from, error);
    int step = SQLITE_ERROR;
    if (ok && sqlite3_bind_text(from, 1, name, -1, SQLITE_STATIC) == SQLITE_OK &&
        sqlite3_bind_text(from, 2, made, (int)strlen(made) - 1, SQLITE_STATIC) == SQLITE_OK)
        step = sqlite3_step(from);
    if (ok && step != SQLITE_ROW && step != SQLITE_DONE)
        ok = database_error(db, path, error);
    const char *more = step == SQLITE_ROW ? (const char *)sqlite3_column_text(from, 1) : NULL;
    if (ok && (step == SQLITE_DONE || sqlite3_column_int(from, 0) != 1))
        ok = error_set(error, "%s: the table %s is not as lrsweep makes it", path, name);
    else if (ok && more)
        ok = error_set(error,
                       "%s: \"%.40s\", an index or trigger on the table %s, is not lrsweep's: drop "
                       "it to go on with the study",
                       path, more, name);
    sqlite3_finalize(from);
    return ok;
}

bool database_check_schema(sqlite3 *db, const char *path, struct error *error)
{
    return check_table(db, path, "study", STORE_SCHEMA_STUDY, error) &&
           check_table(db, path, "trial", STORE_SCHEMA_TRIAL, error) &&
           check_table(db, path, "report", STORE_SCHEMA_REPORT, error) &&
           check_table(db, path, "event", STORE_SCHEMA_EVENT, error);
}
