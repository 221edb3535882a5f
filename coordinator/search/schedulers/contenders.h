/* contenders.h - which results of a rung can still be among its best.
 *
 * A rung whose best `places` go on may hold a thousand trials before it is decided. One that has
 * `places` better ones beside it is out whatever comes, and its checkpoint is needed no more: no
 * more of them than `places`, and one for each trainer, lie around for a rung. */
#ifndef LRSWEEP_COORDINATOR_SEARCH_SCHEDULERS_CONTENDERS_H
#define LRSWEEP_COORDINATOR_SEARCH_SCHEDULERS_CONTENDERS_H

#include "coordinator/search/heap.h"
#include "coordinator/search/state.h"

/* All zero: nobody. */
struct contenders {
    struct heap best; /* the worst of them first */
};

void contenders_destroy(struct contenders *contenders);

/* A trial that survives has settled in the rung; releases the checkpoint of who is out by that. It
 * stays in the search until the rung is decided. */
void contenders_enter(struct contenders *contenders, struct search *search, uint32_t trial,
                      uint32_t places);

/* For another rung. */
void contenders_clear(struct contenders *contenders);

#endif
