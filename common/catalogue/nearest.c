/* nearest.c - edit distance between names. */
#include "common/catalogue/nearest.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static char lower(char c)
{
    return (char)tolower((unsigned char)c);
}

size_t nearest_distance(const char *a, const char *b)
{
    size_t rows = strlen(a), columns = strlen(b);
    if (rows >= NEAREST_NAME_MAX_BYTES || columns >= NEAREST_NAME_MAX_BYTES)
        return SIZE_MAX;
    /* cost[i % 3][j]: from the first i letters of a to the first j of b. */
    size_t cost[3][NEAREST_NAME_MAX_BYTES];
    for (size_t j = 0; j <= columns; j++)
        cost[0][j] = j;
    for (size_t i = 1; i <= rows; i++) {
        size_t *now = cost[i % 3];
        const size_t *before = cost[(i - 1) % 3];
        const size_t *before_that = cost[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= columns; j++) {
            size_t changed = before[j - 1] + (lower(a[i - 1]) != lower(b[j - 1]));
            now[j] = least(changed, least(before[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1]))
                now[j] = least(now[j], before_that[j - 2] + 1);
        }
    }
    return cost[rows % 3][columns];
}

void nearest_start(struct nearest *nearest, const char *wanted)
{
    *nearest = (struct nearest){.wanted = wanted, .name = NULL, .distance = SIZE_MAX};
}

void nearest_offer(struct nearest *nearest, const char *name)
{
    size_t distance = nearest_distance(nearest->wanted, name);
    size_t wanted_length = strlen(nearest->wanted), length = strlen(name);
    size_t limit = (wanted_length > length ? wanted_length : length) / 3;
    if (limit == 0)
        limit = 1;
    /* Something must be left of the name: "a" is not a misspelt "b". */
    if (distance >= length || distance > limit || distance >= nearest->distance)
        return;
    nearest->name = name;
    nearest->distance = distance;
}
