/* checkpoints.c - handles trials' checkpoints. */
#include "coordinator/study/checkpoints.h"

#include "common/layout.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
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

void checkpoints_remove(const char *dir, uint32_t trial, uint32_t attempt)
{
    char path[PATH_MAX];
    if (path_of(path, dir, trial, attempt))
        (void)unlink(path); /* an attempt that was lost may have left none */
}

/* A hard link: nothing is copied, and it is there as a whole or not at all. */
bool checkpoints_branch(const char *dir, uint32_t parent, uint32_t kept, uint32_t trial,
                        struct error *error)
{
    char from[PATH_MAX], to[PATH_MAX];
    if (!path_of(from, dir, parent, kept) || !path_of(to, dir, trial, 0))
        return error_set(error, "%s: the path is too long", dir);
    if (unlink(to) != 0 && errno != ENOENT)
        return error_set(error, "%s: %s", to, strerror(errno));
    return link(from, to) == 0 || errno == ENOENT ||
           error_set(error, "%s cannot be linked to %s: %s", to, from, strerror(errno));
}

/* A number of at least one digit, nothing before it. */
static bool number_read(const char **text, uint32_t *number)
{
    char *end = NULL;
    if (**text < '0' || **text > '9')
        return false;
    errno = 0;
    unsigned long value = strtoul(*text, &end, 10);
    *number = (uint32_t)value;
    *text = end;
    return errno == 0 && value <= UINT32_MAX;
}

/* What a writer of the file that `rest` follows the name of has left: ".PID.tmp". */
static bool is_half_written(const char *rest)
{
    uint32_t writer;
    return *rest++ == '.' && number_read(&rest, &writer) && strcmp(rest, ".tmp") == 0;
}

/* Whether a file of this name is a checkpoint, or the beginning of one (*whole: which). */
static bool name_read(const char *name, uint32_t *trial, uint32_t *attempt, bool *whole)
{
    static const char suffix[] = ".safetensors";
    const char *rest = name;
    if (!number_read(&rest, trial) || rest - name < 6 || *rest++ != '-' ||
        !number_read(&rest, attempt) || strncmp(rest, suffix, strlen(suffix)) != 0)
        return false;
    rest += strlen(suffix);
    *whole = *rest == '\0';
    return *whole || is_half_written(rest);
}

/* The trials that need their checkpoints. */
struct need {
    bool (*needed)(void *context, uint32_t trial, uint32_t attempt);
    void *context;
};

static bool is_stale_checkpoint(const struct need *need, const char *name)
{
    uint32_t trial, attempt;
    bool whole;
    return name_read(name, &trial, &attempt, &whole) &&
           !(whole && need->needed && need->needed(need->context, trial, attempt));
}

static bool is_stale_export(const struct need *need, const char *name)
{
    (void)need;
    return strncmp(name, LAYOUT_BEST, strlen(LAYOUT_BEST)) == 0 &&
           is_half_written(name + strlen(LAYOUT_BEST));
}

/* flags: O_NOFOLLOW where a link would lead out of DIR, and everything that trainers write with it.
 */
static DIR *folder_open(const char *path, int flags, struct error *error)
{
    int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
    DIR *folder = descriptor >= 0 ? fdopendir(descriptor) : NULL;
    if (!folder && (errno == ELOOP || errno == ENOTDIR))
        error_set(error, "%s: is a link or a file, expected a directory", path);
    else if (!folder)
        error_set(error, "%s: cannot read: %s", path, strerror(errno));
    if (!folder && descriptor >= 0)
        close(descriptor);
    return folder;
}

static bool folder_clean(const char *path, int flags, const struct need *need,
                         bool (*is_stale)(const struct need *need, const char *name),
                         struct error *error)
{
    DIR *folder = folder_open(path, flags, error);
    if (!folder)
        return false;
    bool ok = true;
    const struct dirent *entry;
    while (ok && (entry = readdir(folder)) != NULL)
        if (is_stale(need, entry->d_name) && unlinkat(dirfd(folder), entry->d_name, 0) != 0 &&
            errno != ENOENT)
            ok = error_set(error, "%s/%s: cannot remove: %s", path, entry->d_name, strerror(errno));
    closedir(folder);
    return ok;
}

bool checkpoints_clean(const char *dir,
                       bool (*needed)(void *context, uint32_t trial, uint32_t attempt),
                       void *context, struct error *error)
{
    const struct need need = {needed, context};
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/%s", dir, LAYOUT_CHECKPOINTS);
    if (length < 0 || (size_t)length >= sizeof path)
        return error_set(error, "%s: the path is too long", dir);
    return folder_clean(path, O_NOFOLLOW, &need, is_stale_checkpoint, error) &&
           folder_clean(dir, 0, &need, is_stale_export, error);
}
