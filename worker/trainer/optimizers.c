/* optimizers.c - the table of optimizers. */
#include "worker/trainer/optimizer.h"

#include <string.h>

static const struct optimizer_class *const classes[] = {
    &optimizer_sgd,  &optimizer_adagrad, &optimizer_adadelta, &optimizer_rmsprop,
    &optimizer_adam, &optimizer_adamw,   &optimizer_nadam,    &optimizer_radam,
    &optimizer_lion, &optimizer_lars,    &optimizer_lamb,
};

const struct optimizer_class *optimizer_class_find(const char *name)
{
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (strcmp(classes[i]->name, name) == 0)
            return classes[i];
    return NULL;
}
