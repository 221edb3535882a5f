/* child.c - starts and ends child processes. */
#define _GNU_SOURCE /* pipe2, environ */
#include "common/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* This process's environment followed by `more`; the strings are borrowed. */
static char **environment_with(const char *const *more)
{
    size_t own = 0, added = 0;
    while (environ[own])
        own++;
    while (more[added])
        added++;
    char **all = malloc((own + added + 1) * sizeof *all);
    if (!all)
        return NULL;
    size_t count = 0;
    for (size_t i = 0; i < own; i++) {
        bool replaced = false;
        for (size_t j = 0; j < added; j++) {
            size_t name = strcspn(more[j], "=") + 1;
            replaced = replaced || strncmp(environ[i], more[j], name) == 0;
        }
        if (!replaced)
            all[count++] = environ[i];
    }
    for (size_t j = 0; j < added; j++)
        all[count++] = (char *)more[j];
    all[count] = NULL;
    return all;
}

static int spawn(struct child *child, const char *const *arguments, char **environment,
                 int child_input, int child_output)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, child_input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, child_output, STDOUT_FILENO);
    posix_spawnattr_init(&attributes);
    /* A process group of its own: Ctrl-C at the terminal reaches the rank, which then decides. */
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                              POSIX_SPAWN_SETSIGDEF);
    int failure = posix_spawn(&child->pid, arguments[0], &actions, &attributes,
                              (char *const *)arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return failure;
}

bool child_start(struct child *child, const char *const *arguments, const char *const *environment,
                 struct error *error)
{
    int to[2], from[2];
    *child = (struct child){.input = -1, .output = -1};
    char **all = environment_with(environment);
    if (!all)
        return error_set(error, "out of memory");
    if (pipe2(to, O_CLOEXEC) != 0) {
        free(all);
        return error_set(error, "no pipe for %s: %s", arguments[0], strerror(errno));
    }
    if (pipe2(from, O_CLOEXEC) != 0) {
        int reason = errno;
        close(to[0]);
        close(to[1]);
        free(all);
        return error_set(error, "no pipe for %s: %s", arguments[0], strerror(reason));
    }
    int failure = spawn(child, arguments, all, to[0], from[1]);
    free(all);
    close(to[0]);
    close(from[1]);
    if (failure != 0) {
        close(to[1]);
        close(from[0]);
        child->pid = 0;
        return error_set(error, "%s cannot be started: %s", arguments[0], strerror(failure));
    }
    child->input = to[1];
    child->output = from[0];
    fcntl(child->input, F_SETFL, fcntl(child->input, F_GETFL) | O_NONBLOCK);
    fcntl(child->output, F_SETFL, fcntl(child->output, F_GETFL) | O_NONBLOCK);
    return true;
}

static void close_pipes(struct child *child)
{
    if (child->input >= 0)
        close(child->input);
    if (child->output >= 0)
        close(child->output);
    child->input = child->output = -1;
}

void child_kill(struct child *child)
{
    close_pipes(child);
    if (child->pid > 0) {
        kill(-child->pid, SIGKILL); /* the whole group: what it started goes too */
        kill(child->pid, SIGKILL);  /* it has no group of its own yet just after its start */
        while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    child->pid = 0;
}

void child_finish(struct child *child, double seconds)
{
    if (child->input >= 0)
        close(child->input);
    child->input = -1;
    if (child->pid <= 0)
        return;
    /* A child that ends closes its output: wait for that, throwing away what it still says. */
    struct timespec start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (;;) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        double left = seconds - (double)(now.tv_sec - start.tv_sec) -
                      1e-9 * (double)(now.tv_nsec - start.tv_nsec);
        struct pollfd wait = {.fd = child->output, .events = POLLIN};
        if (left <= 0 || poll(&wait, 1, (int)(left * 1000) + 1) <= 0)
            break;
        char discarded[4096];
        if (read(child->output, discarded, sizeof discarded) == 0) {
            close_pipes(child);
            while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR) {
            }
            child->pid = 0;
            return;
        }
    }
    child_kill(child);
}

void child_reap(struct child *child, char *text, size_t text_bytes)
{
    int status = 0;
    close_pipes(child);
    (void)snprintf(text, text_bytes, "ended");
    if (child->pid <= 0)
        return;
    /* It closed its output but may still run: then it is not a trainer any more. */
    struct timespec patience = {.tv_nsec = 1000000};
    pid_t ended = 0;
    for (int i = 0; i < 200 && (ended = waitpid(child->pid, &status, WNOHANG)) == 0; i++)
        nanosleep(&patience, NULL);
    if (ended == 0) {
        (void)snprintf(text, text_bytes, "closed its output without ending");
        child_kill(child);
        return;
    }
    if (WIFSIGNALED(status))
        (void)snprintf(text, text_bytes, "was killed by signal %d (%s)", WTERMSIG(status),
                       strsignal(WTERMSIG(status)));
    else
        (void)snprintf(text, text_bytes, "ended with exit status %d", WEXITSTATUS(status));
    child->pid = 0;
}
