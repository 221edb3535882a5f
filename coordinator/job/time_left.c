/* time_left.c - asks the user's word and SLURM's squeue how long this job may run. */
#include "coordinator/job/time_left.h"

#include "common/deadline_text.h"
#include "common/launcher.h"
#include "common/monotonic.h"
#include "coordinator/view/figures.h"

#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SQUEUE_PATIENCE_S 5.0

/* The option of squeue for this job. One task of a job array has the array's own number, by which
 * squeue knows all of its tasks (Slurm's "Job Array Support"). */
static bool name_job(char *option, size_t bytes)
{
    const char *job = getenv("SLURM_JOB_ID");
    const char *array = getenv("SLURM_ARRAY_JOB_ID"), *task = getenv("SLURM_ARRAY_TASK_ID");
    int length = 0;
    if (job && array && task)
        length = snprintf(option, bytes, "--jobs=%s_%s", array, task);
    else if (job)
        length = snprintf(option, bytes, "--jobs=%s", job);
    return length > 0 && (size_t)length < bytes;
}

bool time_left_ask(struct time_left *left, const char *text, struct error *error)
{
    *left = (struct time_left){
        .squeue = CHILD_NONE,
        .asked_s = monotonic_s(),
        .own_s = INFINITY,
    };
    double seconds;
    if (text && !deadline_read(text, time(NULL), &seconds, error))
        return error_prefix(error, "deadline");
    if (text)
        left->own_s = left->asked_s + seconds;
    char jobs[64];
    if (!name_job(jobs, sizeof jobs))
        return true;
    const char *const arguments[] = {"squeue", "--noheader", jobs, "--format=%L", NULL};
    const char *const environment[] = {NULL};
    const struct child_plan plan = {.arguments = arguments, .environment = environment};
    struct error ignored;
    (void)child_start(&left->squeue, &plan, &ignored);
    return true;
}

/* The first line that it says, "" if it says none in time. */
static void hear(struct time_left *left, char *line, size_t bytes)
{
    size_t used = 0;
    for (;;) {
        struct pollfd news = {.fd = left->squeue.output, .events = POLLIN};
        double wait_s = left->asked_s + SQUEUE_PATIENCE_S - monotonic_s();
        if (wait_s <= 0 || used == bytes - 1 || poll(&news, 1, (int)(wait_s * 1000) + 1) <= 0)
            break;
        ssize_t got = read(left->squeue.output, line + used, bytes - 1 - used);
        if (got <= 0)
            break;
        used += (size_t)got;
    }
    line[used] = '\0';
    line[strcspn(line, "\n")] = '\0';
}

static void describe(double end_s, bool by_slurm, char *text, size_t bytes)
{
    char clock[32];
    struct tm local;
    double left_s = fmax(0, end_s - monotonic_s());
    time_t at = time(NULL) + (time_t)left_s;
    (void)strftime(clock, sizeof clock, "%F %T", localtime_r(&at, &local));
    (void)snprintf(text, bytes, "%s ends in %s, at %s: what runs is saved before",
                   by_slurm ? "the job's time (SLURM)" : "the time of this run (deadline)",
                   figure_duration(left_s).text, clock);
}

double time_left_end(struct time_left *left, char *text, size_t text_bytes)
{
    double slurm_s = INFINITY;
    if (left->squeue.pid > 0) {
        char line[64];
        hear(left, line, sizeof line);
        slurm_s = left->asked_s + launcher_slurm_seconds(line);
        time_left_forget(left);
    }
    double end_s = fmin(slurm_s, left->own_s);
    text[0] = '\0';
    if (isfinite(end_s))
        describe(end_s, slurm_s < left->own_s, text, text_bytes);
    return end_s;
}

void time_left_forget(struct time_left *left)
{
    child_kill(&left->squeue);
}
