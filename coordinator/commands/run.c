/* run.c - lrsweep run: a search, from the study file to the table of results. */
#include "common/deadline_text.h"
#include "coordinator/commands/command.h"
#include "coordinator/commands/option_value.h"
#include "coordinator/job/job.h"
#include "coordinator/report/report.h"
#include "coordinator/study/snapshot.h"
#include "coordinator/view/result.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

struct run {
    const struct command *self;
    struct study_argument argument;
    struct job_options job;
    bool json;
};

/* EXIT_OK: go on; *done: help was printed, all is said. */
static int read_arguments(struct run *run, int argc, char **argv, bool *done)
{
    static const struct option options[] = {{"out", required_argument, NULL, 'o'},
                                            {"resume", no_argument, NULL, 'r'},
                                            {"overwrite", no_argument, NULL, 'w'},
                                            {"set", required_argument, NULL, 's'},
                                            {"trainers", required_argument, NULL, 't'},
                                            {"coordinator-only", no_argument, NULL, 'c'},
                                            {"deadline", required_argument, NULL, 'd'},
                                            {"quiet", no_argument, NULL, 'q'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    struct error error;
    double seconds;
    int option;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (option) {
        case 'o':
            run->job.out = optarg;
            break;
        case 'r':
            run->job.resume = true;
            break;
        case 'w':
            run->job.overwrite = true;
            break;
        case 's':
            if (!study_argument_add(&run->argument, optarg))
                return EXIT_FAILED;
            break;
        case 't':
            if (option_whole_number(run->self, "trainers", optarg, 1, JOB_TRAINERS_MAX,
                                    &run->job.trainers) != EXIT_OK)
                return EXIT_USAGE;
            break;
        case 'c':
            run->job.coordinator_only = true;
            break;
        case 'd':
            if (!deadline_read(optarg, time(NULL), &seconds, &error))
                return command_usage_error(run->self, "--deadline: %s", error.text);
            run->job.deadline = optarg;
            break;
        case 'q':
            run->job.quiet = true;
            break;
        case 'j':
            run->json = true;
            break;
        case 'h':
            command_print_help(run->self);
            *done = true;
            return EXIT_OK;
        default:
            return command_option_error(run->self);
        }
    }
    if (argc - optind != 1)
        return command_usage_error(run->self, "expected one study file, found %d arguments",
                                   argc - optind);
    if (run->job.resume && run->job.overwrite)
        return command_usage_error(run->self, "--resume and --overwrite exclude each other");
    run->argument.path = argv[optind];
    return EXIT_OK;
}

static int failed(const struct error *error)
{
    fprintf(stderr, "lrsweep: %s\n", error->text);
    return EXIT_FAILED;
}

/* Tells what DIR holds now, and leaves summary.json and report.html there. */
static int conclude(void *context, const char *dir, int status)
{
    const struct run *run = context;
    struct error error;
    struct snapshot *snapshot = snapshot_read(dir, &error);
    if (!snapshot)
        return failed(&error);
    snapshot->unattended = strcmp(snapshot_value(snapshot, "status"), "running") == 0;
    if (!result_write_summary(dir, snapshot, &error))
        status = failed(&error);
    /* The result is what it is without a picture of it. */
    if (!report_write(dir, snapshot, &error) && !run->job.quiet)
        fprintf(stderr, "lrsweep: warning: no report was written: %s\n", error.text);
    result_show(snapshot, run->json);
    snapshot_destroy(snapshot);
    return command_end_output(status); /* before MPI ends: the launcher is told the status then */
}

static int run(const struct command *self, int argc, char **argv)
{
    struct run run = {.self = self};
    bool done = false;
    run.job.argument = &run.argument;
    run.job.conclude = conclude;
    run.job.context = &run;
    int status = read_arguments(&run, argc, argv, &done);
    if (status == EXIT_OK && !done)
        status = job_run(&run.job);
    study_argument_destroy(&run.argument);
    return status;
}

const struct command command_run = {
    "run",
    "FILE [OPTION]...",
    "runs the search that a study file describes",
    "Started alone it uses all cores of this machine; under mpirun or srun every rank trains.\n"
    "\n"
    "  --out DIR            where the study is kept [results/NAME, NAME from the study]\n"
    "  --resume             go on with the study in DIR; starts it if there is none\n"
    "  --overwrite          replace the study in DIR\n"
    "  --set PATH=VALUE     change a setting, such as --set train.momentum=0.95; may be repeated\n"
    "  --trainers N         trainers of each rank [the cores that the rank may use]\n"
    "  --coordinator-only   rank 0 trains nothing itself\n"
    "  --deadline WHEN      end before WHEN, with status 75 if there is more to do: a time from "
    "the\n"
    "                       start (3h50m, 90m, 5400: seconds) or a clock time (18:30). In a SLURM\n"
    "                       job its time limit counts in any case\n"
    "  --quiet              no progress\n"
    "  --json               print summary.json instead of the table\n"
    "\n"
    "DIR then holds study.db (SQLite, everything), summary.json, report.html (open it in a "
    "browser)\n"
    "and best.safetensors.\n",
    run,
};
