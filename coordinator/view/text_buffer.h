/* text_buffer.h - a text, or any bytes, that grow while they are written. */
#ifndef LRSWEEP_COORDINATOR_VIEW_TEXT_BUFFER_H
#define LRSWEEP_COORDINATOR_VIEW_TEXT_BUFFER_H

#include "common/portability.h"

#include <stdbool.h>
#include <stddef.h>

/* Begins as {0}; free `text`. When memory runs out `failed` is set and nothing is added any more.
 */
struct text_buffer {
    char *text; /* [length], not terminated */
    size_t length, room;
    bool failed;
};

void text_buffer_add(struct text_buffer *buffer, const char *bytes, size_t length);
void text_buffer_print(struct text_buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);

/* Adds a text as the content of an element or of an attribute in double quotes: HTML's and XML's
 * special characters are written as references. */
void text_buffer_add_escaped(struct text_buffer *buffer, const char *text);

#endif
