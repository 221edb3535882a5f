/* contenders.c - which results of a rung can still be among its best. */
#include "coordinator/search/schedulers/contenders.h"

void contenders_destroy(struct contenders *contenders)
{
    heap_destroy(&contenders->best);
}

void contenders_enter(struct contenders *contenders, struct search *search, uint32_t trial,
                      uint32_t places)
{
    contenders->best.descending = true;
    if (!heap_push(&contenders->best, (struct heap_item){search->trials[trial].final, trial})) {
        search->out_of_memory = true;
        return;
    }
    if (contenders->best.count <= places)
        return;
    uint32_t number = heap_pop(&contenders->best).number;
    struct search_trial *out = &search->trials[number];
    /* Not one that asynchronous halving promoted while it was among the best. */
    if (out->state == TRIAL_PAUSED && out->rung == search->trials[trial].rung) {
        search_release(search, number, out->kept);
        out->dropped = true;
    }
}

void contenders_clear(struct contenders *contenders)
{
    contenders->best.count = 0;
}
