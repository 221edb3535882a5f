/* job.c - the course of a job: before MPI, what all ranks agree on, their roles, the end. */
#include "coordinator/job/job.h"

#include "common/launcher.h"
#include "common/monotonic.h"
#include "common/version.h"
#include "coordinator/job/open_files.h"
#include "coordinator/job/state.h"
#include "coordinator/study/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int job_complain(const struct error *error, int status)
{
    fprintf(stderr, "lrsweep: %s\n", error->text);
    return status;
}

/* What rank 0 may take, in seconds, before it shares its decision with the others, which wait. */
enum {
    JUDGING_S = 3600, /* a trainer reads the data */
    OPENING_S = 300   /* all ranks tell of themselves, and the study is opened */
};

/* Rank 0's decision to all: a status other than EXIT_OK ends every rank. */
static json_t *share(struct job *job, int *status, unsigned work_s)
{
    char *text = NULL;
    if (link_rank(job->link) == 0) {
        json_t *envelope =
            json_pack("{s:i, s:s, s:O?, s:s, s:s}", "status", *status, "version", LRSWEEP_VERSION,
                      "document", job->document, "dir", job->dir, "beacon", job->assembly.beacon);
        text = envelope ? json_dumps(envelope, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;
        json_decref(envelope);
    }
    char *shared = link_share(job->link, text ? text : "{\"status\":1}", work_s);
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

/* All ranks tell rank 0 of themselves. Rank 0's status. */
static int assemble(struct job *job, const json_t *envelope)
{
    struct error error;
    const char *dir = json_string_value(json_object_get(envelope, "dir"));
    const char *beacon = json_string_value(json_object_get(envelope, "beacon"));
    const json_t *document = json_object_get(envelope, "document");
    bool coordinator = link_rank(job->link) == 0;
    unsigned trainers =
        coordinator && job->options->coordinator_only ? 0 : job_trainers(job, document);
    if (!assembly_call(&job->assembly, job->link, trainers, dir, beacon, &error))
        return job_complain(&error, EXIT_FAILED);
    return !coordinator || assembly_fits(&job->assembly, document, dir, &error)
               ? EXIT_OK
               : job_complain(&error, EXIT_USAGE);
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
        return job_complain(&error, EXIT_FAILED);
    bool coordinator = link_rank(job->link) == 0;
    if (status == EXIT_OK && !check_launcher(job, &error))
        status = job_complain(&error, EXIT_USAGE);
    if (coordinator && status == EXIT_OK && !job->file)
        status = job_prepare(job); /* the launcher's hint was wrong */
    if (coordinator && status == EXIT_OK && job->options->coordinator_only &&
        link_size(job->link) == 1) {
        error_set(&error, "--coordinator-only needs other ranks that train; this job has one rank");
        status = job_complain(&error, EXIT_USAGE);
    }
    if (coordinator && status == EXIT_OK)
        status = job_hear_probe(job);
    bool several = link_size(job->link) > 1;
    if (coordinator && status == EXIT_OK && several)
        assembly_prepare(&job->assembly, job->dir);
    int shared = status;
    json_t *envelope = share(job, &shared, JUDGING_S);
    if (coordinator)
        status = shared; /* it may have failed there */
    if (shared == EXIT_OK && several)
        status = assemble(job, envelope);
    if (coordinator && status == EXIT_OK)
        status = job_open_study(job, &finished);
    assembly_tidy(&job->assembly, job->dir, status != EXIT_OK);
    if (shared == EXIT_OK) {
        shared = finished && status == EXIT_OK ? -1 : status; /* -1: nothing left to do */
        json_decref(share(job, &shared, OPENING_S));
    }
    if (shared == EXIT_OK)
        status = coordinator ? job_play_coordinator(job) : job_play_worker(job, envelope);
    else if (shared > 0)
        status = shared;
    else
        status = job->without_survivor ? EXIT_NO_SURVIVOR : EXIT_OK; /* nothing was left to do */
    json_decref(envelope);
    if (coordinator && (shared == EXIT_OK || finished))
        status = job->options->conclude(job->options->context, job->dir, status);
    link_close(job->link, status);
    return status;
}

int job_run(const struct job_options *options)
{
    struct job job = {.options = options, .started_s = monotonic_s()};
    job.probe.child = job.time_left.squeue = CHILD_NONE;
    int rank = launcher_rank();
    int status = EXIT_OK;
    struct error error;
    setting_read(&job.setting);
    if (!open_files_allow(&error))
        return job_complain(&error, EXIT_FAILED);
    if (rank <= 0)
        status = job_prepare(&job);
    /* Without a launcher nobody waits for this rank in MPI_Init. */
    if (status == EXIT_OK || rank >= 0)
        status = play(&job, rank >= 0, status);
    probe_end(&job.probe);
    time_left_forget(&job.time_left);
    muster_destroy(&job.assembly.muster);
    search_destroy(job.search);
    if (!store_close(job.store, &error))
        status = job_complain(&error, EXIT_FAILED);
    json_decref(job.document);
    json_decref(job.begun);
    free(job.earlier_losses);
    study_file_destroy(job.file);
    return status;
}
