/* child.c - starts and ends child processes. */
#define _GNU_SOURCE /* pipe2, environ, posix_spawn_file_actions_addchdir_np */
#include "common/child.h"

#include "common/monotonic.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LAST_LINES        5   /* of standard error that are told */
#define CLOSED_PATIENCE_S 0.2 /* for a child that closed its output to end */

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

static int spawn(struct child *child, const struct child_plan *plan, char **environment,
                 const int *ends)
{
    const char *const *arguments = plan->arguments;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ends[2], STDERR_FILENO);
    if (plan->directory)
        posix_spawn_file_actions_addchdir_np(&actions, plan->directory);
    posix_spawnattr_init(&attributes);
    /* A process group of its own: Ctrl-C at the terminal reaches the rank, which then decides. */
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, (plan->in_our_group ? 0 : POSIX_SPAWN_SETPGROUP) |
                                              POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int failure = posix_spawnp(&child->pid, arguments[0], &actions, &attributes,
                               (char *const *)arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return failure;
}

/* The three pipes: the child's ends, by its descriptors, and ours. */
static bool make_pipes(int *theirs, int *ours)
{
    for (int i = 0; i < 3; i++) {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) != 0) {
            int reason = errno;
            while (i-- > 0) {
                close(theirs[i]);
                close(ours[i]);
            }
            errno = reason;
            return false;
        }
        bool reads = i == STDIN_FILENO;
        theirs[i] = ends[reads ? 0 : 1];
        ours[i] = ends[reads ? 1 : 0];
        (void)fcntl(ours[i], F_SETFL, fcntl(ours[i], F_GETFL) | O_NONBLOCK);
    }
    return true;
}

/* posix_spawn does not tell the one from the other. */
static bool lacks_directory(const struct child_plan *plan)
{
    struct stat status;
    return plan->directory && (stat(plan->directory, &status) != 0 || !S_ISDIR(status.st_mode));
}

bool child_start(struct child *child, const struct child_plan *plan, struct error *error)
{
    const char *program = plan->arguments[0];
    int theirs[3], ours[3];
    *child = CHILD_NONE;
    char **all = environment_with(plan->environment);
    if (!all)
        return error_set(error, "out of memory");
    if (!make_pipes(theirs, ours)) {
        error_set(error, "no pipe for %s: %s", program, strerror(errno));
        free(all);
        return false;
    }
    int failure = spawn(child, plan, all, theirs);
    free(all);
    for (int i = 0; i < 3; i++) {
        close(theirs[i]);
        if (failure != 0)
            close(ours[i]);
    }
    if (failure != 0) {
        child->pid = 0;
        if (lacks_directory(plan))
            return error_set(error, "%s cannot be started: there is no directory %s", program,
                             plan->directory);
        return error_set(error, "%s cannot be started: %s%s", program, strerror(failure),
                         failure == ENOENT && !strchr(program, '/') ? " in PATH" : "");
    }
    child->input = ours[STDIN_FILENO];
    child->output = ours[STDOUT_FILENO];
    child->errors = ours[STDERR_FILENO];
    return true;
}

/* --- standard error --- */

static void keep(struct child *child, const char *bytes, size_t count)
{
    size_t taken = count < CHILD_SAID_BYTES ? count : CHILD_SAID_BYTES;
    size_t room = CHILD_SAID_BYTES - taken;
    size_t left = child->said_bytes < room ? child->said_bytes : room;
    memmove(child->said, child->said + child->said_bytes - left, left);
    memcpy(child->said + left, bytes + count - taken, taken);
    child->said_bytes = left + taken;
}

static bool takes_more(int descriptor)
{
    struct pollfd room = {.fd = descriptor, .events = POLLOUT};
    return poll(&room, 1, 0) == 1 && (room.revents & POLLOUT) != 0;
}

void child_listen(struct child *child)
{
    /* No more than a pipe takes without waiting once it says that it takes something; and no more
     * than a few times, lest a child that never stops talking is all that is heard. */
    enum { PIECE = 4096, PIECES = 16 };
    char piece[PIECE];
    for (int i = 0; i < PIECES && child->errors >= 0; i++) {
        ssize_t got = read(child->errors, piece, sizeof piece);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (got <= 0) {
            close(child->errors);
            child->errors = -1;
            return;
        }
        keep(child, piece, (size_t)got);
        if (!takes_more(STDERR_FILENO) || write(STDERR_FILENO, piece, (size_t)got) < 0)
            continue; /* there is nowhere else to tell it */
    }
}

/* Where the last lines begin; a line whose beginning was not kept counts only if it is the only
 * one. */
static const char *last_lines(const char *start, const char *end, bool cut)
{
    const char *from = end;
    int lines = 1;
    while (from > start && (from[-1] != '\n' || lines++ < LAST_LINES))
        from--;
    const char *newline = cut && from == start ? memchr(start, '\n', (size_t)(end - start)) : NULL;
    return newline ? newline + 1 : from;
}

void child_last_words(const struct child *child, char *text, size_t text_bytes)
{
    const char *end = child->said + child->said_bytes;
    while (end > child->said && (unsigned char)end[-1] <= ' ')
        end--;
    if (end == child->said)
        return;
    const char *from = last_lines(child->said, end, child->said_bytes == CHILD_SAID_BYTES);
    /* The first character may have lost its beginning. */
    while (from < end && ((unsigned char)*from & 0xc0) == 0x80)
        from++;
    json_t *valid = json_stringn(from, (size_t)(end - from));
    size_t used = strlen(text);
    used += (size_t)snprintf(text + used, text_bytes - used, "; on its standard error: ");
    for (; from < end && used + 4 < text_bytes; from++) {
        unsigned char byte = (unsigned char)*from;
        if (byte == '\n') {
            memcpy(text + used, " | ", 3);
            used += 3;
        } else {
            text[used++] =
                (char)(byte < ' ' || byte == 0x7f || (byte >= 0x80 && !valid) ? '?' : byte);
        }
    }
    text[used < text_bytes ? used : text_bytes - 1] = '\0';
    json_decref(valid);
}

/* --- ending --- */

static void close_pipes(struct child *child)
{
    if (child->input >= 0)
        close(child->input);
    if (child->output >= 0)
        close(child->output);
    if (child->errors >= 0)
        close(child->errors);
    child->input = child->output = child->errors = -1;
}

static int reap(struct child *child)
{
    int status = 0;
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR) {
    }
    child->pid = 0;
    return status;
}

void child_kill(struct child *child)
{
    close_pipes(child);
    if (child->pid > 0) {
        kill(-child->pid, SIGKILL); /* the whole group: what it started goes too */
        kill(child->pid, SIGKILL);  /* it has no group of its own yet just after its start */
        (void)reap(child);
    }
}

/* Whether it ends until then; it is still to be reaped, which keeps its number its own. */
static bool await_end(struct child *child, double end_s)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    for (;;) {
        siginfo_t news = {.si_pid = 0};
        if (waitid(P_PID, (id_t)child->pid, &news, WEXITED | WNOHANG | WNOWAIT) != 0
                ? errno != EINTR
                : news.si_pid != 0)
            break;
        if (monotonic_s() >= end_s)
            return false;
        child_listen(child);
        nanosleep(&pause, NULL);
    }
    child_listen(child);
    return true;
}

void child_finish(struct child *child, double seconds)
{
    if (child->input >= 0)
        close(child->input);
    child->input = -1;
    if (child->pid <= 0)
        return;
    /* A child that ends closes its output: wait for that, throwing away what it still says. One
     * that closed it may still run. */
    const double end_s = monotonic_s() + seconds;
    for (;;) {
        double left = end_s - monotonic_s();
        struct pollfd wait[] = {{.fd = child->output, .events = POLLIN},
                                {.fd = child->errors, .events = POLLIN}};
        if (left <= 0 || poll(wait, 2, (int)(left * 1000) + 1) <= 0)
            break;
        child_listen(child);
        char discarded[4096];
        if (wait[0].revents == 0 || read(child->output, discarded, sizeof discarded) != 0)
            continue;
        if (!await_end(child, end_s))
            break;
        close_pipes(child);
        (void)reap(child);
        return;
    }
    child_kill(child);
}

void child_reap(struct child *child, char *text, size_t text_bytes)
{
    (void)snprintf(text, text_bytes, "ended");
    if (child->pid <= 0) {
        close_pipes(child);
        return;
    }
    if (child->input >= 0)
        close(child->input);
    child->input = -1;
    /* It closed its output but may still run: then it is not a trainer any more. */
    bool ended = await_end(child, monotonic_s() + CLOSED_PATIENCE_S);
    close_pipes(child);
    if (!ended) {
        (void)snprintf(text, text_bytes, "closed its output without ending");
        child_last_words(child, text, text_bytes);
        child_kill(child);
        return;
    }
    kill(-child->pid, SIGKILL); /* what it started: it did not get to ending that */
    int status = reap(child);
    if (WIFSIGNALED(status))
        (void)snprintf(text, text_bytes, "was killed by signal %d (%s)", WTERMSIG(status),
                       strsignal(WTERMSIG(status)));
    else
        (void)snprintf(text, text_bytes, "ended with exit status %d", WEXITSTATUS(status));
    child_last_words(child, text, text_bytes);
}
