/* atomic_file.c - writes aside, syncs, renames. */
#include "coordinator/view/atomic_file.h"

#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool failed(const char *path, const char *what, struct error *error)
{
    return error_set(error, "%s: cannot %s: %s", path, what, strerror(errno));
}

/* The content must be on the disk before the name points to it: after a power cut a rename that
 * came first would leave an empty file under the old name. */
static bool write_aside(const char *path, const void *bytes, size_t length, bool sync,
                        struct error *error)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (file < 0)
        return failed(path, "create", error);
    bool ok = (file_write(file, bytes, length) && (!sync || fsync(file) == 0)) ||
              failed(path, "write", error);
    /* NFS tells of a full disk or quota as late as here. */
    if (close(file) != 0 && ok)
        ok = failed(path, "write", error);
    return ok;
}

static bool replace(const char *dir, const char *name, const void *bytes, size_t length, bool sync,
                    struct error *error)
{
    size_t path_bytes = strlen(dir) + strlen(name) + sizeof "/.new";
    char *path = malloc(path_bytes), *aside = malloc(path_bytes);
    bool ok = path && aside;
    if (!ok) {
        error_set(error, "%s: out of memory", dir);
    } else {
        (void)snprintf(path, path_bytes, "%s/%s", dir, name);
        (void)snprintf(aside, path_bytes, "%s/%s.new", dir, name);
        ok = write_aside(aside, bytes, length, sync, error);
        if (ok && rename(aside, path) != 0)
            ok = failed(path, "replace", error);
        if (!ok)
            (void)unlink(aside);
        ok = ok && (!sync || file_sync_directory(dir, error));
    }
    free(path);
    free(aside);
    return ok;
}

bool atomic_file_write(const char *dir, const char *name, const void *bytes, size_t length,
                       struct error *error)
{
    return replace(dir, name, bytes, length, true, error);
}

bool atomic_file_put(const char *dir, const char *name, const void *bytes, size_t length,
                     struct error *error)
{
    return replace(dir, name, bytes, length, false, error);
}
