/* fuzz_resume.c - any study.db as what `lrsweep run --resume` goes on with.
 *
 * The input is the file itself, or SQL after a digit: what is done to a sound study, one of those
 * below, that was begun and not gone on with. The study file that the user brings is always the
 * sound one: another document is refused before anything else happens.
 *
 * What is taken up obeys the study: its candidates are of its space, and no trial has more than the
 * largest budget. The search then goes on with a worker that does what it is told, ends, and what
 * it wrote can be read. */
#include "common/layout.h"
#include "common/study_document.h"
#include "coordinator/dispatch/dispatch.h"
#include "coordinator/study/snapshot.h"
#include "coordinator/study/study_changes.h"
#include "tests/fuzz/input.h"
#include "tests/support/virtual_cluster.h"
#include "tests/support/virtual_link.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { SAMPLES = 10, RANKS = 2, WORKER = 1, TRAINERS = 2, TURNS_MAX = 2000, WORK_MAX = 20000 };

#define MAX_BUDGET 8.0 /* epochs, of one step each */

struct job {
    json_t *document;
    struct search *search;
    struct store *store;
    struct virtual_net *net;
    struct dispatch *dispatch;
    struct dispatch_options options;
    struct message held[TRAINERS]; /* what a trainer was sent last; kind 0: nothing */
    double now_s;
};

/* --- studies ------------------------------------------------------------------------------------
 */

static json_t *study_of(char digit)
{
    static const struct {
        const char *scheduler;
        bool asynchronous;
        int finalists;
    } studies[] = {{"sha", false, 1},       {"asha", false, 0}, {"hyperband", true, 0},
                   {"hyperband", false, 0}, {"pbt", false, 1},  {"pbt", true, 0},
                   {"median", false, 0},    {"none", false, 2}};
    size_t which = (size_t)(digit - '0') % (sizeof studies / sizeof studies[0]);
    json_t *document = virtual_study(studies[which].scheduler, 6, 2, 1, MAX_BUDGET);
    virtual_study_set(document, "asynchronous", json_boolean(studies[which].asynchronous));
    virtual_study_set(document, "interval", json_real(2.0));
    virtual_study_set(document, "finalists", json_integer(studies[which].finalists));
    (void)json_object_set_new(json_object_get(document, "run"), "heartbeat_timeout",
                              json_real(2.0));
    return document;
}

/* No file but this one. */
static int authorize(void *context, int action, const char *first, const char *second,
                     const char *database, const char *trigger)
{
    (void)context;
    (void)second;
    (void)database;
    (void)trigger;
    bool leaves = action == SQLITE_ATTACH ||
                  (action == SQLITE_PRAGMA && strstr(first, "_directory")) ||
                  (action == SQLITE_FUNCTION && second && strcmp(second, "load_extension") == 0);
    return leaves ? SQLITE_DENY : SQLITE_OK;
}

static int give_up(void *context)
{
    (void)context;
    return 1;
}

/* Runs the statements, up to the first that does not. */
static void change(const char *path, const uint8_t *sql, size_t length)
{
    enum { PAGES_MAX = 500, VALUE_MAX_BYTES = 100000 };
    sqlite3 *db = NULL;
    char *text = malloc(length + 1);
    if (!text || sqlite3_open(path, &db) != SQLITE_OK)
        input_fail("cannot open the study");
    memcpy(text, sql, length);
    text[length] = '\0';
    (void)sqlite3_limit(db, SQLITE_LIMIT_LENGTH, VALUE_MAX_BYTES);
    (void)sqlite3_exec(db, "PRAGMA synchronous=OFF; PRAGMA max_page_count=500", NULL, NULL, NULL);
    sqlite3_progress_handler(db, WORK_MAX, give_up, NULL);
    (void)sqlite3_set_authorizer(db, authorize, NULL);
    (void)sqlite3_exec(db, text, NULL, NULL, NULL);
    sqlite3_close(db);
    free(text);
}

/* Puts the input into the folder and returns the document of the study that it is said to be. */
static json_t *lay_out(const uint8_t *bytes, size_t length)
{
    char path[INPUT_PATH_BYTES];
    struct error error = {""};
    bool is_sql = length > 0 && *bytes >= '0' && *bytes <= '9';
    json_t *document = study_of(is_sql ? (char)*bytes : '0');
    struct store *store = store_create(input_folder(), document, true, &error);
    if (!store || !store_close(store, &error))
        input_fail(error.text);
    input_path(LAYOUT_DATABASE, path);
    if (is_sql)
        change(path, bytes + 1, length - 1);
    else
        input_store(LAYOUT_DATABASE, bytes, length);
    return document;
}

/* --- going on -----------------------------------------------------------------------------------
 */

static void witness(void *context, int from, int to, bool to_worker, const struct message *message)
{
    struct job *job = context;
    (void)from;
    if (to == WORKER && to_worker && message->trainer < TRAINERS &&
        (message->kind == MESSAGE_TRAIN || message->kind == MESSAGE_TEST))
        memcpy(&job->held[message->trainer], message, MESSAGE_FIXED_BYTES);
}

static void say(struct job *job, struct message *message)
{
    dispatch_role.deliver(job->dispatch, WORKER, message);
}

static void begin_answer(struct message *answer, enum message_kind kind, const struct message *to)
{
    message_begin(answer, kind);
    answer->trial = to->trial;
    answer->attempt = to->attempt;
    answer->trainer = to->trainer;
}

/* A trainer reaches the end of what it was sent, and leaves a checkpoint. */
static void obey(struct job *job, struct message *held)
{
    struct message answer;
    char name[64];
    const struct message_assignment *assignment = &held->body.assignment;
    uint64_t end = assignment->pause > 0 ? assignment->pause : assignment->to;
    if (held->kind == MESSAGE_TEST) {
        begin_answer(&answer, MESSAGE_TESTED, held);
        answer.body.tested = (struct message_tested){0.5, 0.5, 1};
        say(job, &answer);
        return;
    }
    if (end < assignment->from || (double)assignment->to > MAX_BUDGET)
        input_fail("an assignment goes beyond the budget, or back");
    (void)snprintf(name, sizeof name, LAYOUT_CHECKPOINT_FORMAT, ".", held->trial, held->attempt);
    input_store(name, "", 0);
    begin_answer(&answer, MESSAGE_REPORT, held);
    answer.body.report = (struct message_report){
        .step = end, .train_loss = 1, .val_loss = 1.0 / (held->trial + 1), .validated = 1};
    say(job, &answer);
    begin_answer(&answer, MESSAGE_DONE, held);
    answer.body.done =
        (struct message_done){end, assignment->pause > 0 ? DONE_STOPPED : DONE_OK, VERDICT_HEALTHY};
    say(job, &answer);
}

static void go_on(struct job *job)
{
    enum role_state state = ROLE_IDLE;
    for (uint32_t i = 0; i < TRAINERS; i++) {
        struct message ready;
        message_begin(&ready, MESSAGE_READY);
        ready.trainer = i;
        ready.body.ready.train_samples = SAMPLES;
        say(job, &ready);
    }
    for (int turn = 0; state != ROLE_ENDED; turn++) {
        if (turn == TURNS_MAX)
            input_fail("the search does not end");
        job->now_s += 0.1;
        state = dispatch_role.turn(job->dispatch, job->now_s, false);
        for (int i = 0; i < TRAINERS; i++) {
            struct message held = job->held[i];
            job->held[i].kind = 0;
            if (held.kind != 0)
                obey(job, &held);
        }
    }
    if (dispatch_outcome(job->dispatch) == DISPATCH_RUNNING)
        input_fail("the search ended in no known way");
}

static void check_search(const struct job *job)
{
    const struct space *space = search_space(job->search);
    for (uint32_t i = 0; i < search_trial_count(job->search); i++) {
        const struct search_trial *trial = search_trial(job->search, i);
        if (trial->state == TRIAL_RUNNING || (double)trial->step > MAX_BUDGET)
            input_fail("a trial is taken up in a way that the study does not allow");
        if (!space_accepts(space, trial->values))
            input_fail("a candidate is none of the space");
    }
}

static void check_readable(void)
{
    struct error error;
    struct snapshot *snapshot = snapshot_read(input_folder(), &error);
    if (!snapshot)
        input_fail(error.text);
    snapshot_destroy(snapshot);
}

/* As job_study.c does it. */
static void resume(struct job *job, const json_t *begun)
{
    struct error error = {""};
    char *changes = study_changes(begun, job->document);
    bool same = changes && !*changes;
    input_check_printable(changes);
    free(changes);
    job->search = same ? search_create(begun, SAMPLES, &error) : NULL;
    job->store = job->search ? store_open(input_folder(), &error) : NULL;
    job->net = virtual_net_create(RANKS, NULL, witness, job);
    struct progress *progress = progress_create(stderr, true);
    job->options =
        (struct dispatch_options){.document = job->document,
                                  .search_retries = study_integer(begun, "run", "retries"),
                                  .dir = input_folder(),
                                  .link = virtual_net_link(job->net, 0),
                                  .search = job->search,
                                  .store = job->store,
                                  .progress = progress,
                                  .train_samples = SAMPLES,
                                  .resume = true};
    job->dispatch = job->store ? dispatch_create(&job->options, &error) : NULL;
    if (job->dispatch) {
        check_search(job);
        go_on(job);
    } else if (same && !*error.text) {
        input_fail("a study is refused without a reason");
    }
    input_check_printable(error.text);
    dispatch_destroy(job->dispatch);
    progress_destroy(progress);
    search_destroy(job->search);
    virtual_net_destroy(job->net);
    bool opened = job->store != NULL;
    bool closed = store_close(job->store, &error);
    if (opened && closed && job->dispatch)
        check_readable();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct job job = {0};
    struct error error = {""};
    input_clear();
    job.document = lay_out(bytes, length);
    struct snapshot *snapshot = snapshot_read(input_folder(), &error);
    if (snapshot)
        resume(&job, snapshot->document);
    else if (!*error.text)
        input_fail("a study is refused without a reason");
    input_check_printable(error.text);
    snapshot_destroy(snapshot);
    json_decref(job.document);
    return 0;
}
