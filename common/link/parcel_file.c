/* parcel_file.c - the files at the two ends of a parcel. */
#include "common/link/parcel_file.h"

#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct parcel_file {
    int descriptor;
    char path[PATH_MAX];
    char temporary[PATH_MAX]; /* "": the file is read */
};

static struct parcel_file *hold(const char *path, const char *temporary, int flags,
                                struct error *error)
{
    struct parcel_file *file = calloc(1, sizeof *file);
    if (!file) {
        error_set(error, "out of memory");
        return NULL;
    }
    (void)snprintf(file->path, sizeof file->path, "%s", path);
    (void)snprintf(file->temporary, sizeof file->temporary, "%s", temporary);
    file->descriptor = open(*temporary ? temporary : path, flags | O_CLOEXEC, 0666);
    if (file->descriptor >= 0)
        return file;
    error_set(error, "%s: %s", path, strerror(errno));
    free(file);
    return NULL;
}

struct parcel_file *parcel_file_open(const char *path, uint64_t *bytes, struct error *error)
{
    struct parcel_file *file = hold(path, "", O_RDONLY, error);
    struct stat status;
    if (file && fstat(file->descriptor, &status) != 0) {
        error_set(error, "%s: %s", path, strerror(errno));
        parcel_file_close(file);
        return NULL;
    }
    if (file)
        *bytes = (uint64_t)status.st_size;
    return file;
}

bool parcel_file_read(struct parcel_file *file, uint64_t offset, void *data, size_t bytes,
                      struct error *error)
{
    size_t length = 0;
    while (length < bytes) {
        ssize_t got = pread(file->descriptor, (char *)data + length, bytes - length,
                            (off_t)(offset + length));
        if (got > 0)
            length += (size_t)got;
        else if (got == 0)
            return error_set(error, "%s became shorter while it was read", file->path);
        else if (errno != EINTR)
            return error_set(error, "%s: %s", file->path, strerror(errno));
    }
    return true;
}

/* The name is that of a checkpoint half written, as a trainer leaves it: it is cleaned up with
 * them. */
struct parcel_file *parcel_file_make(const char *path, struct error *error)
{
    char temporary[PATH_MAX];
    int length = snprintf(temporary, sizeof temporary, "%s.%ld.tmp", path, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof temporary) {
        error_set(error, "%.200s...: the path is too long", path);
        return NULL;
    }
    return hold(path, temporary, O_WRONLY | O_CREAT | O_TRUNC, error);
}

bool parcel_file_append(struct parcel_file *file, const void *data, size_t bytes,
                        struct error *error)
{
    return file_write(file->descriptor, data, bytes) ||
           error_set(error, "%s: %s", file->path, strerror(errno));
}

bool parcel_file_finish(struct parcel_file *file, struct error *error)
{
    bool good = fsync(file->descriptor) == 0 && rename(file->temporary, file->path) == 0;
    if (!good) {
        error_set(error, "%s: %s", file->path, strerror(errno));
    } else {
        file->temporary[0] = '\0';
        file_sync_parent(file->path);
    }
    parcel_file_close(file);
    return good;
}

void parcel_file_close(struct parcel_file *file)
{
    if (!file)
        return;
    close(file->descriptor);
    if (file->temporary[0])
        (void)unlink(file->temporary);
    free(file);
}

bool parcel_file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

void parcel_file_remove(const char *path)
{
    (void)unlink(path);
}
