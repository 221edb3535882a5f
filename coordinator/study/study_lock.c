/* study_lock.c - a POSIX record lock on DIR/study.lock. */
#include "coordinator/study/study_lock.h"

#include "common/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOST_BYTES 256

struct study_lock {
    int file;
    char *path;
};

static char *lock_path(const char *dir)
{
    size_t bytes = strlen(dir) + sizeof "/" LAYOUT_LOCK;
    char *path = malloc(bytes);
    if (path)
        (void)snprintf(path, bytes, "%s/%s", dir, LAYOUT_LOCK);
    return path;
}

/* The holder as the file tells it, or as the kernel does (pid; 0: it does not) where the file says
 * nothing yet; else "". */
static void name_holder(int file, pid_t pid, char *holder, size_t bytes)
{
    char text[HOST_BYTES + 32];
    ssize_t length = pread(file, text, sizeof text - 1, 0);
    text[length > 0 ? length : 0] = '\0';
    size_t host = strspn(text, "-._0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    char *end = text + host;
    long number = strtol(text + host, &end, 10);
    if (host > 0 && end > text + host && number > 0)
        (void)snprintf(holder, bytes, "process %ld on %.*s", number, (int)host, text);
    else
        (void)snprintf(holder, bytes, pid > 0 ? "process %ld" : "", (long)pid);
}

/* The file may have been removed by its last holder between our open and our lock: then we hold a
 * lock on a file that nobody else will ever find. */
static bool still_there(int file, const char *path)
{
    struct stat ours, named;
    return fstat(file, &ours) == 0 && stat(path, &named) == 0 && ours.st_dev == named.st_dev &&
           ours.st_ino == named.st_ino;
}

static bool refuse(const char *path, int file, int reason, struct error *error)
{
    if (reason == EACCES || reason == EAGAIN) {
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        char holder[HOST_BYTES + 64];
        (void)fcntl(file, F_GETLK, &lock);
        name_holder(file, lock.l_pid, holder, sizeof holder);
        return error_set(error,
                         "%s: %s is running this study: wait until it has ended, or choose another "
                         "directory with --out",
                         path, *holder ? holder : "another process");
    }
    return error_set(
        error,
        "%s: cannot lock: %s; the file system must support POSIX locks (NFS: a lock "
        "service; Lustre: mounted with flock): choose a directory elsewhere with --out",
        path, strerror(reason));
}

/* Opens and locks once. *again: the file was removed meanwhile. */
static int lock_file(const char *path, bool *again, struct error *error)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    *again = false;
    if (file < 0) {
        error_set(error, "%s: cannot create: %s", path, strerror(errno));
        return -1;
    }
    if (fcntl(file, F_SETLK, &lock) == 0) {
        *again = !still_there(file, path);
        if (!*again)
            return file;
    } else {
        refuse(path, file, errno, error);
    }
    close(file);
    return -1;
}

/* For messages only: that it cannot be written is no reason to fail. */
static void sign(int file)
{
    char host[HOST_BYTES] = "", text[HOST_BYTES + 32];
    (void)gethostname(host, sizeof host - 1);
    int length = snprintf(text, sizeof text, "%s %ld\n", host, (long)getpid());
    if (ftruncate(file, 0) != 0 || pwrite(file, text, (size_t)length, 0) != length)
        return;
}

struct study_lock *study_lock_take(const char *dir, struct error *error)
{
    struct study_lock *lock = calloc(1, sizeof *lock);
    bool again = lock && (lock->path = lock_path(dir));
    if (!again)
        error_set(error, "%s: out of memory", dir);
    while (again) {
        lock->file = lock_file(lock->path, &again, error);
        if (lock->file >= 0) {
            sign(lock->file);
            return lock;
        }
    }
    if (lock)
        free(lock->path);
    free(lock);
    return NULL;
}

void study_lock_release(struct study_lock *lock)
{
    if (!lock)
        return;
    /* Removed while it is still held: whoever opened it before sees in still_there that it is gone.
     */
    (void)unlink(lock->path);
    close(lock->file);
    free(lock->path);
    free(lock);
}

bool study_lock_held(const char *dir, char *holder, size_t holder_bytes)
{
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    char *path = lock_path(dir);
    /* Not waiting for whoever would write into a pipe of that name. */
    int file = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;
    bool told = file >= 0 && fcntl(file, F_GETLK, &lock) == 0;
    bool held = file >= 0 && (!told || lock.l_type != F_UNLCK);
    if (holder_bytes > 0)
        holder[0] = '\0';
    if (file >= 0)
        name_holder(file, told && held ? lock.l_pid : 0, holder, holder_bytes);
    if (file >= 0)
        close(file);
    free(path);
    return held;
}
