/* classes.h - numbers the classes of a data set: 0, 1, 2 ... in the order of their labels.
 *
 * The training samples say which classes there are; other samples may hold no others. */
#ifndef LRSWEEP_WORKER_DATA_CLASSES_H
#define LRSWEEP_WORKER_DATA_CLASSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLASSES_MAX 65536

enum classes_state {
    CLASSES_GOOD,
    CLASSES_ONE,     /* the training samples hold fewer than two */
    CLASSES_MANY,    /* they hold more than CLASSES_MAX */
    CLASSES_UNKNOWN, /* a later sample holds one that they do not: *sample */
    CLASSES_NO_MEMORY
};

/* labels[i]: the rank of value[i] among the distinct values of the first `train`; *count: how many
 * these are. */
enum classes_state classes_of_numbers(const double *value, size_t train, size_t total,
                                      int32_t *labels, uint32_t *count, size_t *sample);

/* The same for texts, in the order of their bytes. */
enum classes_state classes_of_texts(const char *const *value, size_t train, size_t total,
                                    int32_t *labels, uint32_t *count, size_t *sample);

#endif
