/* verdict.c - the names of verdicts. */
#include "common/verdict.h"

#include <stddef.h>
#include <string.h>

static const char *const names[] = {
    [VERDICT_NONE] = "",
    [VERDICT_HEALTHY] = "healthy",
    [VERDICT_DIVERGED] = "diverged",
    [VERDICT_COLLAPSED] = "collapsed",
};

const char *verdict_name(enum verdict verdict)
{
    return (size_t)verdict < sizeof names / sizeof names[0] ? names[verdict] : "";
}

enum verdict verdict_from_name(const char *name)
{
    for (size_t i = 0; name && i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0)
            return (enum verdict)i;
    return VERDICT_NONE;
}
