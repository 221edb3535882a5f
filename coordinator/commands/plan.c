/* plan.c - lrsweep plan: what a search will cost, before it is started. */
#include "coordinator/commands/command.h"
#include "coordinator/commands/option_value.h"
#include "coordinator/job/study_argument.h"
#include "coordinator/planning/forecast.h"
#include "coordinator/probe/measure.h"
#include "coordinator/probe/probe.h"

#include "common/cores.h"
#include "common/monotonic.h"

#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>

#define TRAINERS_MAX 1000000

struct plan {
    const struct command *self;
    struct study_argument argument;
    unsigned trainers; /* 0: the cores of this machine */
    double seconds_per_epoch;
    double diverging;
    bool measures, json;
};

static int complain(const struct error *error, int status)
{
    fprintf(stderr, "lrsweep: %s\n", error->text);
    return status;
}

/* EXIT_OK: go on; *done: help was printed, all is said. */
static int read_option(struct plan *plan, int option, bool *done)
{
    switch (option) {
    case 's':
        return study_argument_add(&plan->argument, optarg) ? EXIT_OK : EXIT_FAILED;
    case 't':
        return option_whole_number(plan->self, "trainers", optarg, 1, TRAINERS_MAX,
                                   &plan->trainers);
    case 'e':
        if (!option_number(optarg, &plan->seconds_per_epoch) || !(plan->seconds_per_epoch > 0))
            return command_usage_error(
                plan->self, "--seconds-per-epoch %s: a number above 0 is allowed", optarg);
        return EXIT_OK;
    case 'd':
        if (!option_number(optarg, &plan->diverging) || plan->diverging < 0 || plan->diverging > 1)
            return command_usage_error(plan->self, "--diverging %s: a share from 0 to 1 is allowed",
                                       optarg);
        return EXIT_OK;
    case 'p':
        plan->measures = true;
        return EXIT_OK;
    case 'j':
        plan->json = true;
        return EXIT_OK;
    case 'h':
        command_print_help(plan->self);
        *done = true;
        return EXIT_OK;
    default:
        return command_option_error(plan->self);
    }
}

static int read_arguments(struct plan *plan, int argc, char **argv, bool *done)
{
    static const struct option options[] = {{"set", required_argument, NULL, 's'},
                                            {"trainers", required_argument, NULL, 't'},
                                            {"seconds-per-epoch", required_argument, NULL, 'e'},
                                            {"diverging", required_argument, NULL, 'd'},
                                            {"probe", no_argument, NULL, 'p'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    int option, status = EXIT_OK;
    while (status == EXIT_OK && !*done &&
           (option = getopt_long(argc, argv, "h", options, NULL)) != -1)
        status = read_option(plan, option, done);
    if (status != EXIT_OK || *done)
        return status;
    if (argc - optind != 1)
        return command_usage_error(plan->self, "expected one study file, found %d arguments",
                                   argc - optind);
    if (plan->measures && !isnan(plan->seconds_per_epoch))
        return command_usage_error(plan->self,
                                   "--probe and --seconds-per-epoch exclude each other");
    plan->argument.path = argv[optind];
    return EXIT_OK;
}

/* Fills what the forecast rests on. */
static bool find_costs(const struct plan *plan, const char *program, struct probe *probe,
                       double start_s, struct forecast_options *options, struct error *error)
{
    struct cores_claim claim;
    cores_claim(&claim);
    unsigned cores = cores_count(&claim);
    options->trainers = plan->trainers ? plan->trainers : cores;
    options->diverging = plan->diverging;
    options->cpu_share = NAN;
    options->costs = (struct simulator_costs){.epoch_s = 1, .step_s = 1};
    if (plan->measures) {
        const struct measure_options measured = {
            .program = program,
            .document = options->document,
            .train_samples = options->train_samples,
            .trainers = options->trainers < cores ? options->trainers : cores,
            .restarts = options->restarts};
        options->rate = FORECAST_MEASURED;
        options->measured_with = measured.trainers;
        return measure_costs(&measured, probe, start_s, &options->costs, &options->cpu_share,
                             error);
    }
    if (isnan(plan->seconds_per_epoch))
        return true;
    if (options->train_samples == 0)
        return error_set(error, "--seconds-per-epoch: the trainer does not tell how many training "
                                "samples an epoch has; --probe measures a step");
    options->rate = FORECAST_GIVEN;
    options->costs.epoch_s = plan->seconds_per_epoch;
    return true;
}

static int show(const struct plan *plan, const struct forecast_options *options)
{
    struct error error;
    struct forecast forecast;
    if (!forecast_create(&forecast, options, &error))
        return complain(&error, EXIT_FAILED);
    if (plan->json) {
        json_t *object = forecast_json(&forecast);
        json_dumpf(object, stdout, JSON_INDENT(2));
        puts("");
        json_decref(object);
    } else {
        forecast_print(&forecast);
    }
    forecast_destroy(&forecast);
    return EXIT_OK;
}

static int examine(const struct plan *plan, const struct study_file *file)
{
    struct forecast_options options = {.document = study_file_document(file)};
    struct probe probe;
    struct error error;
    char program[PATH_MAX], at[256];
    double begun_s = monotonic_s();
    if (!probe_trainer_path(program, sizeof program, &error))
        return complain(&error, EXIT_FAILED);
    if (!probe_start(&probe, program, options.document, &error))
        return study_argument_not_started(file, &error);
    if (!probe_answer(&probe, at, sizeof at, &error)) {
        study_argument_print_refusal(file, at, error.text);
        probe_end(&probe);
        return EXIT_USAGE;
    }
    double start_s = monotonic_s() - begun_s;
    options.train_samples = (uint64_t)fmax(probe_number(&probe, "train_samples", 0), 0);
    /* Whether the search accepts the study, before anything is measured. */
    struct search *search = search_create(options.document, options.train_samples, &error);
    options.restarts = !probe_can(&probe, "checkpoints");
    int status = search && (!options.restarts || search_without_checkpoints(search, &error))
                     ? EXIT_OK
                     : complain(&error, EXIT_USAGE);
    search_destroy(search);
    if (status == EXIT_OK && !find_costs(plan, program, &probe, start_s, &options, &error))
        status = complain(&error, plan->measures ? EXIT_FAILED : EXIT_USAGE);
    probe_end(&probe);
    return status == EXIT_OK ? show(plan, &options) : status;
}

static int run(const struct command *self, int argc, char **argv)
{
    struct plan plan = {.self = self, .seconds_per_epoch = NAN};
    bool done = false;
    int status = read_arguments(&plan, argc, argv, &done);
    if (status == EXIT_OK && !done) {
        struct study_file *file = study_argument_read(&plan.argument);
        status = file ? examine(&plan, file) : EXIT_USAGE;
        study_file_destroy(file);
    }
    study_argument_destroy(&plan.argument);
    return status;
}

const struct command command_plan = {
    "plan",
    "FILE [OPTION]...",
    "tells what a search will cost: rungs, epochs, wall time, for several numbers of trainers",
    "Runs the search on a virtual clock, with learning curves that are made up: whom it promotes "
    "is\n"
    "not known before, how many is.\n"
    "\n"
    "  --trainers N           trainers of the whole job [the cores that this process may use]\n"
    "  --probe                measure what training costs: trains the study's model here for some\n"
    "                         seconds, on as many trainers at once as there are cores, at most N\n"
    "  --seconds-per-epoch S  what an epoch takes on one trainer, if you know\n"
    "  --diverging SHARE      part of the range of rates that diverges early, 0 to 1 [0]\n"
    "  --set PATH=VALUE       change a setting, such as --set search.eta=4; may be repeated\n"
    "  --json                 print JSON\n"
    "\n"
    "Without --probe and --seconds-per-epoch times are counted in epochs of one trainer.\n",
    run,
};
