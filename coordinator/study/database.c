/* database.c - opens study.db and words its errors. */
#include "coordinator/study/database.h"

#include "coordinator/study/database_checks.h"
#include "coordinator/study/store_schema.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

/* How long a writer waits for readers to finish, and a reader for a commit. Readers take
 * milliseconds; a longer wait means that one of them is stopped or its node is gone. */
#define WRITER_WAIT_MS 30000
#define READER_WAIT_MS 5000

/* The longest text or row that is accepted from a file. */
#define LONGEST_VALUE_BYTES (64 << 20)

/* Where SQLite's file format (section 1.3) keeps the application id: 4 bytes, big-endian. */
#define HEADER_BYTES          72
#define HEADER_APPLICATION_ID 68

/* The writer's connection. A commit in PERSIST mode with synchronous=FULL is:
 *   1. the old pages are in the journal, which is synced, then its header, synced again;
 *   2. the new pages go into the database, synced;
 *   3. the journal's header is overwritten with zeros, synced: this is the commit.
 * Killed or powered off before 3 is on the disk, the journal is still valid ("hot"), and whoever
 * opens the database next plays the old pages back: the study is as at the commit before. After 3
 * the journal counts for nothing. So COMMIT returns when, and only when, it is durable.
 *
 * Why PERSIST: with DELETE the commit is the unlink of the journal. FULL does not sync the
 * directory after it, so that a power cut can bring the journal back and undo a commit that was
 * reported; EXTRA does sync it, at the price of creating, syncing and removing a directory entry at
 * each commit. On NFS these are synchronous calls to the server, and a client that has cached that
 * there is no journal can miss a hot one. With PERSIST there is one journal file, its entry synced
 * when it is made, and only contents change, which NFS revalidates with each lock. No write-ahead
 * log: its shared memory does not work across hosts.
 *
 * cache_spill=OFF: the pages of a transaction stay in memory until COMMIT, so that until then the
 * writer holds the RESERVED lock only and readers go on reading. The journal is cut back to 1 MiB
 * after a large transaction. mmap_size=0: an I/O error in mapped memory would be a SIGBUS.
 * secure_delete (on in Debian's build) would only write zeros where nothing secret was. */
static const char writer_settings[] = "PRAGMA journal_mode=PERSIST;"
                                      "PRAGMA journal_size_limit=1048576;"
                                      "PRAGMA synchronous=FULL;"
                                      "PRAGMA locking_mode=NORMAL;"
                                      "PRAGMA cache_size=-16384;"
                                      "PRAGMA cache_spill=OFF;"
                                      "PRAGMA secure_delete=OFF;"
                                      "PRAGMA temp_store=MEMORY;"
                                      "PRAGMA mmap_size=0;";

/* While the file still has its temporary name nobody reads it, and no journal may stay behind. */
static const char maker_settings[] = "PRAGMA journal_mode=DELETE;"
                                     "PRAGMA synchronous=EXTRA;";

/* A file from elsewhere may be made to mislead: no views, no triggers, no functions from the schema
 * (database_open), and cells are checked when a page is read. */
static const char reader_settings[] = "PRAGMA cell_size_check=ON;"
                                      "PRAGMA cache_size=-16384;"
                                      "PRAGMA mmap_size=0;";

enum database_kind database_examine(const char *path)
{
    static const char magic[16] = "SQLite format 3";
    unsigned char header[HEADER_BYTES];
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return errno == ENOENT || errno == ENOTDIR ? DATABASE_ABSENT : DATABASE_UNREADABLE;
    size_t length = 0;
    ssize_t got = 0;
    while (length < sizeof header &&
           ((got = read(file, header + length, sizeof header - length)) > 0 ||
            (got < 0 && errno == EINTR)))
        length += got > 0 ? (size_t)got : 0;
    int reason = errno;
    close(file);
    if (got < 0) {
        errno = reason;
        return DATABASE_UNREADABLE;
    }
    const unsigned char *id = header + HEADER_APPLICATION_ID;
    bool ours = length == sizeof header && memcmp(header, magic, sizeof magic) == 0 &&
                ((uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 | (uint32_t)id[2] << 8 | id[3]) ==
                    STORE_APPLICATION_ID;
    return ours ? DATABASE_OURS : DATABASE_FOREIGN;
}

/* What the user can do about it, "" if nothing better than SQLite's own words is known. */
static const char *advice(int code)
{
    if (code == SQLITE_READONLY_ROLLBACK)
        return "; the run that wrote it was killed in the middle of a commit, and this user may "
               "not "
               "write here to restore the last one: ask its owner to run `lrsweep status` once";
    switch (code & 0xff) {
    case SQLITE_FULL:
        return "; free some space (or quota) there, then go on with --resume: the study is intact "
               "up "
               "to its last commit";
    case SQLITE_READONLY:
        return "; make the file and its directory writable, or choose another directory with --out";
    case SQLITE_IOERR:
        return "; look for a failing disk, a full quota or a file system that went away, then go "
               "on "
               "with --resume: the study is intact up to its last commit";
    case SQLITE_CANTOPEN:
        return "; check that the directory is there and that you may read and write in it";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "; another process has kept it locked too long: end the programs that have it open";
    case SQLITE_NOTADB:
        return "; it is not a study of lrsweep: move it away, or choose another directory with "
               "--out";
    case SQLITE_CORRUPT:
        return "; it was damaged outside lrsweep (copied while a run wrote it, without its "
               "journal?): "
               "restore it from a copy, or start again with --overwrite";
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return "; check the permissions of the file and its directory";
    default:
        return "";
    }
}

bool database_error(sqlite3 *db, const char *path, struct error *error)
{
    int code = db ? sqlite3_extended_errcode(db) : SQLITE_NOMEM;
    const char *text = db ? sqlite3_errmsg(db) : sqlite3_errstr(code);
    int reason = db ? sqlite3_system_errno(db) : 0;
    bool system =
        reason != 0 && ((code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN);
    return error_set(error, "%s: %s%s%s%s%s", path, text, system ? " (" : "",
                     system ? strerror(reason) : "", system ? ")" : "", advice(code));
}

/* A read-only connection that meets a hot journal fails with SQLITE_READONLY_ROLLBACK. SQLite calls
 * a journal hot only when no living writer holds the RESERVED lock, so that opening again with
 * write permission rolls back what a dead run left and nothing else; beside a run that was resumed
 * meanwhile it is one more reader. */
sqlite3 *database_open_beside(const char *path, struct error *error)
{
    sqlite3 *db = NULL;
    int code = SQLITE_OK;
    if (!database_open(path, DATABASE_READ, &db, &code, error) && code == SQLITE_READONLY_ROLLBACK)
        (void)database_open(path, DATABASE_MEND, &db, NULL, error);
    return db;
}

bool database_run(sqlite3 *db, const char *path, const char *sql, struct error *error)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK || database_error(db, path, error);
}

bool database_prepare(sqlite3 *db, const char *path, const char *sql, sqlite3_stmt **statement,
                      struct error *error)
{
    return sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL) ==
               SQLITE_OK ||
           database_error(db, path, error);
}

static bool read_pragma(sqlite3 *db, const char *path, const char *sql, sqlite3_int64 *value,
                        struct error *error)
{
    sqlite3_stmt *statement = NULL;
    bool ok = database_prepare(db, path, sql, &statement, error);
    if (ok && sqlite3_step(statement) == SQLITE_ROW)
        *value = sqlite3_column_int64(statement, 0);
    else if (ok)
        ok = database_error(db, path, error);
    sqlite3_finalize(statement);
    return ok;
}

static bool check_identity(sqlite3 *db, const char *path, struct error *error)
{
    sqlite3_int64 application = 0, version = 0;
    if (!read_pragma(db, path, "PRAGMA application_id", &application, error) ||
        !read_pragma(db, path, "PRAGMA user_version", &version, error))
        return false;
    if (application != STORE_APPLICATION_ID)
        return error_set(error, "%s: a database, but not a study of lrsweep", path);
    if (version != STORE_SCHEMA_VERSION)
        return error_set(error,
                         "%s: its tables are of version %lld, this lrsweep knows version %d: use "
                         "the lrsweep that made it",
                         path, (long long)version, STORE_SCHEMA_VERSION);
    return true;
}

static bool configure(sqlite3 *db, const char *path, enum database_use use, struct error *error)
{
    sqlite3_extended_result_codes(db, 1);
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, LONGEST_VALUE_BYTES);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    bool reads = use == DATABASE_READ || use == DATABASE_MEND;
    sqlite3_busy_timeout(db, reads ? READER_WAIT_MS : WRITER_WAIT_MS);
    const char *settings = reads                  ? reader_settings
                           : use == DATABASE_MAKE ? maker_settings
                                                  : writer_settings;
    /* Before anything else is written: a file that is not ours must not be touched. */
    return (use == DATABASE_MAKE || check_identity(db, path, error)) &&
           (use != DATABASE_WRITE || database_check_schema(db, path, error)) &&
           database_run(db, path, settings, error);
}

bool database_open(const char *path, enum database_use use, sqlite3 **db, int *code,
                   struct error *error)
{
    static const int flags[] = {
        [DATABASE_MAKE] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
        [DATABASE_WRITE] = SQLITE_OPEN_READWRITE,
        [DATABASE_READ] = SQLITE_OPEN_READONLY,
        [DATABASE_MEND] = SQLITE_OPEN_READWRITE,
    };
    /* Where SQLite is built to take file names for URIs, "./" keeps a name that looks like one. */
    char *name = sqlite3_mprintf("%s%s", strncmp(path, "file:", 5) == 0 ? "./" : "", path);
    *db = NULL;
    bool ok = use == DATABASE_MAKE || database_check_files(path, error);
    if (ok &&
        (!name || sqlite3_open_v2(name, db, flags[use] | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK))
        ok = database_error(*db, path, error);
    ok = ok && configure(*db, path, use, error);
    if (code)
        *code = ok ? SQLITE_OK : *db ? sqlite3_extended_errcode(*db) : SQLITE_NOMEM;
    sqlite3_free(name);
    if (!ok) {
        sqlite3_close(*db);
        *db = NULL;
    }
    return ok;
}

static const char *type_name(int type)
{
    switch (type) {
    case SQLITE_INTEGER:
        return "a whole number";
    case SQLITE_FLOAT:
        return "a fraction";
    case SQLITE_TEXT:
        return "a text";
    case SQLITE_BLOB:
        return "bytes";
    default:
        return "NULL";
    }
}

static bool unexpected(sqlite3_stmt *statement, int column, const char *expected,
                       struct error *error)
{
    return error_set(error, "column %s holds %s, expected %s",
                     sqlite3_column_name(statement, column),
                     type_name(sqlite3_column_type(statement, column)), expected);
}

bool column_whole(sqlite3_stmt *statement, int column, uint64_t highest, uint64_t *value,
                  struct error *error)
{
    if (sqlite3_column_type(statement, column) != SQLITE_INTEGER)
        return unexpected(statement, column, "a whole number", error);
    sqlite3_int64 found = sqlite3_column_int64(statement, column);
    if (found < 0 || (uint64_t)found > highest)
        return error_set(error, "column %s holds %lld, expected 0 to %llu",
                         sqlite3_column_name(statement, column), (long long)found,
                         (unsigned long long)highest);
    *value = (uint64_t)found;
    return true;
}

bool column_index(sqlite3_stmt *statement, int column, int *value, struct error *error)
{
    uint64_t found = 0;
    *value = -1;
    if (sqlite3_column_type(statement, column) == SQLITE_NULL)
        return true;
    if (!column_whole(statement, column, INT_MAX, &found, error))
        return false;
    *value = (int)found;
    return true;
}

bool column_real(sqlite3_stmt *statement, int column, double *value, struct error *error)
{
    int type = sqlite3_column_type(statement, column);
    if (type != SQLITE_NULL && type != SQLITE_FLOAT && type != SQLITE_INTEGER)
        return unexpected(statement, column, "a number", error);
    *value = type == SQLITE_NULL ? (double)NAN : sqlite3_column_double(statement, column);
    return true;
}

bool column_text(sqlite3_stmt *statement, int column, const char **text, struct error *error)
{
    if (sqlite3_column_type(statement, column) != SQLITE_TEXT)
        return unexpected(statement, column, "a text", error);
    *text = (const char *)sqlite3_column_text(statement, column);
    return *text ||
           error_set(error, "column %s: out of memory", sqlite3_column_name(statement, column));
}
