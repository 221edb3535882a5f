/* shared_copy.c - a copy shared by flock(2).
 *
 * The rules, from which everything follows:
 * - Whoever uses the file holds a shared lock on it; whoever writes, resizes or unlinks it holds
 * the exclusive lock. The kernel drops locks with their holder, however it ends.
 * - `complete` in the header is written last. A file that is not complete belongs to whoever gets
 * the exclusive lock: its maker died half-way (or has not started), and it is made anew from
 * nothing.
 * - A lock is on an inode, a name is not. After every lock that was waited for, the file may have
 * been unlinked by the one that held it: st_nlink is then 0, and one starts again from the name.
 * - Nobody waits for the exclusive lock. Whoever waited for it would wait as long as others that
 * found the copy complete in the meantime hold their shared ones: for a whole training. It is
 * tried, and if it is not to be had, one starts again: waiting for the shared lock is waiting for
 * the maker.
 * - Changing a lock from one kind to the other is not atomic (flock(2)): the old one is gone before
 * the new one is granted, or refused. What was true under the old lock has to be looked at again.
 */
#include "worker/data/shared_copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char copy_magic[8] = "lrscopy1";
static const size_t page_bytes = 4096;
static const struct timespec retry_pause = {.tv_nsec = 1000000};

struct copy_header {
    char magic[8];
    uint64_t complete; /* 1 when everything else in the file stands */
    uint64_t key_bytes;
    uint64_t contents_offset; /* page-aligned; the key stands between the header and the contents */
    uint64_t file_bytes;
};

struct shared_copy {
    int descriptor; /* holds the shared lock */
    char path[4096];
    unsigned char *mapped;
    size_t mapped_bytes;
    size_t contents_offset;
};

/* What an attempt in one place came to. */
enum outcome {
    OPENED,
    AGAIN,     /* the file was unlinked under us */
    ELSEWHERE, /* this place will not do (no room, not there, somebody else's file) */
    FAILED     /* measure or fill refused the source: no place would help */
};

void shared_copy_places(const char *places[SHARED_COPY_PLACES])
{
    const char *temporary = getenv("TMPDIR");
    size_t count = 0;
    places[count++] = "/dev/shm";
    if (temporary && *temporary)
        places[count++] = temporary;
    places[count++] = "/tmp";
    places[count] = NULL;
}

/* FNV-1a, 64 bits. Two keys that share a hash are told apart by the key in the file. */
static uint64_t hash_of(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325U;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3U;
    return hash;
}

static bool lock(int descriptor, int how)
{
    int state;
    do
        state = flock(descriptor, how);
    while (state != 0 && errno == EINTR);
    return state == 0;
}

/* Reads the header; false if it is not one of a complete file. */
static bool header_complete(int descriptor, off_t file_bytes, struct copy_header *header)
{
    return pread(descriptor, header, sizeof *header, 0) == (ssize_t)sizeof *header &&
           memcmp(header->magic, copy_magic, sizeof copy_magic) == 0 && header->complete == 1 &&
           header->file_bytes == (uint64_t)file_bytes &&
           header->contents_offset <= header->file_bytes &&
           header->key_bytes <= header->contents_offset - sizeof *header;
}

static bool map(struct shared_copy *copy, size_t bytes, int protection)
{
    void *mapped = mmap(NULL, bytes, protection, MAP_SHARED, copy->descriptor, 0);
    if (mapped == MAP_FAILED)
        return false;
    copy->mapped = mapped;
    copy->mapped_bytes = bytes;
    return true;
}

static void unmap(struct shared_copy *copy)
{
    if (copy->mapped)
        munmap(copy->mapped, copy->mapped_bytes);
    copy->mapped = NULL;
}

/* Under the exclusive lock: makes the contents. */
static enum outcome make(struct shared_copy *copy, const struct shared_copy_source *source,
                         struct error *error)
{
    size_t contents, key_bytes = strlen(source->key);
    if (!source->measure(source->context, &contents, error))
        return FAILED;
    size_t offset =
        (sizeof(struct copy_header) + key_bytes + page_bytes - 1) / page_bytes * page_bytes;
    size_t bytes = offset + contents;
    /* From nothing, so that no byte of a maker that died shows through; allocated, not only sized:
     * a full memory file system must say so here and not with SIGBUS in the middle of training. */
    int state = ftruncate(copy->descriptor, 0) == 0
                    ? posix_fallocate(copy->descriptor, 0, (off_t)bytes)
                    : errno;
    if (state != 0 || !map(copy, bytes, PROT_READ | PROT_WRITE)) {
        error_set(error, "%s: no room for %zu bytes: %s", copy->path, bytes,
                  strerror(state ? state : errno));
        return ELSEWHERE;
    }
    struct copy_header *header = (struct copy_header *)(void *)copy->mapped;
    memcpy(header->magic, copy_magic, sizeof copy_magic);
    header->key_bytes = key_bytes;
    header->contents_offset = offset;
    header->file_bytes = bytes;
    memcpy(copy->mapped + sizeof *header, source->key, key_bytes);
    bool good = source->fill(source->context, copy->mapped + offset, contents, error);
    /* Last. Only this process's death could leave it out, and no store before it can be lost then:
     * the pages are the kernel's. (A machine's death can lose some, so the key holds the boot's
     * id.) */
    if (good)
        header->complete = 1;
    unmap(copy);
    return good ? OPENED : FAILED;
}

/* One attempt on the open, unlocked file. */
static enum outcome settle(struct shared_copy *copy, const struct shared_copy_source *source,
                           struct error *error)
{
    struct stat status;
    struct copy_header header;
    if (!lock(copy->descriptor, LOCK_SH) || fstat(copy->descriptor, &status) != 0) {
        error_set(error, "%s: cannot be locked: %s", copy->path, strerror(errno));
        return ELSEWHERE;
    }
    if (status.st_nlink == 0)
        return AGAIN;
    if (header_complete(copy->descriptor, status.st_size, &header)) {
        size_t key_bytes = strlen(source->key);
        if (!map(copy, (size_t)status.st_size, PROT_READ)) {
            error_set(error, "%s: cannot be mapped: %s", copy->path, strerror(errno));
            return ELSEWHERE;
        }
        copy->contents_offset = header.contents_offset;
        if (header.key_bytes == key_bytes &&
            memcmp(copy->mapped + sizeof header, source->key, key_bytes) == 0)
            return OPENED;
        unmap(copy);
        error_set(error, "%s holds something else", copy->path);
        return ELSEWHERE;
    }
    if (!lock(copy->descriptor, LOCK_EX | LOCK_NB)) {
        if (errno == EWOULDBLOCK) {
            /* Another is making it, or was looking as this process was. */
            (void)nanosleep(&retry_pause, NULL);
            return AGAIN;
        }
        error_set(error, "%s: cannot be locked: %s", copy->path, strerror(errno));
        return ELSEWHERE;
    }
    /* Between the two locks another may have made it, or made it and unlinked it. */
    if (fstat(copy->descriptor, &status) != 0 || status.st_nlink == 0 ||
        header_complete(copy->descriptor, status.st_size, &header))
        return AGAIN;
    enum outcome outcome = make(copy, source, error);
    if (outcome == OPENED)
        return AGAIN; /* take the way of every other user: shared lock, look again, map read-only */
    (void)unlink(copy->path); /* still under the exclusive lock: the name is this file's */
    return outcome;
}

static enum outcome open_once(struct shared_copy *copy, const struct shared_copy_source *source,
                              struct error *error)
{
    /* O_NOFOLLOW and the owner's check: others may create files in these places, too. */
    copy->descriptor =
        open(copy->path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
    struct stat status;
    if (copy->descriptor < 0 || fstat(copy->descriptor, &status) != 0) {
        error_set(error, "%s: %s", copy->path, strerror(errno));
        return ELSEWHERE;
    }
    if (!S_ISREG(status.st_mode) || status.st_uid != geteuid() || (status.st_mode & 077) != 0) {
        error_set(error, "%s is not this user's own file", copy->path);
        return ELSEWHERE;
    }
    return settle(copy, source, error);
}

/* Removes the copies of earlier runs that nobody has open. */
static void sweep(const char *place, const char *prefix, const char *keep)
{
    DIR *folder = opendir(place);
    if (!folder)
        return;
    struct dirent *found;
    while ((found = readdir(folder))) {
        if (strncmp(found->d_name, prefix, strlen(prefix)) != 0 || strcmp(found->d_name, keep) == 0)
            continue;
        int descriptor =
            openat(dirfd(folder), found->d_name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
        struct stat status;
        /* One that opened it before this lock finds st_nlink 0 once it gets its own. */
        if (descriptor >= 0 && fstat(descriptor, &status) == 0 && status.st_uid == geteuid() &&
            S_ISREG(status.st_mode) && flock(descriptor, LOCK_EX | LOCK_NB) == 0 &&
            fstat(descriptor, &status) == 0 && status.st_nlink > 0)
            (void)unlinkat(dirfd(folder), found->d_name, 0);
        if (descriptor >= 0)
            close(descriptor);
    }
    closedir(folder);
}

struct shared_copy *shared_copy_open(const char *const *places,
                                     const struct shared_copy_source *source, struct error *error)
{
    struct shared_copy *copy = calloc(1, sizeof *copy);
    if (!copy) {
        error_set(error, "out of memory");
        return NULL;
    }
    char prefix[64], name[128];
    (void)snprintf(prefix, sizeof prefix, "lrsweep-%lu-", (unsigned long)geteuid());
    (void)snprintf(name, sizeof name, "%s%016llx", prefix,
                   (unsigned long long)hash_of(source->key));
    enum outcome outcome = ELSEWHERE;
    for (; *places && outcome == ELSEWHERE; places++) {
        int length = snprintf(copy->path, sizeof copy->path, "%s/%s", *places, name);
        if (length < 0 || (size_t)length >= sizeof copy->path)
            continue;
        sweep(*places, prefix, name);
        do {
            outcome = open_once(copy, source, error);
            if (outcome != OPENED && copy->descriptor >= 0)
                close(copy->descriptor);
        } while (outcome == AGAIN);
    }
    if (outcome == OPENED)
        return copy;
    if (outcome == ELSEWHERE)
        error_prefix(error, "no place for the shared copy of the data");
    free(copy);
    return NULL;
}

void shared_copy_close(struct shared_copy *copy)
{
    if (!copy)
        return;
    unmap(copy);
    /* Granted only if nobody else holds a lock; a refusal still gives the shared one up. When two
     * close at the same time, the first to ask may be refused because of the second, never both. */
    struct stat status;
    if (flock(copy->descriptor, LOCK_EX | LOCK_NB) == 0 && fstat(copy->descriptor, &status) == 0 &&
        status.st_nlink > 0)
        (void)unlink(copy->path);
    close(copy->descriptor);
    free(copy);
}

const void *shared_copy_bytes(const struct shared_copy *copy)
{
    return copy->mapped + copy->contents_offset;
}
