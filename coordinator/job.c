/* job.c - the course of a job: before MPI, the study's directory, the roles, the end. */
#include "coordinator/job.h"

#include "common/launcher.h"
#include "common/monotonic.h"
#include "common/study_document.h"
#include "common/version.h"
#include "coordinator/assembly.h"
#include "coordinator/commands/command.h"
#include "coordinator/dispatch/dispatch.h"
#include "coordinator/doctor/setting.h"
#include "coordinator/open_files.h"
#include "coordinator/probe.h"
#include "coordinator/rank.h"
#include "coordinator/scratch.h"
#include "coordinator/study/checkpoints.h"
#include "coordinator/study/snapshot.h"
#include "coordinator/study/study_changes.h"
#include "coordinator/study/study_lock.h"
#include "coordinator/time_left.h"
#include "coordinator/view/progress.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

struct job {
    const struct job_options *options;
    bool resumes; /* there is a study to go on with */
    double started_s;
    double earlier_wall_s, earlier_train_s; /* of the runs that this one resumes */
    char *earlier_losses;
    char program[PATH_MAX];
    char dir[PATH_MAX]; /* of the study; absolute once it exists */
    struct study_file *file;
    json_t *document; /* that is trained */
    json_t *begun;    /* as the study was begun, if this job resumes it; NULL: `document` is it */
    struct probe probe;
    struct time_left time_left;
    struct setting setting;
    struct link *link;
    struct assembly assembly; /* of several ranks */
    struct search *search;
    struct store *store;
};

static int complain(const struct error *error, int status)
{
    fprintf(stderr, "lrsweep: %s\n", error->text);
    return status;
}

/* --- rank 0, before anything is made --- */

/* Names the study's directory. */
static bool name_directory(struct job *job, struct error *error)
{
    const struct job_options *options = job->options;
    const char *inner = options->folder ? options->folder : "";
    const char *slash = options->folder ? "/" : "";
    int length = options->out
                     ? snprintf(job->dir, sizeof job->dir, "%s%s%s", options->out, slash, inner)
                     : snprintf(job->dir, sizeof job->dir, "results/%s%s%s",
                                study_text(job->document, "study", "name"), slash, inner);
    if (length < 0 || (size_t)length >= sizeof job->dir)
        return error_set(error, "--out: the name is too long");
    return true;
}

/* Reads the study and starts the probe. */
static int prepare(struct job *job)
{
    struct error error;
    const struct job_options *options = job->options;
    job->file = study_argument_read(options->argument);
    if (!job->file)
        return EXIT_USAGE;
    const json_t *written = study_file_document(job->file);
    job->document = options->derive ? options->derive(options->context, written, &error)
                                    : json_incref((json_t *)written);
    if (!job->document || !name_directory(job, &error))
        return complain(&error, EXIT_USAGE);
    if (store_exists(job->dir) && !options->resume && !options->overwrite) {
        error_set(&error,
                  "%s holds a study already: go on with it (--resume), replace it (--overwrite) or "
                  "name another directory (--out DIR)",
                  job->dir);
        return complain(&error, EXIT_USAGE);
    }
    const char *deadline =
        json_string_value(json_object_get(json_object_get(job->document, "run"), "deadline"));
    if (!time_left_ask(&job->time_left, options->deadline ? options->deadline : deadline, &error))
        return complain(&error, EXIT_USAGE);
    if (!probe_trainer_path(job->program, sizeof job->program, &error))
        return complain(&error, EXIT_FAILED);
    if (!probe_start(&job->probe, job->program, job->document, &error))
        return study_argument_not_started(job->file, &error);
    return EXIT_OK;
}

static int hear_probe(struct job *job)
{
    struct error error;
    char at[256];
    if (probe_answer(&job->probe, at, sizeof at, &error))
        return EXIT_OK;
    study_argument_print_refusal(job->file, at, error.text);
    return EXIT_USAGE;
}

/* --- DIR --- */

/* A run that was killed just after its last commit left its checkpoints: nobody needs them. Where
 * they cannot be removed (a read-only medium, another run), the study can be read all the same. */
static void sweep(const char *dir)
{
    struct error ignored;
    struct study_lock *lock = study_lock_take(dir, &ignored);
    if (lock)
        (void)checkpoints_clean(dir, NULL, NULL, &ignored);
    study_lock_release(lock);
}

/* Opens the study in DIR to go on with it. *finished: there is nothing left to do. */
static int reopen(struct job *job, bool *finished)
{
    struct error error;
    struct snapshot *snapshot = snapshot_read(job->dir, &error);
    if (!snapshot)
        return complain(&error, EXIT_FAILED);
    char *changes = study_changes(snapshot->document, job->document);
    job->begun = json_incref(snapshot->document);
    bool was_finished = strcmp(snapshot_value(snapshot, "status"), "finished") == 0;
    bool kept = strcmp(snapshot_value(snapshot, "checkpoints"), "0") != 0;
    job->earlier_wall_s = strtod(snapshot_value(snapshot, "wall_s"), NULL);
    job->earlier_train_s = strtod(snapshot_value(snapshot, "train_s"), NULL);
    job->earlier_losses = strdup(snapshot_value(snapshot, "losses"));
    snapshot_destroy(snapshot);
    bool same = changes && changes[0] == '\0';
    if (!same) {
        error_set(&error,
                  "%s holds another study; a resume takes changes of `run` (run.retries only "
                  "upwards) and a later search.wall_time, but not these:",
                  job->dir);
        (void)complain(&error, EXIT_USAGE);
        fputs(changes ? changes : "", stderr);
    }
    free(changes);
    if (!same)
        return EXIT_USAGE;
    *finished = was_finished;
    if (!*finished && kept != probe_can(&job->probe, "checkpoints")) {
        error_set(&error,
                  "%s was begun with a trainer that %s checkpoints, and now it %s: that is another "
                  "search",
                  job->dir, kept ? "leaves" : "leaves no", kept ? "leaves none" : "leaves some");
        return complain(&error, EXIT_USAGE);
    }
    if (*finished) {
        sweep(job->dir);
        return EXIT_OK;
    }
    job->store = store_open(job->dir, &error);
    return job->store ? EXIT_OK : complain(&error, EXIT_FAILED);
}

static bool note(struct job *job, const char *key, double value, struct error *error)
{
    char text[64];
    (void)snprintf(text, sizeof text, "%.17g", value);
    return store_set(job->store, key, text, error);
}

/* What the trainer told of data and model, for the views. */
static bool note_probe(struct job *job, struct error *error)
{
    static const char *const keys[] = {
        "train_samples", "validation_samples", "test_samples", "features",
        "classes",       "constant_loss",      "parameters"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        double value = probe_number(&job->probe, keys[i], NAN);
        if (!isnan(value) && !note(job, keys[i], value, error))
            return false;
    }
    double samples = probe_number(&job->probe, "train_samples", 0);
    double batch = study_number(job->document, "train", "batch_size");
    double steps = batch > 0 ? floor(samples / batch) : 1;
    return (samples <= 0 || note(job, "steps_per_epoch", steps, error)) &&
           (probe_can(&job->probe, "checkpoints") || note(job, "checkpoints", 0, error));
}

static int open_study(struct job *job, bool *finished)
{
    struct error error;
    const json_t *document = job->document;
    *finished = false;
    job->resumes = job->options->resume && store_exists(job->dir);
    if (job->resumes) {
        int status = reopen(job, finished);
        if (status != EXIT_OK || *finished)
            return status;
    } else {
        job->store = store_create(job->dir, document, job->options->overwrite, &error);
        if (!job->store)
            return complain(&error, EXIT_FAILED);
    }
    char absolute[PATH_MAX];
    if (realpath(job->dir, absolute))
        memcpy(job->dir, absolute, sizeof absolute);
    double samples = probe_number(&job->probe, "train_samples", 0);
    /* The recorded events fit the search that they were recorded from. */
    job->search = search_create(job->begun ? job->begun : document,
                                samples > 0 ? (uint64_t)samples : 0, &error);
    if (!job->search)
        return complain(&error, EXIT_USAGE);
    if (!probe_can(&job->probe, "checkpoints") && !search_without_checkpoints(job->search, &error))
        return complain(&error, EXIT_USAGE);
    const char *kind = job->options->kind;
    if (!store_set(job->store, "status", "running", &error) ||
        (kind && !store_set(job->store, "kind", kind, &error)) || !note_probe(job, &error) ||
        !store_commit(job->store, &error))
        return complain(&error, EXIT_FAILED);
    return EXIT_OK;
}

/* --- every rank --- */

/* Rank 0's decision to all: a status other than EXIT_OK ends every rank. */
static json_t *share(struct job *job, int *status)
{
    char *text = NULL;
    if (link_rank(job->link) == 0) {
        json_t *envelope =
            json_pack("{s:i, s:s, s:O?, s:s, s:s}", "status", *status, "version", LRSWEEP_VERSION,
                      "document", job->document, "dir", job->dir, "beacon", job->assembly.beacon);
        text = envelope ? json_dumps(envelope, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;
        json_decref(envelope);
    }
    char *shared = link_share(job->link, text ? text : "{\"status\":1}");
    free(text);
    json_t *envelope = shared ? json_loads(shared, 0, NULL) : NULL;
    free(shared);
    *status = envelope ? (int)json_integer_value(json_object_get(envelope, "status")) : EXIT_FAILED;
    const char *version = json_string_value(json_object_get(envelope, "version"));
    if (*status == EXIT_OK && (!version || strcmp(version, LRSWEEP_VERSION) != 0)) {
        fprintf(stderr, "lrsweep: rank %d is version %s, rank 0 is version %s\n",
                link_rank(job->link), LRSWEEP_VERSION, version ? version : "unknown");
        *status = EXIT_FAILED;
    }
    return envelope;
}

static unsigned count_trainers(const struct job *job, const json_t *document)
{
    if (job->options->trainers > 0)
        return job->options->trainers;
    long long configured = study_integer(document, "run", "trainers");
    return configured > 0 ? (unsigned)configured : link_cores(job->link);
}

/* All ranks tell rank 0 of themselves. Rank 0's status. */
static int assemble(struct job *job, const json_t *envelope)
{
    struct error error;
    const char *dir = json_string_value(json_object_get(envelope, "dir"));
    const char *beacon = json_string_value(json_object_get(envelope, "beacon"));
    const json_t *document = json_object_get(envelope, "document");
    bool coordinator = link_rank(job->link) == 0;
    unsigned trainers =
        coordinator && job->options->coordinator_only ? 0 : count_trainers(job, document);
    if (!assembly_call(&job->assembly, job->link, trainers, dir, beacon, &error))
        return complain(&error, EXIT_FAILED);
    return !coordinator || assembly_fits(&job->assembly, document, dir, &error)
               ? EXIT_OK
               : complain(&error, EXIT_USAGE);
}

/* Plays a worker alone: ranks other than 0. */
static int play_worker(struct job *job, const json_t *envelope)
{
    struct error error;
    const json_t *document = json_object_get(envelope, "document");
    struct rank_options options = {
        .document = document,
        .dir = json_string_value(json_object_get(envelope, "dir")),
        .trainers = count_trainers(job, document),
        .program = job->program,
    };
    if (!job->program[0] && !probe_trainer_path(job->program, sizeof job->program, &error))
        return complain(&error, EXIT_FAILED);
    struct scratch *scratch = NULL;
    if (!job->assembly.sees_dir && !(scratch = scratch_create(&error)))
        return complain(&error, EXIT_FAILED);
    options.scratch = scratch ? scratch_path(scratch) : NULL;
    void *worker = worker_create(job->link, &options, &error);
    int status = worker ? EXIT_OK : complain(&error, EXIT_FAILED);
    if (worker) {
        const struct rank_role role = {&worker_role, worker};
        rank_run(job->link, &role, 1);
        const struct error *gave_up = worker_error(worker);
        status = gave_up ? complain(gave_up, EXIT_FAILED) : EXIT_OK;
        worker_destroy(worker);
    }
    scratch_destroy(scratch);
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
static bool close_study(struct job *job, const struct dispatch *dispatch, double searched_s,
                        double cpu, struct error *error)
{
    static const char *const statuses[] = {[DISPATCH_RUNNING] = "failed",
                                           [DISPATCH_FINISHED] = "finished",
                                           [DISPATCH_NO_SURVIVOR] = "finished",
                                           [DISPATCH_INTERRUPTED] = "interrupted",
                                           [DISPATCH_FAILED] = "failed"};
    bool written =
        store_set(job->store, "status", statuses[dispatch_outcome(dispatch)], error) &&
        note(job, "wall_s", job->earlier_wall_s + monotonic_s() - job->started_s, error) &&
        note(job, "train_s", job->earlier_train_s + dispatch_busy_s(dispatch), error) &&
        note(job, "trainers", (double)dispatch_trainers(dispatch), error) &&
        note(job, "coordinator_cpu", cpu / fmax(searched_s, 1e-3), error);
    struct error closing;
    bool closed = store_close(job->store, &closing);
    job->store = NULL;
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

/* When all must be over; the user is told. */
static double hear_deadline(struct job *job, struct progress *progress)
{
    char text[160];
    double end_s = time_left_end(&job->time_left, text, sizeof text);
    if (text[0])
        progress_message(progress, text);
    return end_s;
}

static void tell(void *context, const char *line)
{
    progress_message(context, line);
}

/* Plays coordinator, and worker too unless --coordinator-only. */
static int play_coordinator(struct job *job)
{
    struct error error;
    const json_t *document = job->document;
    struct rank_options options = {
        .document = document,
        .dir = job->dir,
        .trainers = count_trainers(job, document),
        .program = job->program,
        .first = &job->probe.child,
        .first_ready =
            {
                .train_samples = (uint64_t)probe_number(&job->probe, "train_samples", 0),
                .validation_samples = (uint64_t)probe_number(&job->probe, "validation_samples", 0),
                .test_samples = (uint64_t)probe_number(&job->probe, "test_samples", 0),
            },
    };
    struct progress *progress = progress_create(stderr, job->options->quiet);
    if (!progress) {
        error_set(&error, "out of memory");
        return complain(&error, EXIT_FAILED);
    }
    if (link_size(job->link) > 1)
        muster_tell(&job->assembly.muster, tell, progress);
    const struct dispatch_options dispatch_options = {
        .document = document,
        .dir = job->dir,
        .link = job->link,
        .search = job->search,
        .store = job->store,
        .progress = progress,
        .earlier_s = job->earlier_wall_s,
        .earlier_train_s = job->earlier_train_s,
        .earlier_losses = job->earlier_losses,
        .deadline_s = hear_deadline(job, progress),
        .search_retries = study_integer(job->begun ? job->begun : document, "run", "retries"),
        .train_samples = options.first_ready.train_samples,
        .validation_samples = options.first_ready.validation_samples,
        .local_worker = !job->options->coordinator_only,
        .resume = job->resumes,
        .untested = job->options->untested || !probe_can(&job->probe, "tests"),
    };
    struct dispatch *dispatch = dispatch_create(&dispatch_options, &error);
    void *worker = NULL;
    if (dispatch && !job->options->coordinator_only)
        worker = worker_create(job->link, &options, &error);
    if (!dispatch || (!job->options->coordinator_only && !worker)) {
        dispatch_destroy(dispatch);
        progress_destroy(progress);
        return complain(&error, EXIT_FAILED);
    }
    const struct rank_role roles[RANK_ROLES_MAX] = {{&dispatch_role, dispatch},
                                                    {&worker_role, worker}};
    double begun_s = monotonic_s(), cpu = cpu_s();
    rank_run(job->link, roles, worker ? 2 : 1);
    worker_destroy(worker);
    progress_finish(progress);
    int status = status_of(dispatch);
    /* A study that failed already fails to close with the same words. */
    if (!close_study(job, dispatch, monotonic_s() - begun_s, cpu_s() - cpu, &error))
        status = status == EXIT_FAILED ? status : complain(&error, EXIT_FAILED);
    dispatch_destroy(dispatch);
    progress_destroy(progress);
    return status;
}

/* Processes that do not know of each other would all run the same search. */
static bool check_launcher(const struct job *job, struct error *error)
{
    const char *remedy;
    int ranks = link_size(job->link);
    if (!setting_is_foreign(&job->setting, ranks, &remedy))
        return true;
    return error_set(error, "%s started %d processes, but MPI joined %d; %s",
                     setting_launcher_name(job->setting.launcher), job->setting.processes, ranks,
                     remedy);
}

/* All ranks, from the start of MPI to its end. */
static int play(struct job *job, bool launched, int prepared)
{
    struct error error;
    int status = prepared;
    bool finished = false;
    job->link = link_open(launched, !job->options->coordinator_only, &error);
    if (!job->link)
        return complain(&error, EXIT_FAILED);
    bool coordinator = link_rank(job->link) == 0;
    if (status == EXIT_OK && !check_launcher(job, &error))
        status = complain(&error, EXIT_USAGE);
    if (coordinator && status == EXIT_OK && !job->file)
        status = prepare(job); /* the launcher's hint was wrong */
    if (coordinator && status == EXIT_OK && job->options->coordinator_only &&
        link_size(job->link) == 1) {
        error_set(&error, "--coordinator-only needs other ranks that train; this job has one rank");
        status = complain(&error, EXIT_USAGE);
    }
    if (coordinator && status == EXIT_OK)
        status = hear_probe(job);
    bool several = link_size(job->link) > 1;
    if (coordinator && status == EXIT_OK && several)
        assembly_prepare(&job->assembly, job->dir);
    int shared = status;
    json_t *envelope = share(job, &shared);
    if (shared == EXIT_OK && several)
        status = assemble(job, envelope);
    if (coordinator && status == EXIT_OK)
        status = open_study(job, &finished);
    assembly_tidy(&job->assembly, job->dir, status != EXIT_OK);
    if (shared == EXIT_OK) {
        shared = finished && status == EXIT_OK ? -1 : status; /* -1: nothing left to do */
        json_decref(share(job, &shared));
    }
    if (shared == EXIT_OK)
        status = coordinator ? play_coordinator(job) : play_worker(job, envelope);
    else if (!coordinator)
        status = shared > 0 ? shared : EXIT_OK;
    json_decref(envelope);
    if (coordinator && (shared == EXIT_OK || finished))
        status = job->options->conclude(job->options->context, job->dir, status);
    link_close(job->link, status);
    return status;
}

int job_run(const struct job_options *options)
{
    struct job job = {.options = options, .started_s = monotonic_s()};
    job.probe.child = job.time_left.squeue =
        (struct child){.input = -1, .output = -1, .errors = -1};
    int rank = launcher_rank();
    int status = EXIT_OK;
    struct error error;
    setting_read(&job.setting);
    if (!open_files_allow(&error))
        return complain(&error, EXIT_FAILED);
    if (rank <= 0)
        status = prepare(&job);
    /* Without a launcher nobody waits for this rank in MPI_Init. */
    if (status == EXIT_OK || rank >= 0)
        status = play(&job, rank >= 0, status);
    probe_end(&job.probe);
    time_left_forget(&job.time_left);
    muster_destroy(&job.assembly.muster);
    search_destroy(job.search);
    if (!store_close(job.store, &error))
        status = complain(&error, EXIT_FAILED);
    json_decref(job.document);
    json_decref(job.begun);
    free(job.earlier_losses);
    study_file_destroy(job.file);
    return status;
}
