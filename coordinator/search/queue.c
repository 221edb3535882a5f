/* queue.c - a ring that doubles. */
#include "coordinator/search/queue.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 16

/* The part that had wrapped around goes on behind the old end. */
static bool grow(struct queue *queue)
{
    size_t room = queue->room ? 2 * queue->room : FIRST_ROOM;
    uint32_t *items = realloc(queue->items, room * sizeof *items);
    if (!items)
        return false;
    if (queue->room > 0)
        memcpy(items + queue->room, items, queue->first * sizeof *items);
    queue->items = items;
    queue->room = room;
    return true;
}

bool queue_push(struct queue *queue, uint32_t item)
{
    if (queue->count == queue->room && !grow(queue))
        return false;
    queue->items[(queue->first + queue->count++) % queue->room] = item;
    return true;
}

uint32_t queue_pop(struct queue *queue)
{
    uint32_t item = queue->items[queue->first];
    queue->first = (queue->first + 1) % queue->room;
    queue->count--;
    return item;
}

void queue_clear(struct queue *queue)
{
    queue->first = queue->count = 0;
}

void queue_destroy(struct queue *queue)
{
    free(queue->items);
}
