/* trial_order.h - the order in which trials are shown. */
#ifndef LRSWEEP_COORDINATOR_VIEW_TRIAL_ORDER_H
#define LRSWEEP_COORDINATOR_VIEW_TRIAL_ORDER_H

#include "coordinator/study/snapshot.h"

/* A bare pointer's size is taken for a mistake by clang-tidy. */
struct trial_rank {
    const struct trial_row *trial;
};

/* Every trial but repeats, the complete ones first by their final value, then the others by their
 * best metric; without a metric, and between equals, by id. order [trial_count + 1]; returns how
 * many there are. */
size_t trial_order(const struct snapshot *snapshot, struct trial_rank *order);

/* What a trial is ranked by: the final value of a complete one, the best metric of the others;
 * infinite where there is none. */
double trial_order_value(const struct trial_row *trial);

#endif
