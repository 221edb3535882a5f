/* test_store.c - what rank 0 writes is what anyone reads, whatever dies. */
#include "study_fixture.h"

#include "coordinator/study/checkpoints.h"
#include "coordinator/study/store_schema.h"
#include "coordinator/study/study_lock.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

/* --- reading as a user would: plain SQL ---------------------------------------------------------
 */

/* Every row as "a|b|c\n" with NULL written out. */
static void assert_query(const struct fixture *fixture, const char *sql, const char *expected)
{
    char path[PATH_BYTES], found[4096] = "";
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    size_t used = 0;
    assert_int_equal(sqlite3_open(fixture_path(fixture, "study.db", path), &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(statement); i++) {
            const char *text = (const char *)sqlite3_column_text(statement, i);
            used += (size_t)snprintf(found + used, sizeof found - used, "%s%s", i > 0 ? "|" : "",
                                     text ? text : "NULL");
        }
        used += (size_t)snprintf(found + used, sizeof found - used, "\n");
    }
    assert_int_equal(code, SQLITE_DONE);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    assert_string_equal(found, expected);
}

static void run_sql(const struct fixture *fixture, const char *name, const char *sql)
{
    char path[PATH_BYTES];
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(fixture_path(fixture, name, path), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* --- rows ---------------------------------------------------------------------------------------
 */

static void a_new_study_says_what_it_is(void **state)
{
    struct fixture *fixture = *state;
    assert_false(store_exists(fixture->dir));
    fixture_close(fixture, fixture_create(fixture));
    assert_true(store_exists(fixture->dir));
    assert_true(fixture_has(fixture, "checkpoints"));
    assert_false(fixture_has(fixture, "study.db-journal"));
    assert_false(fixture_has(fixture, "study.db.new"));
    assert_false(fixture_has(fixture, "study.lock"));
    assert_query(fixture, "SELECT key FROM study ORDER BY key",
                 "created\ndocument\nstatus\nversion\n");
    assert_query(fixture,
                 "SELECT value ->> '$.study.name', value ->> '$.search.unit' FROM study"
                 " WHERE key = 'document'",
                 "digits|epochs\n");
    assert_query(fixture, "SELECT abs(value - unixepoch()) < 60 FROM study WHERE key = 'created'",
                 "1\n");
    assert_query(fixture, "PRAGMA user_version", "3\n");
    assert_query(fixture, "PRAGMA application_id", "1280471927\n");
}

static void a_trial_comes_back_as_it_was_written_last(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = fixture_create(fixture);
    struct trial_row row = waiting_trial(3);
    assert_true(store_trial(store, &row, &fixture->error));
    row = (struct trial_row){.id = 3,
                             .state = TRIAL_DIVERGED,
                             .verdict = VERDICT_COLLAPSED,
                             .bracket = 2,
                             .rung = 1,
                             .parent = 5,
                             .repeat = true,
                             .seed = 11,
                             .begun = 781,
                             .step = 2343,
                             .lr = 0.5,
                             .schedule = "step",
                             .params = "{\"lr\":0.5}",
                             .metric = 0.25,
                             .final = NAN,
                             .started = 1000.5,
                             .ended = 2000.25,
                             .attempts = 2,
                             .worker = 0,
                             .message = "It's lost"};
    assert_true(store_trial(store, &row, &fixture->error));
    row = waiting_trial(4);
    row.metric = INFINITY;
    assert_true(store_trial(store, &row, &fixture->error));
    fixture_close(fixture, store);
    assert_query(fixture, "SELECT * FROM trial",
                 "3|diverged|collapsed|2|1|5|1|11|781|2343|0.5|step|{\"lr\":0.5}|0.25|NULL|1000.5|"
                 "2000.25|2|0|"
                 "It's lost\n"
                 "4|waiting||0|0|NULL|0|1|0|0|0.1|constant|{\"lr\":0.1,\"schedule\":{\"type\":"
                 "\"constant\"}}|NULL|"
                 "NULL|NULL|NULL|0|NULL|\n");
}

static void a_report_that_is_not_finite_is_stored_as_null(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        double train_loss, val_loss;
        bool validated;
        const char *expected; /* train_loss, val_loss, finite */
    } cases[] = {
        {0.5, 0.25, true, "0.5|0.25|1\n"},  {0.5, 0.25, false, "0.5|NULL|1\n"},
        {NAN, NAN, false, "NULL|NULL|0\n"}, {INFINITY, NAN, false, "NULL|NULL|0\n"},
        {0.5, NAN, true, "0.5|NULL|0\n"},   {0.5, -INFINITY, true, "0.5|NULL|0\n"},
        {NAN, 0.25, true, "NULL|0.25|0\n"},
    };
    struct store *store = fixture_create(fixture);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct report_row row = sound_report((uint32_t)i, 100);
        row.train_loss = cases[i].train_loss;
        row.val_loss = cases[i].val_loss;
        row.validated = cases[i].validated;
        assert_true(store_report(store, &row, &fixture->error));
    }
    fixture_close(fixture, store);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char sql[128];
        (void)snprintf(sql, sizeof sql,
                       "SELECT train_loss, val_loss, finite FROM report WHERE trial = %zu", i);
        assert_query(fixture, sql, cases[i].expected);
    }
}

static void a_retried_attempt_reports_the_same_steps_again(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = fixture_create(fixture);
    for (int attempt = 1; attempt <= 2; attempt++)
        for (uint64_t step = 100; step <= 300; step += 100) {
            struct report_row row = sound_report(0, step);
            row.seconds = attempt;
            assert_true(store_report(store, &row, &fixture->error));
        }
    fixture_close(fixture, store);
    assert_query(fixture,
                 "SELECT step, epoch, lr, grad_norm, update_ratio, dead_units, seconds FROM report",
                 "100|0.1|0.1|1.5|0.001|0.25|2.0\n200|0.2|0.1|1.5|0.001|0.25|2.0\n"
                 "300|0.3|0.1|1.5|0.001|0.25|2.0\n");
}

struct collected {
    char text[1024];
    size_t used;
    size_t stop_at; /* fail at this event, from 1; 0: never */
    size_t count;
};

static bool collect(void *context, const struct event_row *row, struct error *error)
{
    struct collected *to = context;
    if (++to->count == to->stop_at)
        return error_set(error, "does not fit");
    to->used += (size_t)snprintf(
        to->text + to->used, sizeof to->text - to->used, "%s %u.%u %d/%d at %llu: %.3g %s \"%s\"\n",
        row->kind, row->trial, row->attempt, row->worker, row->trainer,
        (unsigned long long)row->step, row->value, verdict_name(row->verdict), row->text);
    return true;
}

static void events_are_replayed_in_order(void **state)
{
    struct fixture *fixture = *state;
    static const struct event_row rows[] = {
        {"assigned", 2, 1, 0, 1, 0, NAN, VERDICT_NONE, "", 0, 0},
        {"done", 2, 1, 0, 1, 781, 0.5, VERDICT_HEALTHY, "", 0, 0},
        {"lost", UINT32_MAX, 3, -1, -1, 1ULL << 60, NAN, VERDICT_COLLAPSED, "no word for 60 s", 0,
         0},
    };
    struct store *store = fixture_create(fixture);
    for (size_t i = 0; i < 3; i++)
        assert_true(store_event(store, &rows[i], &fixture->error));
    fixture_close(fixture, store);
    assert_query(fixture, "SELECT seq, kind, abs(time - unixepoch()) < 60 FROM event",
                 "1|assigned|1\n2|done|1\n3|lost|1\n");

    store = store_open(fixture->dir, &fixture->error);
    assert_non_null(store);
    struct collected all = {.used = 0}, some = {.stop_at = 2};
    assert_true(store_replay(store, collect, &all, &fixture->error));
    assert_string_equal(all.text, "assigned 2.1 0/1 at 0: nan  \"\"\n"
                                  "done 2.1 0/1 at 781: 0.5 healthy \"\"\n"
                                  "lost 4294967295.3 -1/-1 at 1152921504606846976: nan collapsed "
                                  "\"no word for 60 s\"\n");
    assert_false(store_replay(store, collect, &some, &fixture->error));
    assert_string_equal(fixture->error.text, "does not fit");
    assert_int_equal(some.count, 2);
    fixture_close(fixture, store);
}

static void an_event_that_was_tampered_with_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct collected all = {.used = 0};
    fixture_close(fixture, fixture_create(fixture));
    run_sql(fixture, "study.db",
            "INSERT INTO event (time, kind, trial, attempt, step, verdict, text)"
            " VALUES (1, 'done', 99999999999, 1, 1, '', '')");
    struct store *store = store_open(fixture->dir, &fixture->error);
    assert_non_null(store);
    assert_false(store_replay(store, collect, &all, &fixture->error));
    assert_contains(fixture->error.text,
                    "study.db: event 1: column trial holds 99999999999, expected 0 to 4294967295");
    fixture_close(fixture, store);
}

/* What is done to a sound study by somebody else: nothing of it is written into. */
static void tables_that_are_not_as_they_were_made_are_refused(void **state)
{
    static const struct {
        const char *sql, *expected;
    } cases[] = {
        {"DROP TABLE event; CREATE VIEW event AS WITH RECURSIVE n(seq) AS (SELECT 1 UNION ALL"
         " SELECT seq + 1 FROM n) SELECT seq FROM n",
         "the table event is not as lrsweep makes it"},
        {"DROP TABLE report; CREATE VIRTUAL TABLE report USING fts5(trial)",
         "the table report is not as lrsweep makes it"},
        {"ALTER TABLE event ADD COLUMN big TEXT GENERATED ALWAYS AS (hex(zeroblob(9999999)))",
         "the table event is not as lrsweep makes it"},
        {"DROP TABLE study", "the table study is not as lrsweep makes it"},
        {"CREATE INDEX grows ON event (hex(zeroblob(1000000 + seq)))", "\"grows\", an index"},
        {"CREATE TRIGGER again AFTER INSERT ON Trial BEGIN DELETE FROM event; END",
         "\"again\", an index or trigger"},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct store *store = store_create(fixture->dir, fixture->document, true, &fixture->error);
        assert_non_null(store);
        fixture_close(fixture, store);
        run_sql(fixture, "study.db", cases[i].sql);
        assert_null(store_open(fixture->dir, &fixture->error));
        assert_contains(fixture->error.text, cases[i].expected);
    }
    /* A user's own tables and views are nobody's business. */
    fixture_close(fixture, store_create(fixture->dir, fixture->document, true, &fixture->error));
    run_sql(fixture, "study.db", "CREATE TABLE notes (a); CREATE VIEW best AS SELECT * FROM trial");
    fixture_close(fixture, store_open(fixture->dir, &fixture->error));
}

static void a_study_without_its_folder_of_checkpoints_is_gone_on_with(void **state)
{
    struct fixture *fixture = *state;
    char path[PATH_BYTES];
    fixture_close(fixture, fixture_create(fixture));
    assert_int_equal(rmdir(fixture_path(fixture, "checkpoints", path)), 0);
    struct store *store = store_open(fixture->dir, &fixture->error);
    assert_non_null(store);
    assert_true(checkpoints_clean(fixture->dir, NULL, NULL, &fixture->error));
    fixture_close(fixture, store);
}

static void checkpoints_are_not_removed_through_a_link(void **state)
{
    struct fixture *fixture = *state;
    char path[PATH_BYTES], other[2 * PATH_BYTES], file[3 * PATH_BYTES];
    fixture_close(fixture, fixture_create(fixture));
    (void)snprintf(other, sizeof other, "%s/other", fixture->root);
    (void)snprintf(file, sizeof file, "%s/000000-1.safetensors", other);
    assert_int_equal(mkdir(other, 0700), 0);
    FILE *made = fopen(file, "w");
    assert_non_null(made);
    (void)fclose(made);
    assert_int_equal(rmdir(fixture_path(fixture, "checkpoints", path)), 0);
    assert_int_equal(symlink(other, path), 0);
    assert_false(checkpoints_clean(fixture->dir, NULL, NULL, &fixture->error));
    assert_contains(fixture->error.text, "/checkpoints: is a link or a file, expected a directory");
    assert_null(store_create(fixture->dir, fixture->document, true, &fixture->error));
    assert_int_equal(access(file, F_OK), 0);
}

static void values_are_set_and_replaced(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = fixture_create(fixture);
    assert_true(store_set(store, "trainers", "2", &fixture->error));
    assert_true(store_set(store, "status", "finished", &fixture->error));
    assert_true(store_commit(store, &fixture->error));
    assert_true(store_set(store, "trainers", "4", &fixture->error));
    fixture_close(fixture, store);
    assert_query(fixture, "SELECT * FROM study WHERE key IN ('status', 'trainers') ORDER BY key",
                 "status|finished\ntrainers|4\n");
}

static void nothing_is_seen_before_the_commit(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = fixture_create(fixture);
    struct trial_row row = waiting_trial(0);
    assert_true(store_trial(store, &row, &fixture->error));
    assert_query(fixture, "SELECT count(*) FROM trial", "0\n");
    assert_true(store_commit(store, &fixture->error));
    assert_query(fixture, "SELECT count(*) FROM trial", "1\n");
    assert_true(store_commit(store, &fixture->error)); /* nothing pending */
    fixture_close(fixture, store);
}

/* --- making, refusing, overwriting --------------------------------------------------------------
 */

static void missing_parents_are_made(void **state)
{
    struct fixture *fixture = *state;
    char deep[PATH_BYTES + 16];
    (void)snprintf(deep, sizeof deep, "%s/a/b//c/", fixture->dir);
    struct store *store = store_create(deep, fixture->document, false, &fixture->error);
    assert_non_null(store);
    fixture_close(fixture, store);
    assert_true(fixture_has(fixture, "a/b/c/study.db"));
}

static void a_path_that_is_too_long_is_refused_before_anything_is_made(void **state)
{
    struct fixture *fixture = *state;
    char dir[4001];
    static const size_t lengths[] = {500, 4000};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        size_t length = (size_t)snprintf(dir, sizeof dir, "%s", fixture->root);
        for (; length < lengths[i]; length++)
            dir[length] = length % 100 == 0 ? '/' : 'a';
        dir[length] = '\0';
        assert_null(store_create(dir, fixture->document, false, &fixture->error));
        assert_contains(fixture->error.text, "bytes long; at most");
    }
    dir[100] = '\0';
    assert_int_equal(access(dir, F_OK), -1);
}

static void what_is_discarded_was_never_written(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = fixture_create(fixture);
    struct trial_row row = waiting_trial(0);
    store_discard(store);
    assert_true(store_trial(store, &row, &fixture->error));
    assert_true(store_commit(store, &fixture->error));
    row.step = 7;
    assert_true(store_trial(store, &row, &fixture->error));
    store_discard(store);
    assert_true(store_set(store, "status", "failed", &fixture->error));
    fixture_close(fixture, store);
    assert_query(fixture, "SELECT step, (SELECT value FROM study WHERE key = 'status') FROM trial",
                 "0|failed\n");
}

static void a_directory_that_cannot_be_made_is_named(void **state)
{
    struct fixture *fixture = *state;
    char below[PATH_BYTES + 16];
    FILE *file = fopen(fixture->dir, "w");
    assert_non_null(file);
    (void)fclose(file);
    (void)snprintf(below, sizeof below, "%s/below", fixture->dir);
    assert_null(store_create(fixture->dir, fixture->document, true, &fixture->error));
    assert_contains(fixture->error.text, "/study: is a file, expected a directory");
    assert_null(store_create(below, fixture->document, true, &fixture->error));
    assert_contains(fixture->error.text, "/study: is a file, expected a directory");
    assert_null(store_create("/proc/lrsweep", fixture->document, false, &fixture->error));
    assert_contains(fixture->error.text, "/proc/lrsweep: cannot make this directory: ");
}

static void a_study_that_is_there_is_refused_with_what_it_holds(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = fixture_create(fixture);
    struct trial_row row = waiting_trial(0);
    assert_true(store_trial(store, &row, &fixture->error));
    fixture_close(fixture, store);
    assert_null(store_create(fixture->dir, fixture->document, false, &fixture->error));
    char year[8];
    time_t now = time(NULL);
    struct tm local;
    (void)strftime(year, sizeof year, "%Y", localtime_r(&now, &local));
    assert_contains(fixture->error.text, fixture->dir);
    assert_contains(fixture->error.text,
                    ": holds a study already: \"digits\", not finished, begun ");
    assert_contains(fixture->error.text, year);
    assert_contains(fixture->error.text, ", 1 trials. ");
    assert_contains(fixture->error.text, "--resume");
    assert_contains(fixture->error.text, "--out");
    assert_contains(fixture->error.text, "--overwrite");
    assert_false(fixture_has(fixture, "study.lock"));
    assert_query(fixture, "SELECT count(*) FROM trial", "1\n");
}

static void overwriting_removes_the_study_and_nothing_else(void **state)
{
    struct fixture *fixture = *state;
    static const char *const removed[] = {"summary.json",
                                          "best.safetensors",
                                          "report.html",
                                          "study.db-journal",
                                          "checkpoints/000017-3.safetensors",
                                          "checkpoints/1000000-12.safetensors",
                                          "checkpoints/000017-3.safetensors.1234.tmp"};
    static const char *const kept[] = {"notes.txt",
                                       "checkpoints/mine.safetensors",
                                       "checkpoints/17-1.safetensors",
                                       "checkpoints/000017-1.safetensors2",
                                       "checkpoints/000017.safetensors",
                                       "checkpoints/README"};
    struct store *store = fixture_create(fixture);
    struct trial_row row = waiting_trial(0);
    assert_true(store_trial(store, &row, &fixture->error));
    fixture_close(fixture, store);
    for (size_t i = 0; i < sizeof removed / sizeof removed[0]; i++)
        fixture_write(fixture, removed[i], "old");
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        fixture_write(fixture, kept[i], "mine");
    store = store_create(fixture->dir, fixture->document, true, &fixture->error);
    assert_non_null(store);
    fixture_close(fixture, store);
    for (size_t i = 0; i < sizeof removed / sizeof removed[0]; i++)
        assert_false(fixture_has(fixture, removed[i]));
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        assert_true(fixture_has(fixture, kept[i]));
    assert_query(fixture, "SELECT count(*) FROM trial", "0\n");
}

static void a_file_that_is_not_ours_is_never_replaced(void **state)
{
    struct fixture *fixture = *state;
    static const char *const contents[] = {"", "hello", NULL};
    assert_int_equal(mkdir(fixture->dir, 0777), 0);
    for (size_t i = 0; i < 3; i++) {
        if (contents[i])
            fixture_write(fixture, "study.db", contents[i]);
        else {
            char path[PATH_BYTES];
            (void)unlink(fixture_path(fixture, "study.db", path));
            run_sql(fixture, "study.db", "CREATE TABLE photos (name TEXT)");
        }
        for (int overwrite = 0; overwrite < 2; overwrite++) {
            assert_null(
                store_create(fixture->dir, fixture->document, overwrite != 0, &fixture->error));
            assert_contains(fixture->error.text,
                            "/study/study.db: is there and is not a study of lrsweep");
        }
        assert_null(store_open(fixture->dir, &fixture->error));
        assert_contains(fixture->error.text, "not a study of lrsweep");
        assert_false(fixture_has(fixture, "checkpoints"));
        assert_false(fixture_has(fixture, "study.lock"));
    }
    assert_query(fixture, "SELECT name FROM sqlite_master", "photos\n");
}

/* Whoever opens a pipe waits for its other end. */
static void pipes_in_the_place_of_files_are_not_waited_for(void **state)
{
    struct fixture *fixture = *state;
    char path[PATH_BYTES], holder[64];
    assert_int_equal(mkdir(fixture->dir, 0700), 0);
    assert_int_equal(mkfifo(fixture_path(fixture, "study.lock", path), 0600), 0);
    assert_false(study_lock_held(fixture->dir, holder, sizeof holder));
    assert_int_equal(mkfifo(fixture_path(fixture, "study.db", path), 0600), 0);
    assert_null(store_create(fixture->dir, fixture->document, true, &fixture->error));
    assert_contains(fixture->error.text, "is not a study of lrsweep");
}

static void a_study_of_a_later_version_is_left_alone(void **state)
{
    struct fixture *fixture = *state;
    fixture_close(fixture, fixture_create(fixture));
    run_sql(fixture, "study.db", "PRAGMA user_version = 9");
    assert_null(store_open(fixture->dir, &fixture->error));
    assert_contains(fixture->error.text, "its tables are of version 9");
}

static void going_on_with_no_study_is_refused(void **state)
{
    struct fixture *fixture = *state;
    assert_null(store_open(fixture->dir, &fixture->error));
    assert_contains(fixture->error.text, "/study: holds no study");
    assert_int_not_equal(access(fixture->dir, F_OK), 0);
}

static void what_a_killed_start_left_is_cleared_away(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(mkdir(fixture->dir, 0777), 0);
    fixture_write(fixture, "study.db.new", "half");
    fixture_write(fixture, "study.db.new-journal", "half");
    fixture_write(fixture, "study.db-journal", "of a study that was removed");
    fixture_write(fixture, "study.lock", "elsewhere 99999\n");
    assert_false(store_exists(fixture->dir));
    fixture_close(fixture, fixture_create(fixture));
    assert_query(fixture, "PRAGMA integrity_check", "ok\n");
    assert_false(fixture_has(fixture, "study.db.new"));
    assert_false(fixture_has(fixture, "study.db-journal"));
}

/* --- two processes ------------------------------------------------------------------------------
 */

/* Runs `body` in a child process, which leaves with its return value. */
static pid_t in_child(int (*body)(struct fixture *, int), struct fixture *fixture, int pipe_end)
{
    (void)fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(body(fixture, pipe_end));
    return child;
}

static int exit_status(pid_t child)
{
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Makes a study, commits one trial, writes another, says so, and waits to be killed. */
static int hold_study(struct fixture *fixture, int ready)
{
    struct store *store = store_create(fixture->dir, fixture->document, false, &fixture->error);
    struct trial_row first = waiting_trial(0), second = waiting_trial(1);
    bool ok = store && store_trial(store, &first, &fixture->error) &&
              store_commit(store, &fixture->error) && store_trial(store, &second, &fixture->error);
    for (uint64_t i = 0; ok && i < 20000; i++) {
        struct report_row row = sound_report(1, i);
        ok = store_report(store, &row, &fixture->error);
    }
    if (!ok || write(ready, "r", 1) != 1)
        return 1;
    for (;;)
        pause();
}

static pid_t start_holder(struct fixture *fixture)
{
    int ready[2];
    char byte = 0;
    assert_int_equal(pipe(ready), 0);
    pid_t child = in_child(hold_study, fixture, ready[1]);
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return child;
}

static void end_holder(pid_t child)
{
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(exit_status(child), 128 + SIGKILL);
}

static void a_second_run_is_told_who_holds_the_directory(void **state)
{
    struct fixture *fixture = *state;
    pid_t child = start_holder(fixture);
    char host[256] = "", expected[512], holder[512];
    (void)gethostname(host, sizeof host - 1);
    (void)snprintf(expected, sizeof expected, "process %ld on %s", (long)child, host);
    assert_null(store_open(fixture->dir, &fixture->error));
    assert_contains(fixture->error.text, expected);
    assert_contains(fixture->error.text, "is running this study");
    assert_null(store_create(fixture->dir, fixture->document, true, &fixture->error));
    assert_contains(fixture->error.text, expected);
    assert_true(study_lock_held(fixture->dir, holder, sizeof holder));
    assert_string_equal(holder, expected);
    end_holder(child);
    /* The kernel gave the lock back. */
    assert_false(study_lock_held(fixture->dir, holder, sizeof holder));
    struct store *store = store_open(fixture->dir, &fixture->error);
    assert_non_null(store);
    fixture_close(fixture, store);
    assert_false(fixture_has(fixture, "study.lock"));
}

static void a_run_killed_in_a_transaction_leaves_its_last_commit(void **state)
{
    struct fixture *fixture = *state;
    end_holder(start_holder(fixture));
    assert_true(fixture_has(fixture, "study.db-journal"));
    struct store *store = store_open(fixture->dir, &fixture->error);
    assert_non_null(store);
    struct trial_row row = waiting_trial(2);
    assert_true(store_trial(store, &row, &fixture->error));
    fixture_close(fixture, store);
    assert_query(fixture, "SELECT id FROM trial", "0\n2\n");
    assert_query(fixture, "SELECT count(*) FROM report", "0\n");
    assert_query(fixture, "PRAGMA integrity_check", "ok\n");
}

static int commit_for_ever(struct fixture *fixture, int ready)
{
    struct store *store = store_open(fixture->dir, &fixture->error);
    if (!store || write(ready, "r", 1) != 1)
        return 1;
    for (uint64_t step = 1;; step++) {
        struct report_row row = sound_report(0, step);
        struct trial_row trial = waiting_trial(0);
        trial.step = step;
        if (!store_report(store, &row, &fixture->error) ||
            !store_trial(store, &trial, &fixture->error) || !store_commit(store, &fixture->error))
            return 1;
    }
}

static void a_run_killed_at_any_instant_leaves_a_whole_commit(void **state)
{
    struct fixture *fixture = *state;
    fixture_close(fixture, fixture_create(fixture));
    for (int i = 0; i < 30; i++) {
        int ready[2];
        char byte = 0;
        assert_int_equal(pipe(ready), 0);
        pid_t child = in_child(commit_for_ever, fixture, ready[1]);
        close(ready[1]);
        assert_int_equal(read(ready[0], &byte, 1), 1);
        close(ready[0]);
        struct timespec wait = {0, 300000L * (i % 10) + 100000};
        (void)nanosleep(&wait, NULL);
        end_holder(child);
        assert_query(fixture, "PRAGMA quick_check", "ok\n");
        /* Both rows of a commit, or neither. */
        assert_query(fixture,
                     "SELECT coalesce((SELECT step FROM trial WHERE id = 0), 0) <="
                     " coalesce((SELECT max(step) FROM report), 0)",
                     "1\n");
    }
}

/* --- a disk that is full ------------------------------------------------------------------------
 */

/* Writes until it fails; how many rows are committed for sure, -1: it never failed. */
static long write_until_full(struct store *store, struct error *error)
{
    long committed = 0;
    for (uint64_t step = 0; step < 200000; step += 500) {
        for (uint64_t i = step; i < step + 500; i++) {
            struct report_row row = sound_report(0, i);
            if (!store_report(store, &row, error))
                return committed;
        }
        if (!store_commit(store, error))
            return committed;
        committed += 500;
    }
    return -1;
}

static void assert_intact(struct fixture *fixture, struct store *store, long committed)
{
    char first[ERROR_TEXT_BYTES], count[32];
    assert_true(committed >= 500);
    memcpy(first, fixture->error.text, sizeof first);
    /* What failed once fails again in the same words, so that no commit makes a hole. */
    struct trial_row row = waiting_trial(0);
    assert_false(store_trial(store, &row, &fixture->error));
    assert_string_equal(fixture->error.text, first);
    assert_false(store_close(store, &fixture->error));
    assert_string_equal(fixture->error.text, first);
    (void)snprintf(count, sizeof count, "%ld|0\n", committed);
    assert_query(fixture, "SELECT count(*), (SELECT count(*) FROM trial) FROM report", count);
    assert_query(fixture, "PRAGMA integrity_check", "ok\n");
}

static void a_full_disk_leaves_the_last_commit(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(mkdir(fixture->dir, 0777), 0);
    if (mount("none", fixture->dir, "tmpfs", 0, "size=256k") != 0) {
        print_message("no tmpfs can be mounted here; the next test covers the same\n");
        skip();
    }
    struct store *store = fixture_create(fixture);
    long committed = write_until_full(store, &fixture->error);
    assert_contains(fixture->error.text, "/study/study.db: ");
    assert_contains(fixture->error.text, "database or disk is full");
    assert_contains(fixture->error.text, "--resume");
    assert_intact(fixture, store, committed);
}

static int unmount_and_end(void **state)
{
    struct fixture *fixture = *state;
    (void)umount(fixture->dir);
    return fixture_end(state);
}

static void a_file_size_limit_leaves_the_last_commit(void **state)
{
    struct fixture *fixture = *state;
    struct rlimit old, limit;
    struct store *store = fixture_create(fixture);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    limit = old;
    limit.rlim_cur = 256 << 10;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    long committed = write_until_full(store, &fixture->error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    (void)signal(SIGXFSZ, handler);
    assert_contains(fixture->error.text, "/study/study.db: disk I/O error; look for ");
    assert_intact(fixture, store, committed);
}

/* --- speed, as a floor that no machine misses ---------------------------------------------------
 */

static void a_hundred_thousand_reports_fit_in_one_transaction(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = fixture_create(fixture);
    for (uint64_t i = 0; i < 100000; i++) {
        struct report_row row = sound_report((uint32_t)(i % 27), i / 27);
        assert_true(store_report(store, &row, &fixture->error));
    }
    /* Until the commit a reader is not in the way, nor it in a reader's. */
    assert_query(fixture, "SELECT count(*) FROM report", "0\n");
    fixture_close(fixture, store);
    assert_query(fixture, "SELECT count(*) FROM report", "100000\n");
}

#define STUDY_TEST(test) cmocka_unit_test_setup_teardown(test, fixture_begin, fixture_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STUDY_TEST(a_new_study_says_what_it_is),
        STUDY_TEST(a_trial_comes_back_as_it_was_written_last),
        STUDY_TEST(a_report_that_is_not_finite_is_stored_as_null),
        STUDY_TEST(a_retried_attempt_reports_the_same_steps_again),
        STUDY_TEST(events_are_replayed_in_order),
        STUDY_TEST(an_event_that_was_tampered_with_is_refused),
        STUDY_TEST(tables_that_are_not_as_they_were_made_are_refused),
        STUDY_TEST(checkpoints_are_not_removed_through_a_link),
        STUDY_TEST(a_study_without_its_folder_of_checkpoints_is_gone_on_with),
        STUDY_TEST(values_are_set_and_replaced),
        STUDY_TEST(nothing_is_seen_before_the_commit),
        STUDY_TEST(missing_parents_are_made),
        STUDY_TEST(a_path_that_is_too_long_is_refused_before_anything_is_made),
        STUDY_TEST(what_is_discarded_was_never_written),
        STUDY_TEST(a_directory_that_cannot_be_made_is_named),
        STUDY_TEST(a_study_that_is_there_is_refused_with_what_it_holds),
        STUDY_TEST(overwriting_removes_the_study_and_nothing_else),
        STUDY_TEST(a_file_that_is_not_ours_is_never_replaced),
        STUDY_TEST(pipes_in_the_place_of_files_are_not_waited_for),
        STUDY_TEST(a_study_of_a_later_version_is_left_alone),
        STUDY_TEST(going_on_with_no_study_is_refused),
        STUDY_TEST(what_a_killed_start_left_is_cleared_away),
        STUDY_TEST(a_second_run_is_told_who_holds_the_directory),
        STUDY_TEST(a_run_killed_in_a_transaction_leaves_its_last_commit),
        STUDY_TEST(a_run_killed_at_any_instant_leaves_a_whole_commit),
        cmocka_unit_test_setup_teardown(a_full_disk_leaves_the_last_commit, fixture_begin,
                                        unmount_and_end),
        STUDY_TEST(a_file_size_limit_leaves_the_last_commit),
        STUDY_TEST(a_hundred_thousand_reports_fit_in_one_transaction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
