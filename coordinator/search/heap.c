/* heap.c - a binary heap in an array. */
#include "coordinator/search/heap.h"

#include "coordinator/search/state.h"

#include <stdlib.h>

bool heap_item_before(struct heap_item a, struct heap_item b)
{
    return a.value != b.value ? a.value < b.value : a.number < b.number;
}

static bool above(const struct heap *heap, struct heap_item a, struct heap_item b)
{
    return heap->descending ? heap_item_before(b, a) : heap_item_before(a, b);
}

bool heap_push(struct heap *heap, struct heap_item item)
{
    void *items = heap->items;
    if (!search_reserve(&items, &heap->room, heap->count + 1, sizeof *heap->items))
        return false;
    heap->items = items;
    size_t place = heap->count++;
    for (; place > 0 && above(heap, item, heap->items[(place - 1) / 2]); place = (place - 1) / 2)
        heap->items[place] = heap->items[(place - 1) / 2];
    heap->items[place] = item;
    return true;
}

struct heap_item heap_pop(struct heap *heap)
{
    struct heap_item first = heap->items[0], last = heap->items[--heap->count];
    size_t place = 0;
    for (size_t child; (child = 2 * place + 1) < heap->count; place = child) {
        if (child + 1 < heap->count && above(heap, heap->items[child + 1], heap->items[child]))
            child++;
        if (!above(heap, heap->items[child], last))
            break;
        heap->items[place] = heap->items[child];
    }
    heap->items[place] = last;
    return first;
}

void heap_destroy(struct heap *heap)
{
    free(heap->items);
}
