/* line_reader.c - whole lines from a non-blocking descriptor. */
#include "common/line_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void line_reader_create(struct line_reader *reader, size_t limit)
{
    *reader = (struct line_reader){.limit = limit};
}

void line_reader_destroy(struct line_reader *reader)
{
    free(reader->bytes);
    *reader = (struct line_reader){.limit = reader->limit};
}

static bool make_room(struct line_reader *reader)
{
    if (reader->bytes && reader->taken > 0)
        memmove(reader->bytes, reader->bytes + reader->taken, reader->used - reader->taken);
    reader->used -= reader->taken;
    reader->taken = 0;
    if (reader->used < reader->room)
        return true;
    if (reader->room >= reader->limit)
        return false;
    size_t room = reader->room ? 2 * reader->room : 4096;
    if (room > reader->limit)
        room = reader->limit;
    char *bytes = realloc(reader->bytes, room);
    if (!bytes)
        return false;
    reader->bytes = bytes;
    reader->room = room;
    return true;
}

enum line_status line_reader_next(struct line_reader *reader, int descriptor, char **line,
                                  size_t *length)
{
    for (;;) {
        size_t unread = reader->used - reader->taken;
        char *start = reader->bytes ? reader->bytes + reader->taken : NULL;
        char *newline = start ? memchr(start, '\n', unread) : NULL;
        if (newline) {
            *newline = '\0';
            *line = start;
            *length = (size_t)(newline - start);
            reader->taken += *length + 1;
            return LINE_READ;
        }
        if (!make_room(reader))
            return LINE_TOO_LONG;
        ssize_t got = read(descriptor, reader->bytes + reader->used, reader->room - reader->used);
        if (got > 0) {
            reader->used += (size_t)got;
            continue;
        }
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return LINE_NONE;
        return LINE_END;
    }
}
