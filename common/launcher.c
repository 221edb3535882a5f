/* launcher.c - what launchers tell in the environment, and the process that one is. */
#include "common/launcher.h"

#include <ctype.h>
#include <math.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

int launcher_rank(void)
{
    static const struct {
        const char *rank, *with; /* `with`: counts only where this is set too */
    } names[] = {{"OMPI_COMM_WORLD_RANK", NULL},
                 {"PMIX_RANK", NULL},
                 {"PMI_RANK", NULL},
                 {"SLURM_PROCID", "SLURM_STEP_ID"}}; /* else it is the batch script's */
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *text = getenv(names[i].rank);
        if (text && *text && (!names[i].with || getenv(names[i].with)))
            return (int)strtol(text, NULL, 10);
    }
    return -1;
}

bool launcher_is_mpirun(void)
{
    return getenv("OMPI_COMM_WORLD_RANK") != NULL;
}

/* 0, false, no and disabled are how Open MPI's parameters say no; --enable-recovery sets 1. */
bool launcher_recovers(void)
{
    const char *recovery = getenv("OMPI_MCA_orte_enable_recovery");
    return launcher_is_mpirun() && recovery && !strchr("0fFnNdD", recovery[0]);
}

bool launcher_started(int pid)
{
    char path[64], line[512];
    (void)snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    /* PID (NAME) STATE PARENT, proc(5); the name may hold anything. */
    const char *after_name = fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;
    (void)fclose(file);
    return after_name && strlen(after_name) > sizeof ") S" &&
           strtol(after_name + sizeof ") S", NULL, 10) == getppid();
}

void launcher_end(void)
{
    const struct timespec moment = {.tv_nsec = 50000000};
    pid_t launcher = getppid();
    (void)kill(launcher, SIGTERM);
    for (int i = 0; i < 20 && getppid() == launcher; i++)
        nanosleep(&moment, NULL);
    if (getppid() == launcher)
        (void)kill(launcher, SIGKILL);
}

/* [days-][hours:]minutes:seconds. */
double launcher_slurm_seconds(const char *text)
{
    double seconds = 0, days = 0;
    int parts = 0;
    for (;;) {
        char *end;
        if (!isdigit((unsigned char)*text))
            return INFINITY;
        double number = (double)strtoul(text, &end, 10);
        if (*end == '-' && parts == 0 && days == 0) {
            days = number;
        } else {
            seconds = 60 * seconds + number;
            parts++;
        }
        if (*end == '\0')
            return parts == 2 || parts == 3 ? 86400 * days + seconds : (double)INFINITY;
        if (*end != ':' && *end != '-')
            return INFINITY;
        if (*end == '-' && parts > 0)
            return INFINITY;
        text = end + 1;
    }
}
