/* nearest.h - which known name a misspelt one was meant to be. */
#ifndef LRSWEEP_COMMON_CATALOGUE_NEAREST_H
#define LRSWEEP_COMMON_CATALOGUE_NEAREST_H

#include <stddef.h>

#define NEAREST_NAME_MAX_BYTES 64 /* longer names are never near */

/* The number of insertions, deletions, substitutions and swaps of neighbours that turn `a` into
 * `b`, where no part is edited twice (Damerau, "A technique for computer detection and correction
 * of spelling errors", CACM 1964; the restricted, "optimal string alignment" form). Letter case
 * does not count. Names of NEAREST_NAME_MAX_BYTES or more are infinitely far: SIZE_MAX. */
size_t nearest_distance(const char *a, const char *b);

/* Offers names one after the other and keeps the nearest. */
struct nearest {
    const char *wanted;
    const char *name; /* the nearest so far, borrowed; NULL: none is near enough */
    size_t distance;
};

void nearest_start(struct nearest *nearest, const char *wanted);

/* Near enough is a distance of a third of the longer name at most, one at least. */
void nearest_offer(struct nearest *nearest, const char *name);

#endif
