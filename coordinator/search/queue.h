/* queue.h - a queue of numbers: first in, first out. */
#ifndef LRSWEEP_COORDINATOR_SEARCH_QUEUE_H
#define LRSWEEP_COORDINATOR_SEARCH_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero: empty. */
struct queue {
    uint32_t *items; /* a ring of `room` places */
    size_t first, count, room;
};

/* False: out of memory. */
bool queue_push(struct queue *queue, uint32_t item);

/* The oldest item. The queue is not empty. */
uint32_t queue_pop(struct queue *queue);

void queue_clear(struct queue *queue);
void queue_destroy(struct queue *queue);

#endif
