/* zip_directory.c - walks the central directory. */
#include "worker/data/zip_directory.h"

#include <string.h>

enum {
    END_BYTES = 22,
    ENTRY_BYTES = 46,
    LOCAL_BYTES = 30,
    COMMENT_MAX_BYTES = 65535,
    METHOD_STORED = 0,
    METHOD_DEFLATED = 8,
    FLAG_ENCRYPTED = 1
};

struct archive {
    const char *path;
    const unsigned char *bytes;
    size_t count;
};

/* The number of so many bytes, little-endian. */
static uint32_t little(const unsigned char *bytes, int count)
{
    uint32_t value = 0;
    for (int i = count - 1; i >= 0; i--)
        value = value << 8 | bytes[i];
    return value;
}

static bool damaged(const struct archive *archive, size_t offset, const char *what,
                    struct error *error)
{
    return error_set(error, "%s: damaged zip archive: %s at byte %zu", archive->path, what, offset);
}

/* The end of central directory record; it stands last, but for a comment. */
static bool end_find(const struct archive *archive, size_t *offset, struct error *error)
{
    size_t count = archive->count;
    for (size_t back = END_BYTES; back <= count && back <= END_BYTES + COMMENT_MAX_BYTES; back++) {
        *offset = count - back;
        if (memcmp(archive->bytes + *offset, "PK\5\6", 4) == 0)
            return true;
    }
    return error_set(error,
                     "%s: not a zip archive, or truncated: no end of central directory before its "
                     "end at byte %zu",
                     archive->path, count);
}

/* The entry of the central directory for `name`; *entry NULL: there is none. */
static bool entry_find(const struct archive *archive, const char *name, const unsigned char **entry,
                       struct error *error)
{
    size_t limit = 0;
    *entry = NULL;
    if (!end_find(archive, &limit, error))
        return false;
    size_t at = little(archive->bytes + limit + 16, 4);
    uint32_t entries = little(archive->bytes + limit + 10, 2);
    for (uint32_t i = 0; i < entries; i++) {
        if (at > limit || limit - at < ENTRY_BYTES || memcmp(archive->bytes + at, "PK\1\2", 4) != 0)
            return damaged(archive, at, "no directory entry", error);
        const unsigned char *here = archive->bytes + at;
        size_t name_bytes = little(here + 28, 2);
        size_t entry_bytes = ENTRY_BYTES + name_bytes + little(here + 30, 2) + little(here + 32, 2);
        if (entry_bytes > limit - at)
            return damaged(archive, at, "a directory entry that is too long", error);
        if (name_bytes == strlen(name) && memcmp(here + ENTRY_BYTES, name, name_bytes) == 0)
            *entry = here;
        at += entry_bytes;
    }
    return true;
}

static bool member_read(const struct archive *archive, const unsigned char *entry,
                        struct zip_member *member, struct error *error)
{
    const uint32_t elsewhere = 0xffffffffU; /* the number stands in a zip64 extension */
    size_t at = little(entry + 42, 4), here = (size_t)(entry - archive->bytes);
    size_t packed = little(entry + 20, 4), unpacked = little(entry + 24, 4);
    uint32_t method = little(entry + 10, 2);
    if (packed == elsewhere || unpacked == elsewhere || at == elsewhere)
        return error_set(error,
                         "%s: the member whose entry is at byte %zu reaches beyond 4 GiB, which "
                         "only .npy files may",
                         archive->path, here);
    if ((little(entry + 8, 2) & FLAG_ENCRYPTED) != 0)
        return damaged(archive, here, "an encrypted member", error);
    if (method != METHOD_STORED && method != METHOD_DEFLATED)
        return damaged(archive, here, "a member neither stored nor deflated", error);
    if (archive->count < LOCAL_BYTES || at > archive->count - LOCAL_BYTES ||
        memcmp(archive->bytes + at, "PK\3\4", 4) != 0)
        return damaged(archive, here, "an entry that points to no member", error);
    const unsigned char *local = archive->bytes + at;
    size_t start = at + LOCAL_BYTES + little(local + 26, 2) + little(local + 28, 2);
    if (start > archive->count || packed > archive->count - start)
        return damaged(archive, at, "a member that goes on after the end", error);
    if (method == METHOD_STORED && packed != unpacked)
        return damaged(archive, here, "a stored member of two sizes", error);
    *member = (struct zip_member){.offset = start,
                                  .packed_bytes = packed,
                                  .deflated = method == METHOD_DEFLATED,
                                  .checksum = little(entry + 16, 4)};
    return true;
}

bool zip_member_find(const char *path, const unsigned char *bytes, size_t count, const char *name,
                     struct zip_member *member, bool *found, struct error *error)
{
    const struct archive archive = {.path = path, .bytes = bytes, .count = count};
    const unsigned char *entry;
    if (!entry_find(&archive, name, &entry, error))
        return false;
    *found = entry != NULL;
    return !entry || member_read(&archive, entry, member, error);
}
