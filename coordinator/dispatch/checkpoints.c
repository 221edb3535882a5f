/* checkpoints.c - handles trials' checkpoints. */
#include "coordinator/dispatch/checkpoints.h"

#include "common/layout.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool path_of(char *path, const char *dir, uint32_t trial)
{
    int length = snprintf(path, PATH_MAX, LAYOUT_CHECKPOINT_FORMAT, dir, trial);
    return length > 0 && length < PATH_MAX;
}

void checkpoint_release(const char *dir, uint32_t trial)
{
    char path[PATH_MAX];
    if (path_of(path, dir, trial))
        (void)unlink(path); /* a trial that left before its first rung has none */
}

/* A hard link: nothing is copied, and it is there as a whole or not at all. */
bool checkpoint_branch(const char *dir, uint32_t parent, uint32_t trial, struct error *error)
{
    char from[PATH_MAX], to[PATH_MAX];
    if (!path_of(from, dir, parent) || !path_of(to, dir, trial))
        return error_set(error, "%s: the path is too long", dir);
    if (unlink(to) != 0 && errno != ENOENT)
        return error_set(error, "%s: %s", to, strerror(errno));
    return link(from, to) == 0 ||
           error_set(error, "%s cannot be linked to %s: %s", to, from, strerror(errno));
}
