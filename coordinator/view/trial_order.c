/* trial_order.c - ranks trials by what they reached. */
#include "coordinator/view/trial_order.h"

#include <math.h>
#include <stdlib.h>

double trial_order_value(const struct trial_row *trial)
{
    double value = trial->state == TRIAL_COMPLETE ? trial->final : trial->metric;
    return isfinite(value) ? value : INFINITY;
}

static int by_result(const void *a, const void *b)
{
    const struct trial_row *left = ((const struct trial_rank *)a)->trial;
    const struct trial_row *right = ((const struct trial_rank *)b)->trial;
    bool left_complete = left->state == TRIAL_COMPLETE;
    bool right_complete = right->state == TRIAL_COMPLETE;
    if (left_complete != right_complete)
        return left_complete ? -1 : 1;
    double x = trial_order_value(left), y = trial_order_value(right);
    if (x != y)
        return x < y ? -1 : 1;
    return (left->id > right->id) - (left->id < right->id);
}

size_t trial_order(const struct snapshot *snapshot, struct trial_rank *order)
{
    size_t candidates = 0;
    for (size_t i = 0; i < snapshot->trial_count; i++)
        if (!snapshot->trials[i].repeat)
            order[candidates++].trial = &snapshot->trials[i];
    qsort(order, candidates, sizeof *order, by_result);
    return candidates;
}
