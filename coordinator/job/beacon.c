/* beacon.c - a file in a directory, for other ranks to look for. */
#include "coordinator/job/beacon.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const struct timespec look_pause = {.tv_nsec = 100000000};
enum { LOOKS = 20, STALE_S = 600 /* ranks look for three minutes at most */ };

#define PREFIX ".beacon-"

static bool path_of(char *path, const char *dir, const char *name)
{
    int length = snprintf(path, PATH_MAX, "%s/%s", dir, name);
    return length > 0 && length < PATH_MAX;
}

bool beacon_light(const char *dir, char name[BEACON_NAME_BYTES])
{
    char path[PATH_MAX];
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    (void)snprintf(name, BEACON_NAME_BYTES, PREFIX "%ld-%lld-%09ld", (long)getpid(),
                   (long long)now.tv_sec, now.tv_nsec);
    int file =
        path_of(path, dir, name) ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644) : -1;
    if (file >= 0)
        close(file);
    return file >= 0;
}

void beacon_put_out(const char *dir, const char *name)
{
    char path[PATH_MAX];
    if (path_of(path, dir, name))
        (void)unlink(path);
}

/* Nobody else's file looks like that. */
static bool is_beacon(const char *name)
{
    return strncmp(name, PREFIX, strlen(PREFIX)) == 0 &&
           name[strspn(name + strlen(PREFIX), "0123456789-") + strlen(PREFIX)] == '\0';
}

void beacon_sweep(const char *dir)
{
    DIR *folder = opendir(dir);
    const struct dirent *found;
    struct stat status;
    while (folder && (found = readdir(folder)))
        if (is_beacon(found->d_name) &&
            fstatat(dirfd(folder), found->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(status.st_mode) && status.st_size == 0 &&
            difftime(time(NULL), status.st_mtime) > STALE_S)
            (void)unlinkat(dirfd(folder), found->d_name, 0);
    if (folder)
        closedir(folder);
}

bool beacon_seen(const char *dir, const char *name, const char *folder)
{
    char path[PATH_MAX], inner[PATH_MAX];
    if (!path_of(path, dir, name) || !path_of(inner, dir, folder))
        return false;
    for (int look = 0; look < LOOKS; look++) {
        if (access(path, F_OK) == 0)
            return access(inner, W_OK | X_OK) == 0;
        (void)nanosleep(&look_pause, NULL);
    }
    return false;
}
