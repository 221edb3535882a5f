/* job_study.c - rank 0's study in a job: read, judged by a trainer, opened, closed. */
#include "common/monotonic.h"
#include "common/study_document.h"
#include "coordinator/job/state.h"
#include "coordinator/study/checkpoints.h"
#include "coordinator/study/snapshot.h"
#include "coordinator/study/store.h"
#include "coordinator/study/study_changes.h"
#include "coordinator/study/study_lock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- before anything is made --- */

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

int job_prepare(struct job *job)
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
        return job_complain(&error, EXIT_USAGE);
    if (store_exists(job->dir) && !options->resume && !options->overwrite) {
        error_set(&error,
                  "%s holds a study already: go on with it (--resume), replace it (--overwrite) or "
                  "name another directory (--out DIR)",
                  job->dir);
        return job_complain(&error, EXIT_USAGE);
    }
    const char *deadline =
        json_string_value(json_object_get(json_object_get(job->document, "run"), "deadline"));
    if (!time_left_ask(&job->time_left, options->deadline ? options->deadline : deadline, &error))
        return job_complain(&error, EXIT_USAGE);
    if (!probe_trainer_path(job->program, sizeof job->program, &error))
        return job_complain(&error, EXIT_FAILED);
    if (!probe_start(&job->probe, job->program, job->document, &error))
        return study_argument_not_started(job->file, &error);
    return EXIT_OK;
}

int job_hear_probe(struct job *job)
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

/* Whether the study in DIR can be gone on with. *finished: there is nothing left to do. */
static int look_back(struct job *job, bool *finished)
{
    struct error error;
    struct snapshot *snapshot = snapshot_read(job->dir, &error);
    if (!snapshot)
        return job_complain(&error, EXIT_FAILED);
    char *changes = study_changes(snapshot->document, job->document);
    job->begun = json_incref(snapshot->document);
    bool was_finished = strcmp(snapshot_value(snapshot, "status"), "finished") == 0;
    bool kept = strcmp(snapshot_value(snapshot, "checkpoints"), "0") != 0;
    job->without_survivor = was_finished && !snapshot_best(snapshot);
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
        (void)job_complain(&error, EXIT_USAGE);
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
        return job_complain(&error, EXIT_USAGE);
    }
    if (*finished)
        sweep(job->dir);
    return EXIT_OK;
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

/* The search as it was begun: what an earlier run recorded fits that one. */
static int make_search(struct job *job)
{
    struct error error;
    double samples = probe_number(&job->probe, "train_samples", 0);
    job->search = search_create(job->begun ? job->begun : job->document,
                                samples > 0 ? (uint64_t)samples : 0, &error);
    if (!job->search || (!probe_can(&job->probe, "checkpoints") &&
                         !search_without_checkpoints(job->search, &error)))
        return job_complain(&error, EXIT_USAGE);
    return EXIT_OK;
}

int job_open_study(struct job *job, bool *finished)
{
    struct error error;
    *finished = false;
    job->resumes = job->options->resume && store_exists(job->dir);
    int status = job->resumes ? look_back(job, finished) : EXIT_OK;
    if (status != EXIT_OK || *finished)
        return status;
    /* Before anything is made: a search that cannot be leaves no study that stands in the way. */
    status = make_search(job);
    if (status != EXIT_OK)
        return status;
    job->store = job->resumes
                     ? store_open(job->dir, &error)
                     : store_create(job->dir, job->document, job->options->overwrite, &error);
    if (!job->store)
        return job_complain(&error, EXIT_FAILED);
    char absolute[PATH_MAX];
    if (realpath(job->dir, absolute))
        memcpy(job->dir, absolute, sizeof absolute);
    const char *kind = job->options->kind;
    if (!store_set(job->store, "status", "running", &error) ||
        (kind && !store_set(job->store, "kind", kind, &error)) || !note_probe(job, &error) ||
        !store_commit(job->store, &error))
        return job_complain(&error, EXIT_FAILED);
    return EXIT_OK;
}

/* --- the end --- */

bool job_close_study(struct job *job, const struct dispatch *dispatch, double searched_s,
                     double cpu_s, struct error *error)
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
        note(job, "coordinator_cpu", cpu_s / fmax(searched_s, 1e-3), error);
    struct error closing;
    bool closed = store_close(job->store, &closing);
    job->store = NULL;
    if (written && !closed)
        *error = closing;
    return written && closed;
}

void job_fail_study(struct job *job)
{
    struct error ignored;
    store_discard(job->store);
    (void)store_set(job->store, "status", "failed", &ignored);
    (void)store_close(job->store, &ignored);
    job->store = NULL;
}
