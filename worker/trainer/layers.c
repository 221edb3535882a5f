/* layers.c - the table of layers. */
#include "worker/trainer/layer.h"

#include <string.h>

static const struct layer_class *const classes[] = {
    &layer_dense,
};

const struct layer_class *layer_class_find(const char *name)
{
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (strcmp(classes[i]->name, name) == 0)
            return classes[i];
    return NULL;
}

size_t shape_count(const struct shape *shape)
{
    size_t count = 1;
    for (size_t i = 0; i < shape->rank; i++)
        count *= shape->size[i];
    return count;
}
