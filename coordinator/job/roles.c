/* roles.c - what a rank plays: coordinator, worker, or both. */
#include "common/monotonic.h"
#include "common/study_document.h"
#include "coordinator/job/rank.h"
#include "coordinator/job/scratch.h"
#include "coordinator/job/state.h"
#include "coordinator/view/progress.h"

#include <sys/resource.h>

unsigned job_trainers(const struct job *job, const json_t *document)
{
    if (job->options->trainers > 0)
        return job->options->trainers;
    long long configured = study_integer(document, "run", "trainers");
    return configured > 0 ? (unsigned)configured : link_cores(job->link);
}

int job_play_worker(struct job *job, const json_t *envelope)
{
    struct error error;
    const json_t *document = json_object_get(envelope, "document");
    struct rank_options options = {
        .document = document,
        .dir = json_string_value(json_object_get(envelope, "dir")),
        .trainers = job_trainers(job, document),
        .program = job->program,
    };
    if (!job->program[0] && !probe_trainer_path(job->program, sizeof job->program, &error))
        return job_complain(&error, EXIT_FAILED);
    struct scratch *scratch = NULL;
    if (!job->assembly.sees_dir && !(scratch = scratch_create(&error)))
        return job_complain(&error, EXIT_FAILED);
    options.scratch = scratch ? scratch_path(scratch) : NULL;
    void *worker = worker_create(job->link, &options, &error);
    int status = worker ? EXIT_OK : job_complain(&error, EXIT_FAILED);
    if (worker) {
        const struct rank_role role = {&worker_role, worker};
        rank_run(job->link, &role, 1);
        const struct error *gave_up = worker_error(worker);
        status = gave_up ? job_complain(gave_up, EXIT_FAILED) : EXIT_OK;
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
        return job_complain(dispatch_error(dispatch), EXIT_FAILED);
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

int job_play_coordinator(struct job *job)
{
    struct error error;
    const json_t *document = job->document;
    struct rank_options options = {
        .document = document,
        .dir = job->dir,
        .trainers = job_trainers(job, document),
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
        job_fail_study(job);
        return job_complain(&error, EXIT_FAILED);
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
        job_fail_study(job);
        return job_complain(&error, EXIT_FAILED);
    }
    const struct rank_role roles[RANK_ROLES_MAX] = {{&dispatch_role, dispatch},
                                                    {&worker_role, worker}};
    double begun_s = monotonic_s(), cpu = cpu_s();
    rank_run(job->link, roles, worker ? 2 : 1);
    worker_destroy(worker);
    progress_finish(progress);
    int status = status_of(dispatch);
    /* A study that failed already fails to close with the same words. */
    if (!job_close_study(job, dispatch, monotonic_s() - begun_s, cpu_s() - cpu, &error))
        status = status == EXIT_FAILED ? status : job_complain(&error, EXIT_FAILED);
    dispatch_destroy(dispatch);
    progress_destroy(progress);
    return status;
}
