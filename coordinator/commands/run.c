/* run.c - lrsweep run: a search, from the study file to the table of results.
 *
 * Every rank of the job runs this. Rank 0 reads the study, asks a trainer whether it accepts it
 * (while MPI starts), makes DIR, and shares the resolved study; then each rank plays its roles. */
#include "common/layout.h"
#include "common/study_document.h"
#include "common/version.h"
#include "coordinator/commands/command.h"
#include "coordinator/commands/study_argument.h"
#include "coordinator/dispatch/dispatch.h"
#include "coordinator/probe.h"
#include "coordinator/rank.h"
#include "coordinator/study/snapshot.h"
#include "coordinator/study/study_changes.h"
#include "coordinator/view/progress.h"
#include "coordinator/view/result.h"

#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define TRAINERS_MAX 1024 /* of one rank */

struct run {
    const struct command *self;
    struct study_argument argument;
    const char *out;   /* NULL: results/NAME */
    unsigned trainers; /* 0: what the study says, else the cores */
    bool resume, overwrite, coordinator_only, quiet, json;

    double started_s;
    double earlier_wall_s, earlier_train_s; /* of the runs that this one resumes */
    char program[PATH_MAX];
    char dir[PATH_MAX]; /* absolute once it exists */
    struct study_file *file;
    json_t
        *begun; /* the study as it was begun, if this run resumes it; NULL: `file` is the study */
    struct probe probe;
    struct link *link;
    struct search *search;
    struct store *store;
};

static double monotonic_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int complain(const struct error *error, int status)
{
    fprintf(stderr, "lrsweep: %s\n", error->text);
    return status;
}

/* --- arguments --- */

static bool read_trainers(struct run *run, const char *text)
{
    char *end;
    long value = strtol(text, &end, 10);
    if (*text == '\0' || *end != '\0' || value < 1 || value > TRAINERS_MAX)
        return false;
    run->trainers = (unsigned)value;
    return true;
}

/* EXIT_OK: go on; *done: help was printed, all is said. */
static int read_arguments(struct run *run, int argc, char **argv, bool *done)
{
    static const struct option options[] = {
        {"out", required_argument, NULL, 'o'},      {"resume", no_argument, NULL, 'r'},
        {"overwrite", no_argument, NULL, 'w'},      {"set", required_argument, NULL, 's'},
        {"trainers", required_argument, NULL, 't'}, {"coordinator-only", no_argument, NULL, 'c'},
        {"quiet", no_argument, NULL, 'q'},          {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},           {0}};
    int option;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (option) {
        case 'o':
            run->out = optarg;
            break;
        case 'r':
            run->resume = true;
            break;
        case 'w':
            run->overwrite = true;
            break;
        case 's':
            if (!study_argument_add(&run->argument, optarg))
                return EXIT_FAILED;
            break;
        case 't':
            if (!read_trainers(run, optarg))
                return command_usage_error(run->self,
                                           "--trainers %s: a whole number from 1 to %d "
                                           "is allowed",
                                           optarg, TRAINERS_MAX);
            break;
        case 'c':
            run->coordinator_only = true;
            break;
        case 'q':
            run->quiet = true;
            break;
        case 'j':
            run->json = true;
            break;
        case 'h':
            command_print_help(run->self);
            *done = true;
            return EXIT_OK;
        default:
            return EXIT_USAGE;
        }
    }
    if (argc - optind != 1)
        return command_usage_error(run->self, "expected one study file, found %d arguments",
                                   argc - optind);
    if (run->resume && run->overwrite)
        return command_usage_error(run->self, "--resume and --overwrite exclude each other");
    run->argument.path = argv[optind];
    return EXIT_OK;
}

/* This process's rank as the launcher tells it before MPI is started; -1: there is no launcher. */
static int launcher_rank(void)
{
    static const char *const names[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK",
                                        "SLURM_PROCID"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *text = getenv(names[i]);
        if (text && *text)
            return (int)strtol(text, NULL, 10);
    }
    return -1;
}

/* --- rank 0, before anything is made --- */

/* Reads the study and starts the probe. */
static int prepare(struct run *run)
{
    struct error error;
    run->file = study_argument_read(&run->argument);
    if (!run->file)
        return EXIT_USAGE;
    const json_t *document = study_file_document(run->file);
    int length = run->out ? snprintf(run->dir, sizeof run->dir, "%s", run->out)
                          : snprintf(run->dir, sizeof run->dir, "results/%s",
                                     study_text(document, "study", "name"));
    if (length < 0 || (size_t)length >= sizeof run->dir) {
        error_set(&error, "--out: the name is too long");
        return complain(&error, EXIT_USAGE);
    }
    if (store_exists(run->dir) && !run->resume && !run->overwrite) {
        error_set(&error,
                  "%s holds a study already: go on with it (--resume), replace it (--overwrite) or "
                  "name another directory (--out DIR)",
                  run->dir);
        return complain(&error, EXIT_USAGE);
    }
    if (!probe_trainer_path(run->program, sizeof run->program, &error) ||
        !probe_start(&run->probe, run->program, document, &error))
        return complain(&error, EXIT_FAILED);
    return EXIT_OK;
}

static int hear_probe(struct run *run)
{
    struct error error;
    char at[256];
    if (probe_answer(&run->probe, at, sizeof at, &error))
        return EXIT_OK;
    study_argument_print_refusal(run->file, at, error.text);
    return EXIT_USAGE;
}

/* --- DIR --- */

/* Opens the study in DIR to go on with it. *finished: there is nothing left to do. */
static int reopen(struct run *run, bool *finished)
{
    struct error error;
    struct snapshot *snapshot = snapshot_read(run->dir, &error);
    if (!snapshot)
        return complain(&error, EXIT_FAILED);
    char *changes = study_changes(snapshot->document, study_file_document(run->file));
    run->begun = json_incref(snapshot->document);
    *finished = strcmp(snapshot_value(snapshot, "status"), "finished") == 0;
    run->earlier_wall_s = strtod(snapshot_value(snapshot, "wall_s"), NULL);
    run->earlier_train_s = strtod(snapshot_value(snapshot, "train_s"), NULL);
    snapshot_destroy(snapshot);
    bool same = changes && changes[0] == '\0';
    if (!same) {
        error_set(&error,
                  "%s holds another study; a resume takes changes of `run` (run.retries only "
                  "upwards) and a later search.wall_time, but not these:",
                  run->dir);
        (void)complain(&error, EXIT_USAGE);
        fputs(changes ? changes : "", stderr);
    }
    free(changes);
    if (!same)
        return EXIT_USAGE;
    if (*finished)
        return EXIT_OK;
    run->store = store_open(run->dir, &error);
    return run->store ? EXIT_OK : complain(&error, EXIT_FAILED);
}

static bool note(struct run *run, const char *key, double value, struct error *error)
{
    char text[64];
    (void)snprintf(text, sizeof text, "%.17g", value);
    return store_set(run->store, key, text, error);
}

/* What the trainer told of data and model, for the views. */
static bool note_probe(struct run *run, struct error *error)
{
    static const char *const keys[] = {
        "train_samples", "validation_samples", "test_samples", "features",
        "classes",       "constant_loss",      "parameters"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        double value = probe_number(&run->probe, keys[i], NAN);
        if (!isnan(value) && !note(run, keys[i], value, error))
            return false;
    }
    double samples = probe_number(&run->probe, "train_samples", 0);
    double batch = study_number(study_file_document(run->file), "train", "batch_size");
    double steps = batch > 0 ? floor(samples / batch) : 1;
    return samples <= 0 || note(run, "steps_per_epoch", steps, error);
}

static int open_study(struct run *run, bool *finished)
{
    struct error error;
    const json_t *document = study_file_document(run->file);
    *finished = false;
    if (run->resume && store_exists(run->dir)) {
        int status = reopen(run, finished);
        if (status != EXIT_OK || *finished)
            return status;
    } else {
        run->resume = false;
        run->store = store_create(run->dir, document, run->overwrite, &error);
        if (!run->store)
            return complain(&error, EXIT_FAILED);
    }
    char absolute[PATH_MAX];
    if (realpath(run->dir, absolute))
        memcpy(run->dir, absolute, sizeof absolute);
    double samples = probe_number(&run->probe, "train_samples", 0);
    /* The recorded events fit the search that they were recorded from. */
    run->search = search_create(run->begun ? run->begun : document,
                                samples > 0 ? (uint64_t)samples : 0, &error);
    if (!run->search)
        return complain(&error, EXIT_USAGE);
    if (!store_set(run->store, "status", "running", &error) || !note_probe(run, &error) ||
        !store_commit(run->store, &error))
        return complain(&error, EXIT_FAILED);
    return EXIT_OK;
}

/* --- every rank --- */

/* Rank 0's decision to all: a status other than EXIT_OK ends every rank. */
static json_t *share(struct run *run, int *status)
{
    char *text = NULL;
    if (link_rank(run->link) == 0) {
        json_t *envelope = json_pack(
            "{s:i, s:s, s:O?, s:s}", "status", *status, "version", LRSWEEP_VERSION, "document",
            run->file ? study_file_document(run->file) : NULL, "dir", run->dir);
        text = envelope ? json_dumps(envelope, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;
        json_decref(envelope);
    }
    char *shared = link_share(run->link, text ? text : "{\"status\":1}");
    free(text);
    json_t *envelope = shared ? json_loads(shared, 0, NULL) : NULL;
    free(shared);
    *status = envelope ? (int)json_integer_value(json_object_get(envelope, "status")) : EXIT_FAILED;
    const char *version = json_string_value(json_object_get(envelope, "version"));
    if (*status == EXIT_OK && (!version || strcmp(version, LRSWEEP_VERSION) != 0)) {
        fprintf(stderr, "lrsweep: rank %d is version %s, rank 0 is version %s\n",
                link_rank(run->link), LRSWEEP_VERSION, version ? version : "unknown");
        *status = EXIT_FAILED;
    }
    return envelope;
}

static unsigned count_trainers(const struct run *run, const json_t *document)
{
    if (run->trainers > 0)
        return run->trainers;
    long long configured = study_integer(document, "run", "trainers");
    return configured > 0 ? (unsigned)configured : link_cores(run->link);
}

/* Plays a worker alone: ranks other than 0. */
static int play_worker(struct run *run, const json_t *envelope)
{
    struct error error;
    const json_t *document = json_object_get(envelope, "document");
    struct rank_options options = {
        .document = document,
        .dir = json_string_value(json_object_get(envelope, "dir")),
        .trainers = count_trainers(run, document),
        .program = run->program,
    };
    if (!run->program[0] && !probe_trainer_path(run->program, sizeof run->program, &error))
        return complain(&error, EXIT_FAILED);
    void *worker = worker_create(run->link, &options, &error);
    if (!worker)
        return complain(&error, EXIT_FAILED);
    const struct rank_role role = {&worker_role, worker};
    rank_run(run->link, &role, 1);
    const struct error *gave_up = worker_error(worker);
    int status = gave_up ? complain(gave_up, EXIT_FAILED) : EXIT_OK;
    worker_destroy(worker);
    return status;
}

static double cpu_s(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* Writes how it ended, and what it took. */
static bool close_study(struct run *run, const struct dispatch *dispatch, double searched_s,
                        double cpu, struct error *error)
{
    static const char *const statuses[] = {[DISPATCH_RUNNING] = "failed",
                                           [DISPATCH_FINISHED] = "finished",
                                           [DISPATCH_NO_SURVIVOR] = "finished",
                                           [DISPATCH_INTERRUPTED] = "interrupted",
                                           [DISPATCH_FAILED] = "failed"};
    bool written =
        store_set(run->store, "status", statuses[dispatch_outcome(dispatch)], error) &&
        note(run, "wall_s", run->earlier_wall_s + monotonic_s() - run->started_s, error) &&
        note(run, "train_s", run->earlier_train_s + dispatch_busy_s(dispatch), error) &&
        note(run, "trainers", (double)dispatch_trainers(dispatch), error) &&
        note(run, "coordinator_cpu", cpu / fmax(searched_s, 1e-3), error);
    struct error closing;
    bool closed = store_close(run->store, &closing);
    run->store = NULL;
    if (written && !closed)
        *error = closing;
    return written && closed;
}

static int status_of(const struct dispatch *dispatch)
{
    switch (dispatch_outcome(dispatch)) {
    case DISPATCH_FINISHED:
        return EXIT_OK;
    case DISPATCH_NO_SURVIVOR:
        return EXIT_NO_SURVIVOR;
    case DISPATCH_INTERRUPTED:
        return EXIT_INTERRUPTED;
    case DISPATCH_FAILED:
        return complain(dispatch_error(dispatch), EXIT_FAILED);
    case DISPATCH_RUNNING:
        break;
    }
    return EXIT_FAILED;
}

/* Plays coordinator, and worker too unless --coordinator-only. */
static int play_coordinator(struct run *run)
{
    struct error error;
    const json_t *document = study_file_document(run->file);
    struct rank_options options = {
        .document = document,
        .dir = run->dir,
        .trainers = count_trainers(run, document),
        .program = run->program,
        .first = &run->probe.child,
        .first_ready =
            {
                .train_samples = (uint64_t)probe_number(&run->probe, "train_samples", 0),
                .validation_samples = (uint64_t)probe_number(&run->probe, "validation_samples", 0),
                .test_samples = (uint64_t)probe_number(&run->probe, "test_samples", 0),
            },
    };
    struct progress *progress = progress_create(stderr, run->quiet);
    const struct dispatch_options dispatch_options = {
        .document = document,
        .dir = run->dir,
        .link = run->link,
        .search = run->search,
        .store = run->store,
        .progress = progress,
        .earlier_s = run->earlier_wall_s,
        .search_retries = study_integer(run->begun ? run->begun : document, "run", "retries"),
        .train_samples = options.first_ready.train_samples,
        .validation_samples = options.first_ready.validation_samples,
        .local_worker = !run->coordinator_only,
        .resume = run->resume,
    };
    struct dispatch *dispatch = progress ? dispatch_create(&dispatch_options, &error) : NULL;
    void *worker = NULL;
    if (dispatch && !run->coordinator_only)
        worker = worker_create(run->link, &options, &error);
    if (!dispatch || (!run->coordinator_only && !worker)) {
        dispatch_destroy(dispatch);
        progress_destroy(progress);
        return complain(&error, EXIT_FAILED);
    }
    const struct rank_role roles[RANK_ROLES_MAX] = {{&dispatch_role, dispatch},
                                                    {&worker_role, worker}};
    double begun_s = monotonic_s(), cpu = cpu_s();
    rank_run(run->link, roles, worker ? 2 : 1);
    worker_destroy(worker);
    progress_finish(progress);
    int status = status_of(dispatch);
    /* A study that failed already fails to close with the same words. */
    if (!close_study(run, dispatch, monotonic_s() - begun_s, cpu_s() - cpu, &error))
        status = status == EXIT_FAILED ? status : complain(&error, EXIT_FAILED);
    dispatch_destroy(dispatch);
    progress_destroy(progress);
    return status;
}

/* Tells what DIR holds now, and leaves summary.json there. */
static int conclude(const struct run *run, int status)
{
    struct error error;
    struct snapshot *snapshot = snapshot_read(run->dir, &error);
    if (!snapshot)
        return complain(&error, EXIT_FAILED);
    snapshot->unattended = strcmp(snapshot_value(snapshot, "status"), "running") == 0;
    if (!result_write_summary(run->dir, snapshot, &error))
        status = complain(&error, EXIT_FAILED);
    result_show(snapshot, run->json);
    snapshot_destroy(snapshot);
    if (fflush(stdout) != 0) {
        error_set(&error, "the result could not be written to standard output");
        return complain(&error, EXIT_FAILED);
    }
    return status;
}

static int run_ranks(struct run *run, bool launched, int prepared)
{
    struct error error;
    int status = prepared;
    bool finished = false;
    run->link = link_open(launched, &error);
    if (!run->link)
        return complain(&error, EXIT_FAILED);
    bool coordinator = link_rank(run->link) == 0;
    if (coordinator && status == EXIT_OK && !run->file)
        status = prepare(run); /* the launcher's hint was wrong */
    if (coordinator && status == EXIT_OK && run->coordinator_only && link_size(run->link) == 1) {
        error_set(&error, "--coordinator-only needs other ranks that train; this job has one rank");
        status = complain(&error, EXIT_USAGE);
    }
    if (coordinator && status == EXIT_OK)
        status = hear_probe(run);
    if (coordinator && status == EXIT_OK)
        status = open_study(run, &finished);
    int shared = finished && status == EXIT_OK ? -1 : status; /* -1: nothing left to do */
    json_t *envelope = share(run, &shared);
    if (shared == EXIT_OK)
        status = coordinator ? play_coordinator(run) : play_worker(run, envelope);
    else if (!coordinator)
        status = shared > 0 ? shared : EXIT_OK;
    json_decref(envelope);
    if (coordinator && (shared == EXIT_OK || finished))
        status = conclude(run, status);
    link_close(run->link, status);
    return status;
}

static int run(const struct command *self, int argc, char **argv)
{
    struct run run = {.self = self, .started_s = monotonic_s()};
    run.probe.child = (struct child){.input = -1, .output = -1};
    int rank = launcher_rank();
    bool done = false;
    int status = read_arguments(&run, argc, argv, &done);
    if (status == EXIT_OK && !done) {
        if (rank <= 0)
            status = prepare(&run);
        /* Without a launcher nobody waits for this rank in MPI_Init. */
        if (status == EXIT_OK || rank >= 0)
            status = run_ranks(&run, rank >= 0, status);
    }
    probe_end(&run.probe);
    search_destroy(run.search);
    json_decref(run.begun);
    struct error error;
    if (!store_close(run.store, &error))
        status = complain(&error, EXIT_FAILED);
    study_file_destroy(run.file);
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
    "  --quiet              no progress\n"
    "  --json               print summary.json instead of the table\n"
    "\n"
    "DIR then holds study.db (SQLite, everything), summary.json and best.safetensors.\n",
    run,
};
