/* child.h - a child process with pipes on its standard input, output and error. */
#ifndef LRSWEEP_COMMON_CHILD_H
#define LRSWEEP_COMMON_CHILD_H

#include "common/error.h"

#include <sys/types.h>

enum {
    CHILD_SAID_BYTES = 480, /* of standard error that are kept */
    CHILD_HOW_BYTES = 640   /* room for how a child ended and its last words */
};

struct child {
    pid_t pid;  /* 0: none */
    int input;  /* write here what it reads; non-blocking; -1: closed */
    int output; /* read here what it writes; non-blocking; -1: closed */
    int errors; /* its standard error, see child_listen; non-blocking; -1: closed */
    char said[CHILD_SAID_BYTES]; /* the end of what came there: [said_bytes] */
    size_t said_bytes;
};

/* No child yet: nothing to close and nothing to wait for. */
#define CHILD_NONE ((struct child){.input = -1, .output = -1, .errors = -1})

/* What to start, and how; all borrowed. */
struct child_plan {
    /* NULL-terminated; [0] is the program: without a / it is looked for in PATH. No shell. */
    const char *const *arguments;
    const char *const *environment; /* "NAME=value", NULL-terminated, added to this process's */
    const char *directory;          /* that it works in; NULL: this process's */
    bool in_our_group;              /* it stays in this process's group, and is killed with it */
};

/* Starts it, in a process group of its own unless the plan says otherwise. All other descriptors of
 * this process must be close-on-exec. */
bool child_start(struct child *child, const struct child_plan *plan, struct error *error);

/* Passes on to this process's standard error what the child has written to its own, and keeps the
 * end of it. To be called whenever `errors` can be read: a child whose pipe is full stands still.
 * Never blocks; what this process's standard error does not take at once is not passed on. */
void child_listen(struct child *child);

/* Appends "; on its standard error: " and the last lines (at most five) of what it wrote there to
 * `text`, in valid UTF-8 and without control characters; nothing if it wrote nothing. */
void child_last_words(const struct child *child, char *text, size_t text_bytes);

/* Closes the pipes, sends SIGKILL and waits. Does nothing if there is none. */
void child_kill(struct child *child);

/* Closes its input and waits up to `seconds` for it to end, then kills it. */
void child_finish(struct child *child, double seconds);

/* After the end of its output: waits for it, a moment at most, and kills what is left of its group.
 * Tells in words how it ended ("was killed by signal
 * 9 (Killed)", "ended with exit status 1"), and its last words. */
void child_reap(struct child *child, char *text, size_t text_bytes);

#endif
