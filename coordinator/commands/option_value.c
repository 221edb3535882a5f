/* option_value.c - reads numbers to the end of their text. */
#include "coordinator/commands/option_value.h"

#include <math.h>
#include <stdlib.h>

int option_whole_number(const struct command *command, const char *name, const char *text,
                        unsigned least, unsigned most, unsigned *value)
{
    char *end;
    long long found = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || found < least || found > most)
        return command_usage_error(command, "--%s %s: a whole number from %u to %u is allowed",
                                   name, text, least, most);
    *value = (unsigned)found;
    return EXIT_OK;
}

bool option_number(const char *text, double *value)
{
    char *end;
    *value = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*value);
}
