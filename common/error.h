/* error.h - why an operation failed, in a sentence that a user can act on.
 *
 * A function that can fail returns bool and takes a `struct error *` from its caller. The text
 * names the thing, what was found and what was expected. Nothing below main prints it or exits. */
#ifndef LRSWEEP_COMMON_ERROR_H
#define LRSWEEP_COMMON_ERROR_H

#include "common/portability.h"

#include <stdbool.h>

#define ERROR_TEXT_BYTES 1024

struct error {
    char text[ERROR_TEXT_BYTES]; /* NUL-terminated; cut off if longer */
};

/* Formats the text; a control character in it becomes a question mark. Always returns false, so
 * that a failure reads `return error_set(error, ...)`. */
bool error_set(struct error *error, const char *format, ...) PRINTF_LIKE(2, 3);

/* Puts "prefix: " before the text that is there. Always returns false. */
bool error_prefix(struct error *error, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
