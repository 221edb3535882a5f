/* file.c - write(2) until all is written, fsync(2) of directories. */
#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool file_write(int descriptor, const void *bytes, size_t count)
{
    const char *at = bytes;
    while (count > 0) {
        ssize_t done = write(descriptor, at, count);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            struct pollfd room = {.fd = descriptor, .events = POLLOUT};
            (void)poll(&room, 1, -1);
            continue;
        }
        if (done <= 0)
            return false;
        at += done;
        count -= (size_t)done;
    }
    return true;
}

bool file_sync_directory(const char *directory, struct error *error)
{
    int file = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = file >= 0 && (fsync(file) == 0 || errno == EINVAL);
    if (!ok)
        error_set(error, "%s: cannot make its entries durable: %s", directory, strerror(errno));
    if (file >= 0)
        close(file);
    return ok;
}

void file_sync_parent(const char *path)
{
    struct error ignored;
    char *copy = strdup(path); /* dirname writes to it */
    if (copy)
        (void)file_sync_directory(dirname(copy), &ignored);
    free(copy);
}
