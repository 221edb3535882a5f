/* text_buffer.c - doubles its room where it is too small. */
#include "coordinator/view/text_buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_AT_FIRST 256

void text_buffer_add(struct text_buffer *buffer, const char *bytes, size_t length)
{
    if (buffer->failed || length == 0)
        return;
    if (buffer->room - buffer->length < length) {
        size_t room = buffer->room > 0 ? buffer->room : ROOM_AT_FIRST;
        while (room - buffer->length < length)
            room *= 2;
        char *more = realloc(buffer->text, room);
        buffer->failed = more == NULL;
        if (!more)
            return;
        buffer->text = more;
        buffer->room = room;
    }
    memcpy(buffer->text + buffer->length, bytes, length);
    buffer->length += length;
}

void text_buffer_print(struct text_buffer *buffer, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof text)
        buffer->failed = true;
    else
        text_buffer_add(buffer, text, (size_t)length);
}

void text_buffer_add_escaped(struct text_buffer *buffer, const char *text)
{
    static const char special[] = "<>&\"'";
    static const char *const references[] = {"&lt;", "&gt;", "&amp;", "&quot;", "&#39;"};
    while (*text) {
        size_t plain = strcspn(text, special);
        text_buffer_add(buffer, text, plain);
        text += plain;
        if (*text) {
            const char *reference = references[strchr(special, *text) - special];
            text_buffer_add(buffer, reference, strlen(reference));
            text++;
        }
    }
}
