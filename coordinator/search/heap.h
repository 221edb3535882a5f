/* heap.h - a heap of valued numbers, such as trials and their results (Williams, "Algorithm 232:
 * Heapsort", CACM 1964). Ties go by the number, so that the order is total. */
#ifndef LRSWEEP_COORDINATOR_SEARCH_HEAP_H
#define LRSWEEP_COORDINATOR_SEARCH_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap_item {
    double value; /* infinite perhaps, never NaN */
    uint32_t number;
};

/* All zero: empty, the lowest item first. */
struct heap {
    struct heap_item *items; /* [count]; items[0] is the first of all */
    size_t count, room;
    bool descending; /* the highest item first */
};

/* Whether a is the lower one. */
bool heap_item_before(struct heap_item a, struct heap_item b);

/* False: out of memory. */
bool heap_push(struct heap *heap, struct heap_item item);

/* Takes the first item. The heap is not empty. */
struct heap_item heap_pop(struct heap *heap);

void heap_destroy(struct heap *heap);

#endif
