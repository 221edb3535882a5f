/* line_reader.h - whole lines from a non-blocking descriptor. */
#ifndef LRSWEEP_COMMON_LINE_READER_H
#define LRSWEEP_COMMON_LINE_READER_H

#include <stdbool.h>
#include <stddef.h>

struct line_reader {
    char *bytes; /* [room] */
    size_t room, used;
    size_t taken; /* bytes at the start that were handed out as lines */
    size_t limit; /* the longest line, its newline included */
};

enum line_status {
    LINE_NONE, /* no whole line yet */
    LINE_READ, /* *line is one, without its newline, NUL-terminated, valid until the next call */
    LINE_END,  /* end of file or an error of reading; an unfinished last line is dropped */
    LINE_TOO_LONG, /* the limit was passed, or memory ran out */
};

void line_reader_create(struct line_reader *reader, size_t limit);
void line_reader_destroy(struct line_reader *reader);
enum line_status line_reader_next(struct line_reader *reader, int descriptor, char **line,
                                  size_t *length);

#endif
