/* error.c - formats error texts. */
#include "common/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool error_set(struct error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
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
    return false;
}
