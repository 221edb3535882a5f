/* packed_file.c - plain and packed files, mapped and inflated in place. */
#include "worker/data/packed_file.h"

#include "worker/data/zip_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

struct packed_file {
    char *path;
    unsigned char *mapped;
    size_t mapped_bytes;
    const unsigned char *start; /* of what is read: the whole file, or a member of an archive */
    size_t packed_bytes;
    uint64_t offset;   /* unpacked bytes read */
    bool deflated;     /* by gzip, or as a member of an archive */
    bool member;       /* of an archive, whose checksum stands elsewhere */
    uint32_t checksum; /* of a member's bytes read so far */
    uint32_t expected_checksum;
    bool member_ended; /* the end of a gzip member was reached and its checksum was right */
    z_stream stream;
};

static bool gzip_magic(const struct packed_file *file)
{
    return file->mapped_bytes >= 2 && file->mapped[0] == 0x1f && file->mapped[1] == 0x8b;
}

static bool map(struct packed_file *file, int descriptor, struct error *error)
{
    struct stat status;
    if (fstat(descriptor, &status) != 0)
        return error_set(error, "%s: %s", file->path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return error_set(error, "%s is not a regular file", file->path);
    if (status.st_size == 0)
        return error_set(error, "%s is empty", file->path);
    void *mapped = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (mapped == MAP_FAILED)
        return error_set(error, "%s: cannot be mapped: %s", file->path, strerror(errno));
    file->mapped = mapped;
    file->mapped_bytes = (size_t)status.st_size;
    file->start = mapped;
    file->packed_bytes = file->mapped_bytes;
    (void)posix_madvise(mapped, file->mapped_bytes, POSIX_MADV_SEQUENTIAL);
    return true;
}

/* The file, mapped, with nothing unpacked yet. */
static struct packed_file *mapped_open(const char *path, struct error *error)
{
    struct packed_file *file = calloc(1, sizeof *file);
    if (file)
        file->path = strdup(path);
    if (!file || !file->path) {
        free(file);
        error_set(error, "%s: out of memory", path);
        return NULL;
    }
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool good = descriptor >= 0 ? map(file, descriptor, error)
                                : error_set(error, "%s: %s", path, strerror(errno));
    if (descriptor >= 0)
        close(descriptor);
    if (good)
        return file;
    packed_file_close(file);
    return NULL;
}

static bool inflate_start(struct packed_file *file, int window_bits, struct error *error)
{
    file->stream.next_in = (unsigned char *)file->start;
    file->stream.avail_in = 0; /* fed in inflate_some */
    file->deflated = inflateInit2(&file->stream, window_bits) == Z_OK;
    return file->deflated || error_set(error, "%s: out of memory", file->path);
}

struct packed_file *packed_file_open(const char *path, struct error *error)
{
    struct packed_file *file = mapped_open(path, error);
    if (!file || !gzip_magic(file) || inflate_start(file, 16 + MAX_WBITS, error))
        return file;
    packed_file_close(file);
    return NULL;
}

bool packed_file_has_member(const char *path, const char *name, bool *found, struct error *error)
{
    struct zip_member member;
    struct packed_file *file = mapped_open(path, error);
    bool good = file && zip_member_find(path, file->mapped, file->mapped_bytes, name, &member,
                                        found, error);
    packed_file_close(file);
    return good;
}

/* From here on errors name file and member. */
static bool path_extend(struct packed_file *file, const char *name, struct error *error)
{
    size_t bytes = strlen(file->path) + strlen(name) + 2;
    char *both = malloc(bytes);
    if (!both)
        return error_set(error, "%s: out of memory", file->path);
    (void)snprintf(both, bytes, "%s:%s", file->path, name);
    free(file->path);
    file->path = both;
    return true;
}

struct packed_file *packed_file_open_member(const char *path, const char *name, struct error *error)
{
    struct zip_member member;
    bool found;
    struct packed_file *file = mapped_open(path, error);
    bool good = file && zip_member_find(path, file->mapped, file->mapped_bytes, name, &member,
                                        &found, error);
    if (good && !found)
        good = error_set(error, "%s holds no %s", path, name);
    if (good) {
        file->start = file->mapped + member.offset;
        file->packed_bytes = member.packed_bytes;
        file->member = true;
        file->expected_checksum = member.checksum;
    }
    if (good && path_extend(file, name, error) &&
        (!member.deflated || inflate_start(file, -MAX_WBITS, error)))
        return file;
    packed_file_close(file);
    return NULL;
}

void packed_file_close(struct packed_file *file)
{
    if (!file)
        return;
    if (file->deflated)
        inflateEnd(&file->stream);
    if (file->mapped)
        munmap(file->mapped, file->mapped_bytes);
    free(file->path);
    free(file);
}

static size_t packed_left(const struct packed_file *file)
{
    size_t used = (size_t)(file->stream.next_in - file->start);
    return file->packed_bytes - used;
}

/* Inflates up to `bytes`; *done says how many there were. Fewer than asked: the file's end. */
static bool inflate_some(struct packed_file *file, unsigned char *destination, size_t bytes,
                         size_t *done, struct error *error)
{
    const size_t most = (size_t)1 << 30; /* zlib counts in unsigned int */
    z_stream *stream = &file->stream;
    *done = 0;
    while (*done < bytes) {
        size_t left = packed_left(file), wanted = bytes - *done;
        if (file->member_ended) {
            /* Members may follow one another (RFC 1952, section 2.2). */
            if (left == 0)
                return true;
            if (file->member || inflateReset(stream) != Z_OK)
                return error_set(error, "%s: cannot be unpacked", file->path);
            file->member_ended = false;
        }
        stream->avail_in = (unsigned)(left < most ? left : most);
        stream->next_out = destination + *done;
        stream->avail_out = (unsigned)(wanted < most ? wanted : most);
        unsigned before = stream->avail_out;
        int state = inflate(stream, Z_NO_FLUSH);
        *done += before - stream->avail_out;
        if (state == Z_STREAM_END)
            file->member_ended = true;
        else if (state == Z_BUF_ERROR || (state == Z_OK && packed_left(file) == 0 && *done < bytes))
            return error_set(error,
                             "%s: truncated: the packed file ends in the middle, after %llu "
                             "unpacked bytes",
                             file->path, (unsigned long long)(file->offset + *done));
        else if (state != Z_OK)
            return error_set(error, "%s: damaged: %s, after %llu unpacked bytes", file->path,
                             stream->msg ? stream->msg : "cannot be unpacked",
                             (unsigned long long)(file->offset + *done));
    }
    return true;
}

/* Up to `bytes`; fewer at the end of the file. */
static bool read_some(struct packed_file *file, void *destination, size_t bytes, size_t *done,
                      struct error *error)
{
    if (file->deflated) {
        if (!inflate_some(file, destination, bytes, done, error))
            return false;
    } else {
        size_t left = file->packed_bytes - (size_t)file->offset;
        *done = bytes < left ? bytes : left;
        memcpy(destination, file->start + file->offset, *done);
    }
    if (file->member)
        file->checksum = (uint32_t)crc32_z(file->checksum, destination, *done);
    file->offset += *done;
    return true;
}

bool packed_file_read(struct packed_file *file, void *destination, size_t bytes,
                      struct error *error)
{
    size_t done;
    if (!read_some(file, destination, bytes, &done, error))
        return false;
    if (done == bytes)
        return true;
    return error_set(error, "%s: truncated: it ends at byte %llu, where %llu more were expected",
                     file->path, (unsigned long long)file->offset,
                     (unsigned long long)(bytes - done));
}

bool packed_file_end(struct packed_file *file, struct error *error)
{
    unsigned char extra;
    size_t done = 0;
    if (!file->deflated)
        done = file->offset < file->packed_bytes;
    else if (!inflate_some(file, &extra, 1, &done, error))
        return false;
    if (done == 0 && file->member && file->checksum != file->expected_checksum)
        return error_set(error, "%s: damaged: its checksum is 0x%08x, expected 0x%08x", file->path,
                         file->checksum, file->expected_checksum);
    if (done == 0)
        return true;
    return error_set(error, "%s: goes on after byte %llu, where its header says that it ends",
                     file->path, (unsigned long long)file->offset);
}

uint64_t packed_file_offset(const struct packed_file *file)
{
    return file->offset;
}

bool packed_file_size(const struct packed_file *file, uint64_t *bytes)
{
    const uint64_t deflate_ratio_max = 1032;
    *bytes = file->deflated ? file->packed_bytes * deflate_ratio_max : file->packed_bytes;
    return !file->deflated;
}

bool packed_file_count(struct packed_file *file, uint64_t *bytes, struct error *error)
{
    unsigned char piece[16384];
    size_t done;
    do
        if (!read_some(file, piece, sizeof piece, &done, error))
            return false;
    while (done == sizeof piece);
    *bytes = file->offset;
    file->offset = 0;
    if (!file->deflated)
        return true;
    file->stream.next_in = (unsigned char *)file->start;
    file->stream.avail_in = 0;
    file->member_ended = false;
    return inflateReset(&file->stream) == Z_OK ||
           error_set(error, "%s: cannot be unpacked", file->path);
}

bool packed_file_read_all(struct packed_file *file, char **text, size_t *bytes, struct error *error)
{
    size_t room = (file->deflated ? 4 * file->packed_bytes : file->packed_bytes) + 1, done;
    char *all = malloc(room);
    *bytes = 0;
    while (all) {
        if (!read_some(file, all + *bytes, room - 1 - *bytes, &done, error)) {
            free(all);
            return false;
        }
        *bytes += done;
        if (*bytes < room - 1)
            break;
        if (!file->deflated) /* nothing is left */
            break;
        char *larger = room < SIZE_MAX / 2 ? realloc(all, 2 * room) : NULL;
        if (!larger)
            free(all);
        all = larger;
        room *= 2;
    }
    if (!all)
        return error_set(error, "%s: out of memory after %zu unpacked bytes", file->path, *bytes);
    all[*bytes] = '\0';
    *text = all;
    return true;
}

const char *packed_file_path(const struct packed_file *file)
{
    return file->path;
}
