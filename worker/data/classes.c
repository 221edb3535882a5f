/* classes.c - sorts the distinct labels and looks each up. */
#include "worker/data/classes.h"

#include <stdlib.h>
#include <string.h>

typedef int (*comparison)(const void *, const void *);

static int numbers_compare(const void *a, const void *b)
{
    double first = *(const double *)a, second = *(const double *)b;
    return (first > second) - (first < second);
}

static int texts_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum classes_state classes_number(const void *value, size_t bytes, comparison compare,
                                         size_t train, size_t total, int32_t *labels,
                                         uint32_t *count, size_t *sample)
{
    char *sorted = train ? malloc(train * bytes) : NULL;
    size_t distinct = 0;
    if (!sorted)
        return train ? CLASSES_NO_MEMORY : CLASSES_ONE;
    memcpy(sorted, value, train * bytes);
    qsort(sorted, train, bytes, compare);
    for (size_t i = 0; i < train; i++) {
        if (distinct && compare(sorted + (distinct - 1) * bytes, sorted + i * bytes) == 0)
            continue;
        memmove(sorted + distinct * bytes, sorted + i * bytes, bytes);
        distinct++;
    }
    enum classes_state state = distinct < 2             ? CLASSES_ONE
                               : distinct > CLASSES_MAX ? CLASSES_MANY
                                                        : CLASSES_GOOD;
    for (size_t i = 0; i < total && state == CLASSES_GOOD; i++) {
        const char *found =
            bsearch((const char *)value + i * bytes, sorted, distinct, bytes, compare);
        if (found) {
            labels[i] = (int32_t)((size_t)(found - sorted) / bytes);
        } else {
            state = CLASSES_UNKNOWN;
            *sample = i;
        }
    }
    *count = (uint32_t)distinct;
    free(sorted);
    return state;
}

enum classes_state classes_of_numbers(const double *value, size_t train, size_t total,
                                      int32_t *labels, uint32_t *count, size_t *sample)
{
    return classes_number(value, sizeof *value, numbers_compare, train, total, labels, count,
                          sample);
}

enum classes_state classes_of_texts(const char *const *value, size_t train, size_t total,
                                    int32_t *labels, uint32_t *count, size_t *sample)
{
    return classes_number(value, sizeof *value, texts_compare, train, total, labels, count, sample);
}
