/* test_snapshot.c - reading a study that is being written, was left by a killed run, or is hostile.
 */
#include "study_fixture.h"

#include "coordinator/study/snapshot.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

static void run_sql(const struct fixture *fixture, const char *sql)
{
    char path[PATH_BYTES], *message = NULL;
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(fixture_path(fixture, "study.db", path), &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static struct snapshot *read_snapshot(struct fixture *fixture)
{
    struct snapshot *snapshot = snapshot_read(fixture->dir, &fixture->error);
    if (!snapshot)
        print_error("%s\n", fixture->error.text);
    assert_non_null(snapshot);
    return snapshot;
}

static void everything_that_was_stored_is_read(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = fixture_create(fixture);
    struct trial_row row = {.id = 7,
                            .state = TRIAL_STOPPED,
                            .verdict = VERDICT_HEALTHY,
                            .bracket = 4,
                            .rung = 2,
                            .parent = 2,
                            .repeat = true,
                            .seed = 9007199254740991,
                            .begun = 781,
                            .step = 2343,
                            .lr = 0.0123456789012345,
                            .schedule = "cosine",
                            .params = "{\"lr\":0.0123456789012345}",
                            .metric = 0.3,
                            .final = 0.31,
                            .started = 10.5,
                            .ended = 20.5,
                            .attempts = 2,
                            .worker = 3,
                            .message = "left behind"};
    assert_true(store_trial(store, &row, &fixture->error));
    row = waiting_trial(2);
    assert_true(store_trial(store, &row, &fixture->error));
    assert_true(store_set(store, "rungs",
                          "[{\"bracket\":0,\"budget\":1.0,\"candidates\":27,\"promoted\":9},"
                          "{\"bracket\":0,\"budget\":3,\"candidates\":9,\"promoted\":0}]",
                          &fixture->error));
    fixture_close(fixture, store);

    struct snapshot *snapshot = read_snapshot(fixture);
    assert_string_equal(snapshot->dir, fixture->dir);
    assert_true(json_equal(snapshot->document, fixture->document));
    assert_string_equal(snapshot_value(snapshot, "status"), "running");
    assert_string_equal(snapshot_value(snapshot, "no such value"), "");
    assert_int_equal(snapshot->trial_count, 2);
    const struct trial_row *waits = &snapshot->trials[0], *stopped = &snapshot->trials[1];
    assert_int_equal(waits->id, 2);
    assert_int_equal(waits->state, TRIAL_WAITING);
    assert_int_equal(waits->verdict, VERDICT_NONE);
    assert_true(isnan(waits->metric) && isnan(waits->final));
    assert_true(isnan(waits->started) && isnan(waits->ended));
    assert_int_equal(waits->worker, -1);
    assert_string_equal(waits->message, "");
    assert_int_equal(stopped->id, 7);
    assert_int_equal(stopped->state, TRIAL_STOPPED);
    assert_int_equal(stopped->verdict, VERDICT_HEALTHY);
    assert_int_equal(waits->parent, -1);
    assert_int_equal(stopped->bracket, 4);
    assert_int_equal(stopped->rung, 2);
    assert_int_equal(stopped->parent, 2);
    assert_true(stopped->repeat && stopped->seed == 9007199254740991);
    assert_int_equal(stopped->begun, 781);
    assert_int_equal(stopped->step, 2343);
    assert_true(stopped->lr == 0.0123456789012345);
    assert_string_equal(stopped->schedule, "cosine");
    assert_string_equal(stopped->params, "{\"lr\":0.0123456789012345}");
    assert_true(stopped->metric == 0.3 && stopped->final == 0.31);
    assert_true(stopped->started == 10.5 && stopped->ended == 20.5);
    assert_int_equal(stopped->attempts, 2);
    assert_int_equal(stopped->worker, 3);
    assert_string_equal(stopped->message, "left behind");
    assert_int_equal(snapshot->rung_count, 2);
    assert_true(snapshot->rungs[1].budget == 3);
    assert_int_equal(snapshot->rungs[0].candidates, 27);
    assert_int_equal(snapshot->rungs[0].promoted, 9);
    assert_false(snapshot->unattended);
    snapshot_destroy(snapshot);
}

static void many_trials_come_in_the_order_of_their_ids(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = fixture_create(fixture);
    for (uint32_t i = 1000; i-- > 0;) {
        struct trial_row row = waiting_trial(i);
        assert_true(store_trial(store, &row, &fixture->error));
    }
    fixture_close(fixture, store);
    struct snapshot *snapshot = read_snapshot(fixture);
    assert_int_equal(snapshot->trial_count, 1000);
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(snapshot->trials[i].id, i);
    snapshot_destroy(snapshot);
}

static void the_best_trial_is_the_one_that_the_search_recommends(void **state)
{
    static const struct {
        const char *recommended;
        int best;
    } cases[] = {{NULL, -1}, {"", -1}, {"7", 7}, {"2", 2}, {"3", -1}, {"7x", -1}, {"-1", -1}};
    struct trial_row rows[] = {{.id = 2}, {.id = 7}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct snapshot snapshot = {.trials = rows, .trial_count = 2, .values = json_object()};
        if (cases[i].recommended)
            json_object_set_new(snapshot.values, "recommended", json_string(cases[i].recommended));
        const struct trial_row *best = snapshot_best(&snapshot);
        assert_int_equal(best ? (int)best->id : -1, cases[i].best);
        json_decref(snapshot.values);
    }
}

static void a_directory_without_a_study_is_named(void **state)
{
    struct fixture *fixture = *state;
    assert_null(snapshot_read(fixture->dir, &fixture->error));
    assert_contains(fixture->error.text, fixture->dir);
    assert_contains(fixture->error.text, "holds no study");
}

/* --- beside a writer ----------------------------------------------------------------------------
 */

static int read_for_ever(struct fixture *fixture)
{
    size_t count = 0;
    /* Until the value says that the writer is done. */
    for (bool done = false; !done;) {
        struct snapshot *snapshot = snapshot_read(fixture->dir, &fixture->error);
        if (!snapshot) {
            print_error("%s\n", fixture->error.text);
            return 1;
        }
        /* A commit adds ten trials: a reader sees all of them or none, and never fewer than before.
         */
        if (snapshot->trial_count % 10 != 0 || snapshot->trial_count < count)
            return 2;
        count = snapshot->trial_count;
        done = strcmp(snapshot_value(snapshot, "status"), "finished") == 0;
        snapshot_destroy(snapshot);
    }
    return count == 2000 ? 0 : 3;
}

static void readers_that_hammer_never_fail(void **state)
{
    struct fixture *fixture = *state;
    enum { readers = 3 };
    pid_t children[readers];
    fixture_close(fixture, fixture_create(fixture));
    (void)fflush(NULL);
    for (int i = 0; i < readers; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0)
            _exit(read_for_ever(fixture));
    }
    struct store *store = store_open(fixture->dir, &fixture->error);
    assert_non_null(store);
    bool ok = true;
    for (uint32_t i = 0; ok && i < 2000; i++) {
        struct trial_row row = waiting_trial(i);
        ok = store_trial(store, &row, &fixture->error);
        for (uint64_t step = 0; ok && step < 50; step++) {
            struct report_row report = sound_report(i, step);
            ok = store_report(store, &report, &fixture->error);
        }
        if (ok && i % 10 == 9)
            ok = store_commit(store, &fixture->error);
    }
    ok = ok && store_set(store, "status", "finished", &fixture->error);
    ok = store_close(store, &fixture->error) && ok;
    if (!ok)
        print_error("%s\n", fixture->error.text);
    for (int i = 0; i < readers; i++) {
        int status = 0;
        if (!ok)
            (void)kill(children[i], SIGKILL);
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    assert_true(ok);
}

/* --- after a killed run -------------------------------------------------------------------------
 */

/* Commits trial 0, then dies where a commit can die: the journal is synced and valid, and some of
 * the new pages are in the database. A small cache that spills gets there without a race. */
static void leave_half_a_commit(struct fixture *fixture)
{
    char path[PATH_BYTES];
    struct store *store = fixture_create(fixture);
    struct trial_row row = waiting_trial(0);
    assert_true(store_trial(store, &row, &fixture->error));
    fixture_close(fixture, store);
    (void)fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        sqlite3 *db = NULL;
        (void)sqlite3_open(fixture_path(fixture, "study.db", path), &db);
        (void)sqlite3_exec(
            db,
            "PRAGMA journal_mode = PERSIST; PRAGMA cache_size = 2; BEGIN;"
            "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n"
            " WHERE id < 5000) INSERT INTO trial SELECT id, 'waiting', '', 0, 0, NULL, 0, 1, 0,"
            " 0, 0.1, 'constant', '{}', NULL, NULL, NULL, NULL, 0, NULL, '' FROM n",
            NULL, NULL, NULL);
        (void)raise(SIGKILL);
    }
    int status = 0, first = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    FILE *journal = fopen(fixture_path(fixture, "study.db-journal", path), "rb");
    assert_non_null(journal);
    first = fgetc(journal);
    (void)fclose(journal);
    assert_int_equal(first, 0xd9); /* it is hot */
}

static void a_killed_run_is_read_as_at_its_last_commit(void **state)
{
    struct fixture *fixture = *state;
    leave_half_a_commit(fixture);
    struct snapshot *snapshot = read_snapshot(fixture);
    assert_int_equal(snapshot->trial_count, 1);
    snapshot_destroy(snapshot);
}

static void a_killed_run_that_may_not_be_mended_is_explained(void **state)
{
    struct fixture *fixture = *state;
    char path[PATH_BYTES];
    leave_half_a_commit(fixture);
    if (geteuid() != 0) {
        print_message("needs root, to become a user who may not write\n");
        skip();
    }
    assert_int_equal(chmod(fixture->root, 0755), 0);
    assert_int_equal(chmod(fixture->dir, 0755), 0);
    assert_int_equal(chmod(fixture_path(fixture, "study.db", path), 0644), 0);
    assert_int_equal(chmod(fixture_path(fixture, "study.db-journal", path), 0644), 0);
    assert_int_equal(seteuid(65534), 0);
    struct snapshot *snapshot = snapshot_read(fixture->dir, &fixture->error);
    assert_int_equal(seteuid(0), 0);
    assert_null(snapshot);
    assert_contains(fixture->error.text, "/study/study.db: ");
    assert_contains(fixture->error.text, "was killed in the middle of a commit");
}

static void a_directory_that_is_read_only_is_read(void **state)
{
    struct fixture *fixture = *state;
    char path[PATH_BYTES];
    fixture_close(fixture, fixture_create(fixture));
    assert_int_equal(chmod(fixture_path(fixture, "study.db", path), 0444), 0);
    assert_int_equal(chmod(fixture->dir, 0555), 0);
    assert_int_equal(chmod(fixture->root, 0755), 0);
    if (geteuid() == 0)
        assert_int_equal(seteuid(65534), 0);
    struct snapshot *snapshot = snapshot_read(fixture->dir, &fixture->error);
    if (getuid() == 0)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(chmod(fixture->dir, 0755), 0);
    assert_non_null(snapshot);
    snapshot_destroy(snapshot);
}

/* --- from elsewhere -----------------------------------------------------------------------------
 */

/* Does to a sound study of one trial what `sql` says. */
#define WITHOUT_TABLE(name) "DROP TABLE " name ";"
#define LOOSE_TRIAL                                                                                \
    "DROP TABLE trial; CREATE TABLE trial (id, state, verdict, bracket, rung, parent, repeat,"     \
    " seed, begun, step, lr, schedule, params, metric, final, started, ended, attempts, worker,"   \
    " message);"
#define LOOSE_ROW(id, state, rung, step, lr, params)                                               \
    LOOSE_TRIAL "INSERT INTO trial VALUES (" id "," state ",'',0," rung ",NULL,0,1,0," step "," lr \
                ",'constant'," params ",NULL,NULL,NULL,NULL,0,NULL,'')"

static void a_hostile_study_is_an_error(void **state)
{
    static const struct {
        const char *sql, *expected;
    } cases[] = {
        {WITHOUT_TABLE("trial"), "the table trial is missing or not a plain table"},
        {WITHOUT_TABLE("study"), "the table study is missing or not a plain table"},
        {WITHOUT_TABLE("trial") "CREATE VIEW trial AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL"
                                " SELECT id + 1 FROM n) SELECT id FROM n",
         "not a plain table"},
        {WITHOUT_TABLE("trial") "CREATE VIRTUAL TABLE trial USING fts5(id)", "not a plain table"},
        {"ALTER TABLE trial ADD COLUMN big TEXT GENERATED ALWAYS AS (printf('%*d', 9999999, id))",
         "not a plain table"},
        {"ALTER TABLE trial DROP COLUMN lr", "no such column: lr"},
        {LOOSE_ROW("1e99", "'waiting'", "0", "0", "0.1", "'{}'"),
         "column id holds a fraction, expected a whole number"},
        {LOOSE_ROW("4294967296", "'waiting'", "0", "0", "0.1", "'{}'"),
         "column id holds 4294967296, expected 0 to 4294967295"},
        {LOOSE_ROW("-1", "'waiting'", "0", "0", "0.1", "'{}'"),
         "column id holds -1, expected 0 to 4294967295"},
        {LOOSE_ROW("NULL", "'waiting'", "0", "0", "0.1", "'{}'"),
         "column id holds NULL, expected a whole number"},
        {LOOSE_ROW("1", "'asleep'", "0", "0", "0.1", "'{}'"),
         "column state holds \"asleep\", expected one of waiting ... failed"},
        {LOOSE_ROW("1", "char(27) || '[2J' || char(10)", "0", "0", "0.1", "'{}'"),
         "column state holds \"?[2J?\""},
        {LOOSE_ROW("1", "NULL", "0", "0", "0.1", "'{}'"),
         "column state holds NULL, expected a text"},
        {LOOSE_ROW("1", "'waiting'", "'x'", "0", "0.1", "'{}'"),
         "column rung holds a text, expected a whole number"},
        {LOOSE_ROW("1", "'waiting'", "0", "-5", "0.1", "'{}'"),
         "column step holds -5, expected 0 to 9223372036854775807"},
        {LOOSE_ROW("1", "'waiting'", "0", "0", "x'00'", "'{}'"),
         "column lr holds bytes, expected a number"},
        {LOOSE_ROW("1", "'waiting'", "0", "0", "0.1", "zeroblob(100)"),
         "column params holds bytes, expected a text"},
        {"UPDATE study SET value = CAST(x'ff41' AS TEXT) WHERE key = 'status'",
         "a key or its value is not UTF-8 text"},
        {"DELETE FROM study WHERE key = 'document'", "holds no document"},
        {"UPDATE study SET value = '[]' WHERE key = 'document'", "is not a JSON object"},
        {"UPDATE study SET value = '{' WHERE key = 'document'", "is not a JSON object"},
        {"INSERT INTO study VALUES ('rungs', '{}')",
         "the value rungs in table study is not a list"},
        {"INSERT INTO study VALUES ('rungs', '[7]')", "the value rungs"},
        {"INSERT INTO study VALUES ('rungs',"
         " '[{\"bracket\":0,\"budget\":1,\"candidates\":-1,\"promoted\":0}]')",
         "the value rungs"},
        {"INSERT INTO study VALUES ('finalists', '[7]')", "the value finalists"},
        {"INSERT INTO study VALUES ('losses', '{}')", "the value losses"},
        {"INSERT INTO study VALUES ('losses', '[{\"rank\":1,\"trainers\":1,\"attempts\":1,"
         "\"time\":5}]')",
         "the value losses"}, /* no host */
        {"INSERT INTO study VALUES ('losses', '[{\"rank\":-1,\"host\":\"a\",\"trainers\":1,"
         "\"attempts\":1,\"time\":5}]')",
         "the value losses"},
        {"INSERT INTO study VALUES ('finalists', '[{\"trial\":-1}]')", "the value finalists"},
        {"PRAGMA user_version = 9", "its tables are of version 9"},
        {"PRAGMA application_id = 1", "not a study of lrsweep"},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct store *store = store_create(fixture->dir, fixture->document, true, &fixture->error);
        struct trial_row row = waiting_trial(0);
        assert_non_null(store);
        assert_true(store_trial(store, &row, &fixture->error));
        fixture_close(fixture, store);
        run_sql(fixture, cases[i].sql);
        assert_null(snapshot_read(fixture->dir, &fixture->error));
        assert_contains(fixture->error.text, "/study/study.db: ");
        assert_contains(fixture->error.text, cases[i].expected);
        if (i + 1 == sizeof cases / sizeof cases[0])
            break;
    }
}

/* A journal as a transaction over several databases leaves it: it ends with the name of a file that
 * whoever plays it back removes. */
static void a_journal_that_names_a_file_elsewhere_is_left_alone(void **state)
{
    struct fixture *fixture = *state;
    char path[PATH_BYTES], victim[2 * PATH_BYTES];
    leave_half_a_commit(fixture);
    (void)snprintf(victim, sizeof victim, "%s/precious", fixture->root);
    FILE *file = fopen(victim, "w");
    assert_non_null(file);
    (void)fclose(file);
    file = fopen(fixture_path(fixture, "study.db-journal", path), "ab");
    assert_non_null(file);
    uint32_t length = (uint32_t)strlen(victim), sum = 0;
    for (const char *at = victim; *at; at++)
        sum += (uint32_t)*at;
    const uint32_t numbers[] = {length, sum};
    static const unsigned char no_page[4],
        magic[] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
    (void)fwrite(no_page, 1, sizeof no_page, file);
    (void)fwrite(victim, 1, length, file);
    for (size_t i = 0; i < 2; i++)
        for (int shift = 24; shift >= 0; shift -= 8)
            (void)fputc((int)(numbers[i] >> shift & 0xff), file);
    (void)fwrite(magic, 1, sizeof magic, file);
    (void)fclose(file);

    assert_null(snapshot_read(fixture->dir, &fixture->error));
    assert_int_equal(access(victim, F_OK), 0);
    assert_contains(fixture->error.text, "study.db-journal: names a file that SQLite would remove");
    assert_null(store_open(fixture->dir, &fixture->error));
    assert_int_equal(access(victim, F_OK), 0);
}

static void a_study_is_not_opened_through_links_or_pipes(void **state)
{
    static const char *const names[] = {"study.db", "study.db-journal"};
    struct fixture *fixture = *state;
    char path[PATH_BYTES], target[2 * PATH_BYTES];
    fixture_close(fixture, fixture_create(fixture));
    (void)snprintf(target, sizeof target, "%s/elsewhere", fixture->root);
    for (size_t i = 0; i < 2; i++) {
        fixture_path(fixture, names[i], path);
        if (i == 0)
            assert_int_equal(rename(path, target), 0);
        assert_int_equal(symlink(target, path), 0);
        assert_null(store_open(fixture->dir, &fixture->error));
        assert_contains(fixture->error.text, "is a link or a device");
        assert_null(snapshot_read(fixture->dir, &fixture->error));
        assert_contains(fixture->error.text, "is a link or a device");
        assert_int_equal(unlink(path), 0);
        assert_int_equal(mkfifo(path, 0600), 0); /* would be waited for */
        assert_null(snapshot_read(fixture->dir, &fixture->error));
        assert_contains(fixture->error.text, "is a link or a device");
        assert_int_equal(unlink(path), 0);
        if (i == 0)
            assert_int_equal(rename(target, path), 0);
    }
    assert_int_equal(access(target, F_OK), -1);
}

static void a_file_that_is_cut_or_scribbled_over_never_crashes(void **state)
{
    struct fixture *fixture = *state;
    char path[PATH_BYTES];
    struct store *store = fixture_create(fixture);
    for (uint32_t i = 0; i < 200; i++) {
        struct trial_row row = waiting_trial(i);
        assert_true(store_trial(store, &row, &fixture->error));
    }
    fixture_close(fixture, store);
    FILE *file = fopen(fixture_path(fixture, "study.db", path), "rb");
    static unsigned char bytes[1 << 18];
    assert_non_null(file);
    size_t length = fread(bytes, 1, sizeof bytes, file);
    (void)fclose(file);
    assert_in_range(length, 8192, sizeof bytes - 1);
    unsigned seed = 1;
    size_t refused = 0;
    for (int i = 0; i < 500; i++) {
        size_t kept = length;
        unsigned char saved[16];
        size_t places[16];
        for (int j = 0; j < 16; j++) {
            seed = seed * 1103515245u + 12345u;
            places[j] = (size_t)(seed >> 8) % length;
            saved[j] = bytes[places[j]];
            bytes[places[j]] = (unsigned char)(seed >> 4);
        }
        if (i % 5 == 0)
            kept = places[0];
        file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(bytes, 1, kept, file), kept);
        (void)fclose(file);
        struct snapshot *snapshot = snapshot_read(fixture->dir, &fixture->error);
        refused += !snapshot;
        snapshot_destroy(snapshot);
        for (int j = 16; j-- > 0;)
            bytes[places[j]] = saved[j];
    }
    assert_true(refused > 100);
}

#define STUDY_TEST(test) cmocka_unit_test_setup_teardown(test, fixture_begin, fixture_end)

struct gathered {
    size_t count;
    struct report_row rows[8];
};

static bool gather(void *context, const struct report_row *row, struct error *error)
{
    struct gathered *gathered = context;
    if (gathered->count == 3)
        return error_set(error, "enough");
    gathered->rows[gathered->count++] = *row;
    return true;
}

static void reports_are_read_trial_by_trial_and_what_was_not_finite_is_nan(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = fixture_create(fixture);
    const struct {
        uint32_t trial;
        uint64_t step;
    } order[] = {{1, 10}, {0, 20}, {0, 10}};
    for (size_t i = 0; i < 3; i++) {
        struct report_row row = sound_report(order[i].trial, order[i].step);
        if (i == 0)
            row.train_loss = INFINITY;
        if (i == 1) {
            row.validated = true;
            row.val_loss = 0.25;
        }
        assert_true(store_report(store, &row, &fixture->error));
    }
    fixture_close(fixture, store);

    struct gathered gathered = {0};
    assert_true(snapshot_reports(fixture->dir, gather, &gathered, &fixture->error));
    assert_int_equal(gathered.count, 3);
    assert_int_equal(gathered.rows[0].trial, 0);
    assert_int_equal(gathered.rows[0].step, 10);
    assert_int_equal(gathered.rows[1].step, 20);
    assert_int_equal(gathered.rows[2].trial, 1);
    assert_true(gathered.rows[0].train_loss == 0.5 && gathered.rows[0].lr == 0.1);
    assert_false(gathered.rows[0].validated);
    assert_true(gathered.rows[1].validated && gathered.rows[1].val_loss == 0.25);
    assert_true(isnan(gathered.rows[2].train_loss));
    /* The reader may have enough. */
    assert_false(snapshot_reports(fixture->dir, gather, &gathered, &fixture->error));
    assert_string_equal(fixture->error.text, "enough");
}

struct counted {
    uint64_t rows, sum;
    struct store *store; /* written to while rows are handed on */
    struct error error;
};

/* Commits now and then, as a run beside the reader does. */
static bool count_and_commit(void *context, const struct report_row *row, struct error *error)
{
    struct counted *counted = context;
    counted->sum += row->step * (row->trial + 1);
    if (++counted->rows % 5000 != 0)
        return true;
    struct trial_row trial = waiting_trial(0);
    return store_trial(counted->store, &trial, error) && store_commit(counted->store, error);
}

static void a_run_commits_while_the_reader_of_many_reports_is_at_work(void **state)
{
    struct fixture *fixture = *state;
    struct counted counted = {.store = fixture_create(fixture)};
    uint64_t sum = 0;
    for (uint32_t trial = 0; trial < 3; trial++)
        for (uint64_t step = 1; step <= 9000; step++) {
            struct report_row row = sound_report(trial, step);
            sum += step * (trial + 1);
            assert_true(store_report(counted.store, &row, &fixture->error));
        }
    assert_true(store_commit(counted.store, &fixture->error));
    assert_true(snapshot_reports(fixture->dir, count_and_commit, &counted, &fixture->error));
    assert_int_equal(counted.rows, 27000);
    assert_int_equal(counted.sum, sum);
    fixture_close(fixture, counted.store);
}

static void trials_in_training_come_with_their_newest_report(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = fixture_create(fixture);
    static const enum trial_state states[] = {TRIAL_RUNNING, TRIAL_PAUSED, TRIAL_RUNNING,
                                              TRIAL_RUNNING};
    for (uint32_t i = 0; i < 4; i++) {
        struct trial_row trial = waiting_trial(i);
        trial.state = states[i];
        assert_true(store_trial(store, &trial, &fixture->error));
        for (uint64_t step = 10; step <= 10 * (i + 1) && i != 2; step += 10) {
            struct report_row row = sound_report(i, step);
            assert_true(store_report(store, &row, &fixture->error));
        }
    }
    fixture_close(fixture, store);
    struct snapshot *snapshot = snapshot_read(fixture->dir, &fixture->error);
    assert_non_null(snapshot);
    assert_int_equal(snapshot->latest_count, 2); /* trial 1 does not train, 2 has not reported */
    assert_int_equal(snapshot->latest[0].trial, 0);
    assert_int_equal(snapshot->latest[0].step, 10);
    assert_int_equal(snapshot->latest[1].trial, 3);
    assert_int_equal(snapshot->latest[1].step, 40);
    snapshot_destroy(snapshot);
}

struct events_read {
    uint64_t count;
    bool in_order;
};

static bool take_event(void *context, const struct event_row *row, struct error *error)
{
    struct events_read *read = context;
    (void)error;
    read->count++;
    read->in_order = read->in_order && row->seq == read->count && row->trial == read->count - 1 &&
                     isnan(row->value) && strcmp(row->text, "\"é\"") == 0;
    return true;
}

static void all_events_are_read_in_order(void **state)
{
    enum { EVENTS = 20000 }; /* several blocks */
    struct fixture *fixture = *state;
    struct store *store = fixture_create(fixture);
    for (uint32_t i = 0; i < EVENTS; i++) {
        const struct event_row event = {
            .kind = "done", .trial = i, .worker = -1, .trainer = -1, .value = NAN, .text = "\"é\""};
        assert_true(store_event(store, &event, &fixture->error));
    }
    fixture_close(fixture, store);
    struct events_read read = {.in_order = true};
    assert_true(snapshot_events(fixture->dir, take_event, &read, &fixture->error));
    assert_int_equal(read.count, EVENTS);
    assert_true(read.in_order);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STUDY_TEST(everything_that_was_stored_is_read),
        STUDY_TEST(many_trials_come_in_the_order_of_their_ids),
        cmocka_unit_test(the_best_trial_is_the_one_that_the_search_recommends),
        STUDY_TEST(a_directory_without_a_study_is_named),
        STUDY_TEST(readers_that_hammer_never_fail),
        STUDY_TEST(a_killed_run_is_read_as_at_its_last_commit),
        STUDY_TEST(a_killed_run_that_may_not_be_mended_is_explained),
        STUDY_TEST(a_directory_that_is_read_only_is_read),
        STUDY_TEST(a_hostile_study_is_an_error),
        STUDY_TEST(a_journal_that_names_a_file_elsewhere_is_left_alone),
        STUDY_TEST(a_study_is_not_opened_through_links_or_pipes),
        STUDY_TEST(a_file_that_is_cut_or_scribbled_over_never_crashes),
        STUDY_TEST(reports_are_read_trial_by_trial_and_what_was_not_finite_is_nan),
        STUDY_TEST(a_run_commits_while_the_reader_of_many_reports_is_at_work),
        STUDY_TEST(trials_in_training_come_with_their_newest_report),
        STUDY_TEST(all_events_are_read_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
