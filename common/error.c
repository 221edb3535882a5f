/* error.c - formats error texts. */
#include "common/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Names and values from elsewhere are quoted: none of them moves a terminal's cursor. */
static void clean(char *text)
{
    enum { DELETE = 0x7f };
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == DELETE)
            *text = '?';
}

bool error_set(struct error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    clean(error->text);
    return false;
}

bool error_prefix(struct error *error, const char *format, ...)
{
    char prefix[ERROR_TEXT_BYTES / 2];
    char text[ERROR_TEXT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(prefix, sizeof prefix, format, arguments);
    va_end(arguments);
    memcpy(text, error->text, sizeof text);
    size_t length = strlen(prefix);
    memcpy(error->text, prefix, length);
    /* Being cut off is fine; asking for the result tells the compiler so. */
    if (snprintf(error->text + length, sizeof error->text - length, ": %s", text) < 0)
        error->text[length] = '\0';
    clean(error->text);
    return false;
}
