/* descendants.c - ends whole trees of processes, which may hold several process groups (Linux:
 * PR_SET_CHILD_SUBREAPER of prctl(2), /proc/PID/task/TID/children of proc(5)). */
#include "worker/script/descendants.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 1000 }; /* a millisecond each */

void descendants_adopt(void)
{
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
}

static void kill_children(void)
{
    char path[64], number[32];
    (void)snprintf(path, sizeof path, "/proc/self/task/%ld/children", (long)getpid());
    FILE *list = fopen(path, "re");
    while (list && fscanf(list, "%31s", number) == 1)
        (void)kill((pid_t)strtol(number, NULL, 10), SIGKILL);
    if (list)
        (void)fclose(list);
}

/* With the death of a child its own children become this process's: a round for each generation. */
void descendants_kill(void)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    pid_t reaped;
    for (int i = 0; i < ROUNDS; i++) {
        kill_children();
        while ((reaped = waitpid(-1, NULL, WNOHANG)) > 0) {
        }
        if (reaped < 0)
            return; /* there are none */
        (void)nanosleep(&pause, NULL);
    }
}
