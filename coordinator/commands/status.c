/* status.c - lrsweep status: where a running or finished study stands. */
#include "common/layout.h"
#include "common/monotonic.h"
#include "coordinator/commands/command.h"
#include "coordinator/commands/study_reader.h"
#include "coordinator/study/study_lock.h"
#include "coordinator/view/figures.h"
#include "coordinator/view/result.h"
#include "coordinator/view/running_table.h"
#include "coordinator/view/status_plot.h"
#include "coordinator/view/terminal.h"
#include "coordinator/view/text_table.h"
#include "coordinator/view/watch.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define INTERVAL_S    1.0  /* between two looks at whether something changed */
#define READ_AGAIN_S  10.0 /* and reads, whatever the file system says of changes: NFS may lag */
#define RUNNING_MOST  16   /* trials in training on a page */
#define PLOT_ROWS     10
#define PLOT_ROWS_MIN 4

struct view {
    const struct command *self;
    struct study_reader reader;
    bool json, plot, watch;
};

/* --- for scripts --------------------------------------------------------------------------------
 */

/* Why trials failed or diverged. */
static json_t *failures(const struct snapshot *snapshot)
{
    json_t *list = json_array();
    for (size_t i = 0; i < snapshot->trial_count; i++) {
        const struct trial_row *trial = &snapshot->trials[i];
        if (trial->state != TRIAL_FAILED && trial->state != TRIAL_DIVERGED)
            continue;
        (void)json_array_append_new(
            list,
            json_pack("{s:I, s:o, s:s, s:s, s:I, s:o}", "trial", (json_int_t)trial->id, "lr",
                      figure_json(trial->lr), "state", trial_state_name(trial->state), "verdict",
                      verdict_name(trial->verdict), "step", (json_int_t)trial->step, "message",
                      figure_clean_json(trial->message, true)));
    }
    return list;
}

static void print_json(const struct snapshot *snapshot, size_t indent)
{
    const struct study_facts facts = study_facts_of(snapshot);
    bool running = strcmp(facts.status, "running") == 0;
    json_t *summary = result_summary(snapshot);
    json_t *now = json_pack("{s:o, s:o, s:i, s:o, s:o}", "alive",
                            running ? json_boolean(!snapshot->unattended) : json_null(), "rank0",
                            running && snapshot->holder && *snapshot->holder
                                ? figure_clean_json(snapshot->holder, false)
                                : json_null(),
                            "left", (int)running_left(snapshot, &facts), "running",
                            running_json(snapshot, &facts), "ended_badly", failures(snapshot));
    (void)json_object_set_new(summary, "now", now);
    json_dumpf(summary, stdout, JSON_INDENT(indent) | JSON_REAL_PRECISION(17));
    puts("");
    json_decref(summary);
}

/* --- for people ---------------------------------------------------------------------------------
 */

static struct status_look look_of(size_t rows)
{
    size_t columns = terminal_size_of(stdout).columns;
    return (struct status_look){.width = columns - (isatty(STDOUT_FILENO) && columns > 1),
                                .rows = rows,
                                .blocks = terminal_blocks(),
                                .colour = text_style_colour(stdout)};
}

static bool print_plot(FILE *stream, const struct view *view, const struct snapshot *snapshot,
                       size_t rows, struct error *error)
{
    struct report_list reports;
    if (!report_list_read(&reports, view->reader.dir, error))
        return false;
    status_plot_print(stream, snapshot, &reports, look_of(rows));
    report_list_destroy(&reports);
    return true;
}

static int print_once(struct view *view)
{
    struct error error;
    struct snapshot *snapshot = study_reader_read(&view->reader, &error);
    bool ok = snapshot != NULL;
    if (ok && view->json)
        print_json(snapshot, 2);
    else if (ok && view->plot)
        ok = print_plot(stdout, view, snapshot, PLOT_ROWS, &error);
    else if (ok)
        result_print(stdout, snapshot, text_style_colour(stdout));
    snapshot_destroy(snapshot);
    return ok ? EXIT_OK : study_reader_failed(&view->reader, view->self, &error);
}

/* --- watching -----------------------------------------------------------------------------------
 */

/* Pictures take what the words leave of the terminal's height. */
static size_t plot_rows(void)
{
    size_t height = terminal_size_of(stdout).rows / 6;
    return height < PLOT_ROWS_MIN ? PLOT_ROWS_MIN : height;
}

static bool write_page(FILE *stream, const struct view *view, const struct snapshot *snapshot,
                       struct error *error)
{
    result_print_overview(stream, snapshot, RUNNING_MOST, text_style_colour(stdout));
    if (!view->plot)
        return true;
    fputc('\n', stream);
    return print_plot(stream, view, snapshot, plot_rows(), error);
}

static bool show_page(struct watch *watch, const struct view *view, const struct snapshot *snapshot,
                      struct error *error)
{
    char *page = NULL;
    size_t length = 0;
    if (view->json) {
        print_json(snapshot, 0);
        return fflush(stdout) == 0 || error_set(error, "standard output cannot be written");
    }
    FILE *stream = open_memstream(&page, &length);
    bool ok = stream || error_set(error, "out of memory");
    ok = ok && write_page(stream, view, snapshot, error);
    if (stream && fclose(stream) != 0)
        ok = false;
    ok = ok && (watch_show(watch, page) || error_set(error, "standard output cannot be written"));
    free(page);
    return ok;
}

/* How `lrsweep run` would have ended; -1: it goes on. */
static int ending(const struct snapshot *snapshot)
{
    const char *status = snapshot_value(snapshot, "status");
    if (strcmp(status, "running") == 0)
        return snapshot->unattended ? EXIT_INTERRUPTED : -1;
    if (strcmp(status, "interrupted") == 0)
        return EXIT_INTERRUPTED;
    if (strcmp(status, "finished") != 0)
        return EXIT_FAILED;
    return snapshot_best(snapshot) ? EXIT_OK : EXIT_NO_SURVIVOR;
}

/* What the file's time and size say of changes. */
struct stamp {
    struct timespec time;
    off_t size;
    double read_s; /* when it was read */
};

static bool changed(const struct view *view, struct stamp *stamp)
{
    char path[PATH_MAX], holder[256];
    struct stat file;
    struct stamp now = {.read_s = monotonic_s()};
    (void)snprintf(path, sizeof path, "%s/" LAYOUT_DATABASE, view->reader.dir);
    if (stat(path, &file) == 0) {
        now.time = file.st_mtim;
        now.size = file.st_size;
    }
    bool same = now.time.tv_sec == stamp->time.tv_sec && now.time.tv_nsec == stamp->time.tv_nsec &&
                now.size == stamp->size && now.read_s - stamp->read_s < READ_AGAIN_S &&
                study_lock_held(view->reader.dir, holder, sizeof holder);
    if (!same)
        *stamp = now;
    return !same;
}

static void wait_a_little(void)
{
    const struct timespec interval = {.tv_sec = (time_t)INTERVAL_S};
    (void)nanosleep(&interval, NULL);
}

static int watch_study(struct view *view)
{
    struct watch *watch = watch_create(stdout);
    struct stamp stamp = {.read_s = -READ_AGAIN_S};
    struct error error = {"out of memory"};
    int end = -1;
    bool ok = watch != NULL;
    while (ok && end < 0) {
        if (changed(view, &stamp)) {
            struct snapshot *snapshot = study_reader_read(&view->reader, &error);
            ok = snapshot && show_page(watch, view, snapshot, &error);
            end = ok ? ending(snapshot) : end;
            snapshot_destroy(snapshot);
        }
        if (ok && end < 0)
            wait_a_little();
    }
    watch_destroy(watch);
    return ok ? end : study_reader_failed(&view->reader, view->self, &error);
}

static int run(const struct command *self, int argc, char **argv)
{
    static const struct option options[] = {{"json", no_argument, NULL, 'j'},
                                            {"plot", no_argument, NULL, 'p'},
                                            {"watch", no_argument, NULL, 'w'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    struct view view = {.self = self};
    int option;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (option) {
        case 'j':
            view.json = true;
            break;
        case 'p':
            view.plot = true;
            break;
        case 'w':
            view.watch = true;
            break;
        case 'h':
            command_print_help(self);
            return EXIT_OK;
        default:
            return command_option_error(self);
        }
    }
    if (argc - optind != 1)
        return command_usage_error(self, "expected one directory, found %d arguments",
                                   argc - optind);
    if (view.json && view.plot)
        return command_usage_error(self, "--json and --plot: one of the two");
    view.reader.dir = argv[optind];
    return view.watch ? watch_study(&view) : print_once(&view);
}

const struct command command_status = {
    "status",
    "DIR [--watch] [--plot | --json]",
    "tells where a running, interrupted or finished study stands",
    "DIR is the directory that `lrsweep run` writes to. Reading it does not disturb the run. Tells "
    "how\n"
    "the search stands, the best so far, the rungs, what is in training and what is left, what "
    "ended\n"
    "badly and why; and of a run that died, that its rank 0 is dead.\n"
    "\n"
    "  --watch  show a page of it again whenever something changed, until the study ends: in its "
    "place\n"
    "           on a terminal, else one below the other. Ends with the status that the run ends "
    "with,\n"
    "           75 if it died\n"
    "  --plot   draw the training losses, and the metric against the rate. The width is the\n"
    "           terminal's, or COLUMNS; with --watch the pictures follow the page\n"
    "  --json   print what summary.json holds, as of now, and \"now\": alive (whether rank 0 "
    "lives; null\n"
    "           unless the status is running), rank0, left, running (trials in training, each with "
    "its\n"
    "           newest report), ended_badly (trials that diverged or failed, each with its "
    "message).\n"
    "           With --watch an object a line whenever something changed\n",
    run,
};
