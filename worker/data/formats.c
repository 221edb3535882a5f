/* formats.c - the table of data formats. */
#include "worker/data/format.h"

#include <string.h>

static const struct data_format *const formats[] = {
    &format_idx,    &format_cifar10, &format_cifar100, &format_npy,       &format_csv,
    &format_libsvm, &format_spirals, &format_teacher,  &format_quadratic,
};

const struct data_format *data_format_find(const char *name)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (strcmp(formats[i]->name, name) == 0)
            return formats[i];
    return NULL;
}

size_t storage_bytes(enum storage storage)
{
    return storage == STORAGE_F32 ? sizeof(float) : sizeof(uint8_t);
}
