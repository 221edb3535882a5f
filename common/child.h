/* child.h - a child process with pipes on its standard input and output. */
#ifndef LRSWEEP_COMMON_CHILD_H
#define LRSWEEP_COMMON_CHILD_H

#include "common/error.h"

#include <sys/types.h>

struct child {
    pid_t pid;  /* 0: none */
    int input;  /* write here what it reads; non-blocking; -1: closed */
    int output; /* read here what it writes; non-blocking; -1: closed */
};

/* Starts `arguments` (NULL-terminated, [0] is the program's path; no shell, no search) in a process
 * group of its own, with `environment` entries ("NAME=value", NULL-terminated) added to this
 * process's. Standard error is inherited. All other descriptors of this process must be
 * close-on-exec. */
bool child_start(struct child *child, const char *const *arguments, const char *const *environment,
                 struct error *error);

/* Closes the pipes, sends SIGKILL and waits. Does nothing if there is none. */
void child_kill(struct child *child);

/* Closes its input and waits up to `seconds` for it to end, then kills it. */
void child_finish(struct child *child, double seconds);

/* After the end of its output: waits for it and tells in words how it ended ("was killed by signal
 * 9 (Killed)", "ended with exit status 1"). */
void child_reap(struct child *child, char *text, size_t text_bytes);

#endif
