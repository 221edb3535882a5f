/* verdict.c - the names of verdicts. */
#include "common/verdict.h"

#include <stddef.h>
#include <string.h>

static const char *const names[] = {
    [VERDICT_NONE] = "",
    [VERDICT_HEALTHY] = "healthy",
    [VERDICT_DIVERGED] = "diverged",
    [VERDICT_COLLAPSED] = "collapsed",
    [VERDICT_OSCILLATING] = "oscillating",
    [VERDICT_ERRATIC] = "erratic",
    [VERDICT_PLATEAUED] = "plateaued",
    [VERDICT_SLOW] = "slow",
    [VERDICT_OVERFITTING] = "overfitting",
};

bool verdict_ends(enum verdict verdict)
{
    return verdict == VERDICT_DIVERGED || verdict == VERDICT_COLLAPSED;
}

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
