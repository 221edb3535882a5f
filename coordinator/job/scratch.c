/* scratch.c - makes and removes a directory for one process.
 *
 * Its maker holds a lock (flock) on the directory; the kernel gives it back when the maker dies,
 * however it dies. Between its making and its locking another process may take it for one that was
 * left behind and remove it: then it is made again. */
#define _GNU_SOURCE /* nftw with FTW_PHYS */
#include "coordinator/job/scratch.h"

#include "common/layout.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TRIES = 10, DEPTH = 8 };

struct scratch {
    int lock;
    char path[PATH_MAX];
};

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status;
    (void)type;
    (void)where;
    return remove(path);
}

static void remove_tree(const char *path)
{
    (void)nftw(path, remove_entry, DEPTH, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* Opens and locks a directory of this user's that is still there. -1: it is not to be had. */
static int lock_directory(const char *path)
{
    struct stat status;
    int file = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0)
        return -1;
    if (flock(file, LOCK_EX | LOCK_NB) == 0 && fstat(file, &status) == 0 && status.st_nlink > 0 &&
        status.st_uid == geteuid())
        return file;
    close(file);
    return -1;
}

/* Removes what processes that are dead have left. */
static void sweep(const char *place, const char *prefix)
{
    DIR *folder = opendir(place);
    struct dirent *found;
    char path[PATH_MAX];
    while (folder && (found = readdir(folder))) {
        int length = snprintf(path, sizeof path, "%s/%s", place, found->d_name);
        if (strncmp(found->d_name, prefix, strlen(prefix)) != 0 || length < 0 ||
            (size_t)length >= sizeof path)
            continue;
        int lock = lock_directory(path);
        if (lock < 0)
            continue;
        remove_tree(path);
        close(lock);
    }
    if (folder)
        closedir(folder);
}

static bool make(struct scratch *scratch, const char *place, const char *prefix,
                 struct error *error)
{
    char inner[PATH_MAX];
    for (int i = 0; i < TRIES; i++) {
        int length = snprintf(scratch->path, sizeof scratch->path, "%s/%sXXXXXX", place, prefix);
        if (length < 0 || (size_t)length + sizeof LAYOUT_CHECKPOINTS >= sizeof scratch->path)
            return error_set(error, "%.200s...: the path is too long", place);
        if (!mkdtemp(scratch->path))
            return error_set(error, "%s: cannot make a directory for checkpoints: %s", place,
                             strerror(errno));
        scratch->lock = lock_directory(scratch->path);
        (void)snprintf(inner, sizeof inner, "%.*s/%s", length, scratch->path, LAYOUT_CHECKPOINTS);
        if (scratch->lock >= 0 && mkdir(inner, 0700) == 0)
            return true;
        if (scratch->lock >= 0)
            close(scratch->lock);
    }
    return error_set(error, "%s: cannot be locked", scratch->path);
}

struct scratch *scratch_create(struct error *error)
{
    struct scratch *scratch = calloc(1, sizeof *scratch);
    const char *place = getenv("TMPDIR");
    char prefix[64];
    if (!place || !*place)
        place = "/tmp";
    (void)snprintf(prefix, sizeof prefix, "lrsweep-scratch-%lu-", (unsigned long)geteuid());
    if (!scratch) {
        error_set(error, "out of memory");
        return NULL;
    }
    sweep(place, prefix);
    if (make(scratch, place, prefix, error))
        return scratch;
    free(scratch);
    return NULL;
}

const char *scratch_path(const struct scratch *scratch)
{
    return scratch->path;
}

void scratch_destroy(struct scratch *scratch)
{
    if (!scratch)
        return;
    remove_tree(scratch->path);
    close(scratch->lock);
    free(scratch);
}
