/* inject.c - makes one call on a study's files fail, or kills the process there.
 *
 * Preloaded into lrsweep and lrsweep-trainer by the tests of this folder. It counts the calls that
 * change files below FAULT_DIR in programs of the name FAULT_PROGRAM, or only those of the name
 * FAULT_CALL; before number FAULT_AT it does what FAULT_MODE says: kill (SIGKILL), EIO, ENOSPC,
 * EDQUOT or EROFS. It happens once: the file FAULT_FLAG, made then, keeps later calls and other
 * processes from it. A write that is to fail for want of space first writes half, as full disks do.
 *
 * FAULT_HASTE: alarms come so many times sooner. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
    const char *name;
    int number;
} modes[] = {{"EIO", EIO}, {"ENOSPC", ENOSPC}, {"EDQUOT", EDQUOT}, {"EROFS", EROFS}};

static bool below(const char *path)
{
    const char *dir = getenv("FAULT_DIR");
    return dir && path && strncmp(path, dir, strlen(dir)) == 0;
}

static bool file_below(int descriptor)
{
    char link[64], path[PATH_MAX];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0)
        return false;
    path[length] = '\0';
    return below(path);
}

/* The error that this call is to fail with; 0: it goes on. */
static int fault(const char *call, bool counts)
{
    static unsigned long calls;
    const char *program = getenv("FAULT_PROGRAM"), *at = getenv("FAULT_AT");
    const char *mode = getenv("FAULT_MODE"), *flag = getenv("FAULT_FLAG");
    const char *only = getenv("FAULT_CALL");
    if (!counts || (only && strcmp(only, call) != 0) || !program || !at || !mode || !flag ||
        strcmp(program, program_invocation_short_name) != 0 || ++calls != strtoul(at, NULL, 10))
        return 0;
    int made = open(flag, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (made < 0)
        return 0;
    close(made);
    if (strcmp(mode, "kill") == 0)
        (void)raise(SIGKILL);
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
        if (strcmp(mode, modes[i].name) == 0)
            return modes[i].number;
    return 0;
}

/* The function of this name behind this library. */
#define NEXT(type, name) ((type)dlsym(RTLD_NEXT, name))

#define FAIL_IF(call, counts)                                                                      \
    do {                                                                                           \
        int number = fault(call, counts);                                                          \
        if (number != 0) {                                                                         \
            errno = number;                                                                        \
            return -1;                                                                             \
        }                                                                                          \
    } while (0)

ssize_t write(int descriptor, const void *bytes, size_t count)
{
    ssize_t (*next)(int, const void *, size_t) =
        NEXT(ssize_t(*)(int, const void *, size_t), "write");
    int number = descriptor > 2 ? fault("write", file_below(descriptor)) : 0;
    if (number != 0) {
        if (number == ENOSPC)
            (void)next(descriptor, bytes, count / 2);
        errno = number;
        return -1;
    }
    return next(descriptor, bytes, count);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset)
{
    FAIL_IF("pwrite", file_below(descriptor));
    return NEXT(ssize_t(*)(int, const void *, size_t, off_t), "pwrite")(descriptor, bytes, count,
                                                                        offset);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset)
{
    FAIL_IF("pwrite64", file_below(descriptor));
    return NEXT(ssize_t(*)(int, const void *, size_t, off64_t), "pwrite64")(descriptor, bytes,
                                                                            count, offset);
}

int fsync(int descriptor)
{
    FAIL_IF("fsync", file_below(descriptor));
    return NEXT(int (*)(int), "fsync")(descriptor);
}

int fdatasync(int descriptor)
{
    FAIL_IF("fdatasync", file_below(descriptor));
    return NEXT(int (*)(int), "fdatasync")(descriptor);
}

int ftruncate(int descriptor, off_t length)
{
    FAIL_IF("ftruncate", file_below(descriptor));
    return NEXT(int (*)(int, off_t), "ftruncate")(descriptor, length);
}

int ftruncate64(int descriptor, off64_t length)
{
    FAIL_IF("ftruncate64", file_below(descriptor));
    return NEXT(int (*)(int, off64_t), "ftruncate64")(descriptor, length);
}

int rename(const char *from, const char *to)
{
    FAIL_IF("rename", below(to));
    return NEXT(int (*)(const char *, const char *), "rename")(from, to);
}

int link(const char *from, const char *to)
{
    FAIL_IF("link", below(to));
    return NEXT(int (*)(const char *, const char *), "link")(from, to);
}

int unlink(const char *path)
{
    FAIL_IF("unlink", below(path));
    return NEXT(int (*)(const char *), "unlink")(path);
}

int mkdir(const char *path, mode_t mode)
{
    FAIL_IF("mkdir", below(path));
    return NEXT(int (*)(const char *, mode_t), "mkdir")(path, mode);
}

unsigned alarm(unsigned seconds)
{
    const char *haste = getenv("FAULT_HASTE");
    unsigned times = haste ? (unsigned)strtoul(haste, NULL, 10) : 1;
    return NEXT(unsigned (*)(unsigned),
                "alarm")(times > 1 ? (seconds + times - 1) / times : seconds);
}
