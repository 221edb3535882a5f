/* store_files.c - makes DIR and a new study in it. */
#include "coordinator/study/store_files.h"

#include "common/file.h"
#include "common/layout.h"
#include "common/version.h"
#include "coordinator/study/checkpoints.h"
#include "coordinator/study/database.h"
#include "coordinator/study/snapshot.h"
#include "coordinator/study/store_schema.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define JOURNAL_SUFFIX "-journal"
#define NEW_DATABASE   LAYOUT_DATABASE ".new"

#define MACRO_TEXT_(x) #x
#define MACRO_TEXT(x)  MACRO_TEXT_(x)

char *store_path(const char *dir, const char *name)
{
    return sqlite3_mprintf("%s/%s", dir, name);
}

static bool no_memory(const char *dir, struct error *error)
{
    return error_set(error, "%s: out of memory", dir);
}

static bool make_directory(const char *path, bool *made, struct error *error)
{
    struct stat found;
    *made = mkdir(path, 0777) == 0;
    if (*made)
        return true;
    int reason = errno;
    if (stat(path, &found) != 0)
        return error_set(error, "%s: cannot make this directory: %s", path, strerror(reason));
    return S_ISDIR(found.st_mode) ||
           error_set(error, "%s: is a file, expected a directory (or nothing)", path);
}

bool store_make_directories(const char *dir, bool *made, struct error *error)
{
    char *path = store_path(dir, LAYOUT_CHECKPOINTS);
    if (!path)
        return no_memory(dir, error);
    bool ok = true, ignored;
    size_t length = strlen(dir);
    for (size_t i = 1; ok && i < length; i++) {
        if (path[i] != '/' || path[i - 1] == '/')
            continue;
        path[i] = '\0';
        ok = make_directory(path, &ignored, error);
        path[i] = '/';
    }
    ok = ok && make_directory(dir, made, error) && make_directory(path, &ignored, error);
    sqlite3_free(path);
    return ok;
}

void store_remove_directories(const char *dir)
{
    char *path = store_path(dir, LAYOUT_CHECKPOINTS);
    if (path)
        (void)rmdir(path);
    (void)rmdir(dir);
    sqlite3_free(path);
}

/* What the study that is there says of itself, for the refusal. */
static bool refuse_study(const char *dir, struct error *error)
{
    struct error unread;
    struct snapshot *old = snapshot_read(dir, &unread);
    if (!old)
        return error_set(error,
                         "%s: holds a study already, which cannot be read (%s): choose another "
                         "directory with --out, or replace it with --overwrite",
                         dir, unread.text);
    const char *name =
        json_string_value(json_object_get(json_object_get(old->document, "study"), "name"));
    const char *status = snapshot_value(old, "status");
    time_t created = (time_t)strtod(snapshot_value(old, "created"), NULL);
    char when[32] = "";
    struct tm local;
    if (localtime_r(&created, &local))
        (void)strftime(when, sizeof when, "%Y-%m-%d %H:%M", &local);
    error_set(error,
              "%s: holds a study already: \"%.100s\", %.40s, begun %s, %zu trials. Go on with it "
              "with --resume, choose another directory with --out, or replace it with --overwrite",
              dir, name ? name : "", strcmp(status, "running") == 0 ? "not finished" : status, when,
              old->trial_count);
    snapshot_destroy(old);
    return false;
}

/* SQLite wants room for the whole path, and for that of the journal. */
static bool check_length(const char *dir, struct error *error)
{
    char here[PATH_MAX];
    size_t length = strlen(dir), most = (size_t)sqlite3_vfs_find(NULL)->mxPathname -
                                        strlen("/" NEW_DATABASE JOURNAL_SUFFIX);
    if (dir[0] != '/' && getcwd(here, sizeof here))
        length += strlen(here) + 1;
    return length <= most ||
           error_set(
               error,
               "%.40s...: the path of this directory, from the root on, is %zu bytes long; at "
               "most %zu are possible: choose another directory with --out",
               dir, length, most);
}

bool store_check_free(const char *dir, bool overwrite, struct error *error)
{
    char *path = store_path(dir, LAYOUT_DATABASE);
    if (!path)
        return no_memory(dir, error);
    bool ok = check_length(dir, error);
    switch (ok ? database_examine(path) : DATABASE_ABSENT) {
    case DATABASE_ABSENT:
        break;
    case DATABASE_OURS:
        ok = overwrite || refuse_study(dir, error);
        break;
    case DATABASE_FOREIGN:
        ok = error_set(error,
                       "%s: is there and is not a study of lrsweep, so it is left alone: move it "
                       "away, or choose another directory with --out",
                       path);
        break;
    case DATABASE_UNREADABLE:
        ok = error_set(error, "%s: cannot read: %s", path, strerror(errno));
        break;
    }
    sqlite3_free(path);
    return ok;
}

/* --- the new study ------------------------------------------------------------------------------
 */

static bool insert_value(sqlite3 *db, sqlite3_stmt *insert, const char *path, const char *key,
                         const char *value, struct error *error)
{
    bool ok = sqlite3_bind_text(insert, 1, key, -1, SQLITE_STATIC) == SQLITE_OK &&
              sqlite3_bind_text(insert, 2, value, -1, SQLITE_STATIC) == SQLITE_OK &&
              sqlite3_step(insert) == SQLITE_DONE;
    if (!ok)
        database_error(db, path, error);
    sqlite3_reset(insert);
    return ok;
}

static bool fill(sqlite3 *db, const char *path, const json_t *document, struct error *error)
{
    char created[32];
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    (void)snprintf(created, sizeof created, "%lld.%03ld", (long long)now.tv_sec,
                   now.tv_nsec / 1000000);
    char *text = json_dumps(document, JSON_COMPACT);
    if (!text)
        return error_set(error, "%s: the study is not valid JSON", path);
    sqlite3_stmt *insert = NULL;
    bool ok = database_run(db, path,
                           "BEGIN IMMEDIATE;" STORE_SCHEMA "PRAGMA application_id=" MACRO_TEXT(
                               STORE_APPLICATION_ID) ";"
                                                     "PRAGMA user_version=" MACRO_TEXT(
                                                         STORE_SCHEMA_VERSION) ";",
                           error) &&
              database_prepare(db, path, "INSERT INTO study (key, value) VALUES (?1, ?2)", &insert,
                               error) &&
              insert_value(db, insert, path, "document", text, error) &&
              insert_value(db, insert, path, "version", LRSWEEP_VERSION, error) &&
              insert_value(db, insert, path, "created", created, error) &&
              insert_value(db, insert, path, "status", "running", error);
    sqlite3_finalize(insert);
    free(text);
    return ok && database_run(db, path, "COMMIT", error);
}

/* --- the old study ------------------------------------------------------------------------------
 */

static bool remove_file(const char *dir, const char *name, struct error *error)
{
    char *path = store_path(dir, name);
    if (!path)
        return no_memory(dir, error);
    bool ok = unlink(path) == 0 || errno == ENOENT ||
              error_set(error, "%s: cannot remove: %s", path, strerror(errno));
    sqlite3_free(path);
    return ok;
}

/* study.db goes last of what a user sees: as long as it is there, a start that was killed in
 * between is recognised as what it is, and refused or repeated. Its journal goes after it and never
 * before: without a hot journal the old study would be damaged, and with one that is not its own
 * the new study would be. */
static bool remove_study(const char *dir, struct error *error)
{
    return checkpoints_clean(dir, NULL, NULL, error) && remove_file(dir, LAYOUT_SUMMARY, error) &&
           remove_file(dir, LAYOUT_REPORT, error) && remove_file(dir, LAYOUT_BEST, error) &&
           remove_file(dir, LAYOUT_DATABASE, error) &&
           remove_file(dir, LAYOUT_DATABASE JOURNAL_SUFFIX, error) &&
           file_sync_directory(dir, error);
}

bool store_make_study(const char *dir, const json_t *document, struct error *error)
{
    char *aside = store_path(dir, NEW_DATABASE), *path = store_path(dir, LAYOUT_DATABASE);
    sqlite3 *db = NULL;
    bool ok = aside && path;
    if (!ok)
        no_memory(dir, error);
    /* First what a start that was killed here before has left. */
    ok = ok && remove_file(dir, NEW_DATABASE, error) &&
         remove_file(dir, NEW_DATABASE JOURNAL_SUFFIX, error) &&
         database_open(aside, DATABASE_MAKE, &db, NULL, error) && fill(db, aside, document, error);
    ok = (sqlite3_close(db) == SQLITE_OK || !ok || database_error(db, aside, error)) && ok;
    /* The new study is complete and synced under its temporary name. Killed before the rename,
     * there is no study here; after it, a complete one. */
    ok = ok && remove_study(dir, error);
    if (ok && rename(aside, path) != 0)
        ok = error_set(error, "%s: cannot rename it to %s: %s", aside, LAYOUT_DATABASE,
                       strerror(errno));
    ok = ok && file_sync_directory(dir, error);
    if (!ok) {
        struct error ignored;
        (void)remove_file(dir, NEW_DATABASE, &ignored);
        (void)remove_file(dir, NEW_DATABASE JOURNAL_SUFFIX, &ignored);
    }
    sqlite3_free(aside);
    sqlite3_free(path);
    return ok;
}
