/* losses.c - the table of losses. */
#include "worker/trainer/loss.h"

#include <string.h>

static const struct loss_class *const classes[] = {
    &loss_cross_entropy,
    &loss_squared_error,
};

const struct loss_class *loss_class_find(const char *name)
{
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (strcmp(classes[i]->name, name) == 0)
            return classes[i];
    return NULL;
}
