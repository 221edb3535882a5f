/* checkpoint_files.c - the files of DIR/checkpoints. */
#include "coordinator/dispatch/checkpoint_files.h"

#include "common/layout.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool path_of(char *path, const char *dir, uint32_t trial, uint32_t attempt)
{
    int length = snprintf(path, PATH_MAX, LAYOUT_CHECKPOINT_FORMAT, dir, trial, attempt);
    return length > 0 && length < PATH_MAX;
}

void checkpoint_file_remove(const char *dir, uint32_t trial, uint32_t attempt)
{
    char path[PATH_MAX];
    if (path_of(path, dir, trial, attempt))
        (void)unlink(path); /* an attempt that was lost need not have left one */
}

/* A hard link: nothing is copied, and it is there as a whole or not at all. */
bool checkpoint_file_branch(const char *dir, uint32_t parent, uint32_t attempt, uint32_t trial,
                            struct error *error)
{
    char from[PATH_MAX], to[PATH_MAX];
    if (!path_of(from, dir, parent, attempt) || !path_of(to, dir, trial, 0))
        return error_set(error, "%s: the path is too long", dir);
    if (unlink(to) != 0 && errno != ENOENT)
        return error_set(error, "%s: %s", to, strerror(errno));
    return link(from, to) == 0 ||
           error_set(error, "%s cannot be linked to %s: %s", to, from, strerror(errno));
}

/* TRIAL-ATTEMPT.safetensors, `whole`, or with something behind it: still being written. */
static bool is_checkpoint(const char *name, uint32_t *trial, uint32_t *attempt, bool *whole)
{
    static const char suffix[] = ".safetensors";
    char *rest;
    *trial = (uint32_t)strtoul(name, &rest, 10);
    if (rest == name || *rest != '-')
        return false;
    const char *second = rest + 1;
    *attempt = (uint32_t)strtoul(second, &rest, 10);
    *whole = strcmp(rest, suffix) == 0;
    return rest != second && strncmp(rest, suffix, sizeof suffix - 1) == 0 &&
           (*whole || rest[sizeof suffix - 1] == '.');
}

void checkpoint_files_sweep(const char *dir,
                            bool (*keeps)(void *context, uint32_t trial, uint32_t attempt),
                            void *context)
{
    char path[PATH_MAX], file[PATH_MAX + NAME_MAX + 1];
    (void)snprintf(path, sizeof path, "%s/" LAYOUT_CHECKPOINTS, dir);
    DIR *folder = opendir(path);
    const struct dirent *entry;
    while (folder && (entry = readdir(folder)) != NULL) {
        uint32_t trial, attempt;
        bool whole;
        if (!is_checkpoint(entry->d_name, &trial, &attempt, &whole))
            continue;
        (void)snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        if (!whole || !keeps(context, trial, attempt))
            (void)unlink(file);
    }
    if (folder)
        closedir(folder);
}
