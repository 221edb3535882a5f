/* option_value.c - reads numbers to the end of their text. */
#include "coordinator/commands/option_value.h"

#include <math.h>
#include <stdlib.h>

bool option_whole_number(const char *text, unsigned least, unsigned most, unsigned *value)
{
    char *end;
    long long found = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || found < least || found > most)
        return false;
    *value = (unsigned)found;
    return true;
}

bool option_number(const char *text, double *value)
{
    char *end;
    *value = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*value);
}
