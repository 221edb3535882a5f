/* schedulers.c - the table of schedulers. */
#include "coordinator/search/schedulers/scheduler.h"

#include <string.h>

static const struct scheduler_class *const schedulers[] = {
    &scheduler_none,      &scheduler_sha,    &scheduler_asha,
    &scheduler_hyperband, &scheduler_median, &scheduler_pbt,
};

const struct scheduler_class *scheduler_find(const char *name)
{
    for (size_t i = 0; i < sizeof schedulers / sizeof schedulers[0]; i++)
        if (strcmp(schedulers[i]->name, name) == 0)
            return schedulers[i];
    return NULL;
}
