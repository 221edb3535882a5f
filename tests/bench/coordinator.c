/* coordinator.c - rank 0 under load: the real dispatcher and the real study, and workers in the
 * same process that report as fast as they are allowed to; then the start of a resume of what they
 * left.
 *
 * Every worker has one trainer, whose trial takes no time but that of its reports. The core is
 * shared with these workers, whose part (making and queueing messages) is told as `workers_s`.
 * Reports count when they are committed; the rows in the study are counted afterwards.
 *
 * JSON lines. usage: coordinator DIR [RANKS [CANDIDATES [REPORTS [SCHEDULER]]]], REPORTS of a
 * candidate with the full budget; DIR is made. Without more: 60 ranks, 600 candidates of 2,000
 * reports, scheduler none. */
#include "common/study_document.h"
#include "coordinator/dispatch/dispatch.h"
#include "tests/support/virtual_cluster.h"
#include "tests/support/virtual_link.h"

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SAMPLES      10 /* of batches of ten: an epoch is one step */
#define FIRST_CREDIT 256

struct worker {
    struct link *link;
    uint32_t credit;
    bool busy, quit;
    struct message report; /* the next one */
    uint64_t to;
};

struct bench {
    int ranks;
    struct virtual_net *net;
    struct worker *workers; /* [ranks]; 0 is the coordinator's */
    void *dispatch;
    unsigned long long sent;
};

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* A line of /proc/self/status in MiB: what is resident now, and at most. */
static double memory_mib(const char *name)
{
    char line[256];
    double kib = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (strncmp(line, name, strlen(name)) == 0)
            kib = strtod(line + strlen(name) + 1, NULL);
    if (status)
        (void)fclose(status);
    return kib / 1024;
}

static void bad(void *context, int peer, const struct error *error)
{
    (void)context;
    (void)fprintf(stderr, "coordinator: from %d: %s\n", peer, error->text);
    exit(1);
}

static void to_coordinator(void *context, int peer, bool to_worker, const struct message *message)
{
    const struct bench *bench = context;
    (void)to_worker;
    dispatch_role.deliver(bench->dispatch, peer, message);
}

static void say(struct worker *worker, enum message_kind kind)
{
    struct message message;
    struct error error;
    message_begin(&message, kind);
    message.trial = worker->report.trial;
    message.attempt = worker->report.attempt;
    if (kind == MESSAGE_DONE)
        message.body.done = (struct message_done){worker->to, DONE_OK, VERDICT_HEALTHY};
    if (!link_send(worker->link, 0, false, &message, &error))
        bad(NULL, 0, &error);
}

static void to_worker(void *context, int peer, bool for_worker, const struct message *message)
{
    struct worker *worker = context;
    (void)peer;
    (void)for_worker;
    switch (message->kind) {
    case MESSAGE_TRAIN:
        message_begin(&worker->report, MESSAGE_REPORT);
        worker->report.trial = message->trial;
        worker->report.attempt = message->attempt;
        worker->report.body.report = (struct message_report){.step = message->body.assignment.from,
                                                             .train_loss = 1,
                                                             .lr = 0.1,
                                                             .grad_norm = 2,
                                                             .seconds = 1e-3};
        worker->to = message->body.assignment.to;
        worker->busy = true;
        break;
    case MESSAGE_CREDIT:
        worker->credit += message->value;
        break;
    case MESSAGE_QUIT:
        say(worker, MESSAGE_BYE);
        worker->quit = true;
        break;
    default:
        break;
    }
}

/* Everything that this worker may say now. */
static void work(struct bench *bench, struct worker *worker)
{
    struct error error;
    (void)link_receive(worker->link, to_worker, bad, worker);
    struct message_report *report = &worker->report.body.report;
    /* One message less than may be under way: the last one is DONE. */
    for (unsigned i = 1; i < LINK_SENDS_PER_PEER && worker->busy && worker->credit > 0; i++) {
        report->step++;
        report->validated = report->step == worker->to;
        report->val_loss = 1.0 / (1 + worker->report.trial);
        if (!link_send(worker->link, 0, false, &worker->report, &error)) {
            report->step--;
            return;
        }
        worker->credit--;
        bench->sent++;
        if (report->step == worker->to) {
            worker->busy = false;
            say(worker, MESSAGE_DONE);
        }
    }
}

/* Rows of a table; -1: it cannot be read. */
static long long rows(const char *dir, const char *table)
{
    char path[4096], sql[64];
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    long long count = -1;
    (void)snprintf(path, sizeof path, "%s/study.db", dir);
    (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", table);
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        count = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return count;
}

static void give_up(const char *what, const struct error *error)
{
    (void)fprintf(stderr, "coordinator: %s: %s\n", what, error->text);
    exit(1);
}

static void run(struct bench *bench, const struct dispatch_options *options, const char *dir)
{
    struct error error;
    double begun_s = now_s(), workers_s = 0, quarter_mib = 0;
    uint64_t most = (uint64_t)study_integer(options->document, "search", "candidates") *
                    (uint64_t)study_number(options->document, "search", "max_budget");
    bench->dispatch = dispatch_create(options, &error);
    if (!bench->dispatch)
        give_up(dir, &error);
    for (int i = 1; i < bench->ranks; i++)
        say(&bench->workers[i], MESSAGE_READY);
    for (enum role_state state = ROLE_BUSY; state != ROLE_ENDED;) {
        double at_s = now_s();
        virtual_net_set_time(bench->net, at_s);
        for (int i = 1; i < bench->ranks; i++)
            work(bench, &bench->workers[i]);
        workers_s += now_s() - at_s;
        (void)link_receive(options->link, to_coordinator, bad, bench);
        state = dispatch_role.turn(bench->dispatch, now_s(), false);
        if (quarter_mib == 0 && bench->sent >= most / 4) /* of what `none` trains */
            quarter_mib = memory_mib("VmRSS");
    }
    if (dispatch_outcome(bench->dispatch) != DISPATCH_FINISHED)
        give_up(dir, dispatch_error(bench->dispatch));
    double end_mib = memory_mib("VmRSS");
    if (!store_close(options->store, &error))
        give_up(dir, &error);
    double took_s = now_s() - begun_s;
    long long stored = rows(dir, "report");
    printf("{\"bench\":\"load\",\"ranks\":%d,\"candidates\":%lld,\"reports\":%llu,\"stored\":%lld,"
           "\"seconds\":%.3f,\"workers_s\":%.3f,\"reports_per_s\":%.0f,\"mib_at_a_quarter\":%.1f,"
           "\"mib_at_the_end\":%.1f,\"mib_at_most\":%.1f}\n",
           bench->ranks, study_integer(options->document, "search", "candidates"), bench->sent,
           stored, took_s, workers_s, (double)stored / took_s, quarter_mib, end_mib,
           memory_mib("VmHWM"));
    dispatch_destroy(bench->dispatch);
}

/* From the opening of the study to a search that could go on. */
static void resume(const struct dispatch_options *like, const char *dir)
{
    struct error error;
    struct dispatch_options options = *like;
    double begun_s = now_s();
    options.resume = true;
    options.store = store_open(dir, &error);
    options.search = search_create(options.document, SAMPLES, &error);
    struct dispatch *dispatch =
        options.store && options.search ? dispatch_create(&options, &error) : NULL;
    if (!dispatch)
        give_up(dir, &error);
    double took_s = now_s() - begun_s;
    bool finished = search_finished(options.search);
    uint32_t trials = search_trial_count(options.search);
    dispatch_destroy(dispatch);
    search_destroy(options.search);
    if (!store_close(options.store, &error))
        give_up(dir, &error);
    printf("{\"bench\":\"resume\",\"trials\":%u,\"events\":%lld,\"reports\":%lld,\"seconds\":%.3f,"
           "\"finished\":%s}\n",
           trials, rows(dir, "event"), rows(dir, "report"), took_s, finished ? "true" : "false");
}

int main(int count, char **arguments)
{
    struct error error;
    if (count < 2) {
        (void)fprintf(stderr, "usage: %s DIR [RANKS [CANDIDATES [REPORTS [SCHEDULER]]]]\n",
                      arguments[0]);
        return 2;
    }
    int ranks = count > 2 ? (int)strtol(arguments[2], NULL, 10) : 60;
    int candidates = count > 3 ? (int)strtol(arguments[3], NULL, 10) : 600;
    double reports = count > 4 ? strtod(arguments[4], NULL) : 2000;
    const char *scheduler = count > 5 ? arguments[5] : "none";
    struct bench bench = {.ranks = ranks + 1};
    json_t *document = virtual_study(scheduler, candidates, 3, ceil(reports / 9), reports);
    json_object_set_new(json_object_get(document, "run"), "heartbeat_timeout", json_real(3600));
    bench.net = virtual_net_create(bench.ranks, NULL, NULL, NULL);
    bench.workers = calloc((size_t)bench.ranks, sizeof *bench.workers);
    for (int i = 0; i < bench.ranks; i++)
        bench.workers[i] =
            (struct worker){.link = virtual_net_link(bench.net, i), .credit = FIRST_CREDIT};
    struct dispatch_options options = {
        .document = document,
        .dir = arguments[1],
        .link = bench.workers[0].link,
        .search = search_create(document, SAMPLES, &error),
        .store = store_create(arguments[1], document, false, &error),
        .progress = progress_create(stderr, true),
        .search_retries = study_integer(document, "run", "retries"),
        .untested = true,
    };
    if (!options.search || !options.store)
        give_up(arguments[1], &error);
    run(&bench, &options, arguments[1]);
    search_destroy(options.search);
    resume(&options, arguments[1]);
    progress_destroy(options.progress);
    free(bench.workers);
    virtual_net_destroy(bench.net);
    json_decref(document);
    return 0;
}
