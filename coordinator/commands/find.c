/* find.c - lrsweep find: the learning-rate range test, from the study file to bounds. */
#include "common/trainer_start.h"
#include "coordinator/commands/command.h"
#include "coordinator/commands/option_value.h"
#include "coordinator/find/find_result.h"
#include "coordinator/find/find_text.h"
#include "coordinator/job/job.h"
#include "coordinator/view/atomic_file.h"
#include "coordinator/view/text_table.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER    "find" /* of DIR, for the test's own study */
#define FILE_NAME "find.json"

#define STEPS_MAX 10000
#define SEEDS_MAX 64

static const struct range_test defaults = {.from = 1e-7, .to = 10, .steps = 300, .seeds = 4};

struct find {
    const struct command *self;
    struct study_argument argument;
    struct job_options job;
    struct range_test test;
    bool json, space;
    json_t *document; /* the user's study; kept by derive */
};

/* Reads one option that has a value. */
static int read_value(struct find *find, int option, const char *text)
{
    double *rate = option == 'a' ? &find->test.from : &find->test.to;
    switch (option) {
    case 'o':
        find->job.out = text;
        return EXIT_OK;
    case 's':
        return study_argument_add(&find->argument, text) ? EXIT_OK : EXIT_FAILED;
    case 't':
        return option_whole_number(find->self, "trainers", text, 1, JOB_TRAINERS_MAX,
                                   &find->job.trainers);
    case 'n':
        return option_whole_number(find->self, "steps", text, RANGE_POINTS_MIN, STEPS_MAX,
                                   &find->test.steps);
    case 'e':
        return option_whole_number(find->self, "seeds", text, 1, SEEDS_MAX, &find->test.seeds);
    default:
        if (option_number(text, rate) && *rate > 0)
            return EXIT_OK;
        return command_usage_error(find->self, "--%s %s: a number above 0 is allowed",
                                   option == 'a' ? "from" : "to", text);
    }
}

/* EXIT_OK: go on; *done: help was printed, all is said. */
static int read_arguments(struct find *find, int argc, char **argv, bool *done)
{
    static const struct option options[] = {
        {"out", required_argument, NULL, 'o'},      {"set", required_argument, NULL, 's'},
        {"trainers", required_argument, NULL, 't'}, {"steps", required_argument, NULL, 'n'},
        {"from", required_argument, NULL, 'a'},     {"to", required_argument, NULL, 'b'},
        {"seeds", required_argument, NULL, 'e'},    {"quiet", no_argument, NULL, 'q'},
        {"json", no_argument, NULL, 'j'},           {"write-space", no_argument, NULL, 'w'},
        {"help", no_argument, NULL, 'h'},           {0}};
    int option, status = EXIT_OK;
    while (status == EXIT_OK && (option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (option) {
        case 'q':
            find->job.quiet = true;
            break;
        case 'j':
            find->json = true;
            break;
        case 'w':
            find->space = true;
            break;
        case 'h':
            command_print_help(find->self);
            *done = true;
            return EXIT_OK;
        case '?':
            return command_option_error(find->self);
        default:
            status = read_value(find, option, optarg);
        }
    }
    if (status != EXIT_OK)
        return status;
    if (argc - optind != 1)
        return command_usage_error(find->self, "expected one study file, found %d arguments",
                                   argc - optind);
    if (find->json && find->space)
        return command_usage_error(find->self, "--json and --write-space exclude each other");
    if (!(find->test.from < find->test.to))
        return command_usage_error(find->self, "--from %g is not below --to %g", find->test.from,
                                   find->test.to);
    find->argument.path = argv[optind];
    return EXIT_OK;
}

/* --- rank 0 --- */

static json_t *derive(void *context, const json_t *document, struct error *error)
{
    struct find *find = context;
    if (trainer_is_own(document)) {
        error_set(error,
                  "find needs the built-in trainer, which follows a rate that grows from step "
                  "to step; the study names another (trainer.command)");
        return NULL;
    }
    find->document = json_incref((json_t *)document);
    json_t *study = range_study_make(document, &find->test);
    if (!study)
        error_set(error, "out of memory");
    return study;
}

static int failed(const struct error *error)
{
    fprintf(stderr, "lrsweep: %s\n", error->text);
    return EXIT_FAILED;
}

/* DIR: the folder around the test's own study. */
static bool write_file(const char *dir, const json_t *json, char around[PATH_MAX],
                       struct error *error)
{
    size_t length = strlen(dir) - strlen("/" FOLDER);
    char *text = json ? json_dumps(json, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) : NULL;
    (void)snprintf(around, PATH_MAX, "%.*s", (int)length, dir);
    bool written = text ? atomic_file_write(around, FILE_NAME, text, strlen(text), error)
                        : error_set(error, "%s/%s: out of memory", around, FILE_NAME);
    free(text);
    return written;
}

static void show(const struct find *find, const struct find_result *result, const json_t *json,
                 const char *dir)
{
    bool sound = result->summary.status == RANGE_SOUND;
    char advice[ERROR_TEXT_BYTES];
    find_result_advice(result, advice, sizeof advice);
    if (find->json) {
        json_dumpf(json, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
        puts("");
    } else if (find->space) {
        if (sound)
            find_text_print_space(stdout, result);
        if (!sound || !find->job.quiet)
            fprintf(stderr, "lrsweep find: %s\n", advice);
    } else {
        find_text_print(stdout, result, text_style_colour(stdout));
        printf("Files in %s: %s, %s/study.db\n", dir, FILE_NAME, FOLDER);
    }
}

/* A test whose every run diverged at its end has done its work; one that was interrupted, or lost
 * its trainers, has not. */
static int conclude(void *context, const char *dir, int status)
{
    const struct find *find = context;
    struct error error;
    char around[PATH_MAX];
    if (status == EXIT_INTERRUPTED && !find->job.quiet)
        fputs("lrsweep find: interrupted; run it again, it starts afresh\n", stderr);
    if (status != EXIT_OK && status != EXIT_NO_SURVIVOR)
        return status;
    struct find_result *result = find_result_read(dir, &find->test, find->document, &error);
    json_t *json = result ? find_result_json(result) : NULL;
    if (!result || !write_file(dir, json, around, &error)) {
        status = failed(&error);
    } else {
        show(find, result, json, around);
        status = result->summary.status == RANGE_SOUND ? EXIT_OK : EXIT_NO_SURVIVOR;
    }
    json_decref(json);
    find_result_destroy(result);
    return command_end_output(status); /* before MPI ends: the launcher is told the status then */
}

static int run(const struct command *self, int argc, char **argv)
{
    struct find find = {.self = self, .test = defaults};
    bool done = false;
    find.job.argument = &find.argument;
    find.job.folder = FOLDER;
    find.job.overwrite = true; /* a test takes seconds, and this folder holds nothing else */
    find.job.untested = true;
    find.job.kind = "range test";
    find.job.derive = derive;
    find.job.conclude = conclude;
    find.job.context = &find;
    int status = read_arguments(&find, argc, argv, &done);
    if (status == EXIT_OK && !done)
        status = job_run(&find.job);
    json_decref(find.document);
    study_argument_destroy(&find.argument);
    return status;
}

const struct command command_find = {
    "find",
    "FILE [OPTION]...",
    "proposes bounds for the learning rate: a range test of a few hundred steps",
    "The rate grows by the same factor at every step while the loss is watched: flat, falling, "
    "then\n"
    "rising. Several seeds run at the same time; under mpirun or srun on every rank. The study's\n"
    "schedules and search are left aside; what its space searches besides lr stands still, a "
    "choice\n"
    "at its first value, a range at its middle.\n"
    "\n"
    "  --out DIR            where the curve is kept [results/NAME, NAME from the study]\n"
    "  --set PATH=VALUE     change a setting, such as --set train.momentum=0.95; may be repeated\n"
    "  --trainers N         trainers of each rank [the cores that the rank may use]\n"
    "  --steps N            of each seed [300]\n"
    "  --from LR, --to LR   the first rate and the last [1e-7, 10]\n"
    "  --seeds N            runs that differ by their seed alone [4]\n"
    "  --quiet              no progress\n"
    "  --json               print what find.json holds\n"
    "  --write-space        print the study's `space` with the bounds that were found for lr\n"
    "\n"
    "DIR then holds find.json and the test's own study in find/ (replaced by the next test). "
    "Status 3:\n"
    "there is nothing to propose; the reason is told, and what to try.\n",
    run,
};
