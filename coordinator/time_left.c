/* time_left.c - asks the user's word and SLURM's squeue how long this job may run. */
#include "coordinator/time_left.h"

#include "common/deadline_text.h"
#include "common/launcher.h"
#include "common/monotonic.h"

#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SQUEUE_PATIENCE_S 5.0

bool time_left_ask(struct time_left *left, const char *text, struct error *error)
{
    *left = (struct time_left){
        .squeue = {.input = -1, .output = -1, .errors = -1},
        .asked_s = monotonic_s(),
        .own_s = INFINITY,
    };
    double seconds;
    if (text && !deadline_read(text, time(NULL), &seconds, error))
        return error_prefix(error, "deadline");
    if (text)
        left->own_s = left->asked_s + seconds;
    const char *job = getenv("SLURM_JOB_ID");
    char jobs[64];
    if (!job || (size_t)snprintf(jobs, sizeof jobs, "--jobs=%s", job) >= sizeof jobs)
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

double time_left_end(struct time_left *left, bool *by_slurm)
{
    double slurm_s = INFINITY;
    if (left->squeue.pid > 0) {
        char line[64];
        hear(left, line, sizeof line);
        slurm_s = left->asked_s + launcher_slurm_seconds(line);
        time_left_forget(left);
    }
    *by_slurm = slurm_s < left->own_s;
    return *by_slurm ? slurm_s : left->own_s;
}

void time_left_forget(struct time_left *left)
{
    child_kill(&left->squeue);
}
