/* stable_lr.h - up to which learning rate training is stable, and from which it learns. */
#ifndef LRSWEEP_COORDINATOR_VIEW_STABLE_LR_H
#define LRSWEEP_COORDINATOR_VIEW_STABLE_LR_H

#include "coordinator/study/snapshot.h"

struct stable_lr {
    double edge;         /* rates from here up diverge; NaN: no such rate was tried */
    uint32_t above;      /* trials at or above the edge */
    uint32_t above_lost; /* those of them that diverged */
    uint32_t lost;       /* all trials that diverged */
    uint32_t tried;      /* trials that were trained: those whose fate counts */
    double lowest_tried, highest_tried; /* NaN: none was trained */
    double highest_stable; /* largest rate below the edge that did not diverge, NaN: none */
    double lowest_useful;  /* smallest rate below the edge that learned, NaN: none, or not known */
    double edge_low,
        edge_high; /* between which the edge lies; NaN: not bounded there, or no edge */
};

/* Over all trials.
 *
 * The edge is the split of the rates that misclassifies the fewest trials, when those below it are
 * said to train and those from it up to diverge; of several such splits, no split at all among
 * them, the highest. Trials that were not trained yet, or whose attempts were lost, say nothing
 * about their rate.
 *
 * It lies between the rates on both sides of that split. Where fates overlap, several splits may
 * make as few mistakes: the interval then reaches from the rate below the lowest of them to the
 * rate above the highest.
 *
 * A rate learned if its best metric is at or below 0.85 of the constant predictor's: of its loss
 * (study value "constant_loss") where the metric is a loss, of 1 - 1/classes for val_error. Where
 * that is not known, lowest_useful is NaN. */
struct stable_lr stable_lr_find(const struct snapshot *snapshot);

/* Up to which rate training was stable for sure: the lower end of the edge's interval, the highest
 * stable rate where there is no edge. NaN: not known. */
double stable_lr_top(const struct stable_lr *stable);

/* What the trials can be grouped by. */
enum stable_lr_key { STABLE_LR_SCHEDULE, STABLE_LR_OPTIMIZER };

#define STABLE_LR_GROUPS_MAX 32

struct stable_lr_group {
    char name[32]; /* of the schedule or the optimizer */
    struct stable_lr found;
};

/* One group for each value that the trials have, in the order of their names; returns how many: 0
 * where they do not differ, or where there is no memory. */
size_t stable_lr_group(const struct snapshot *snapshot, enum stable_lr_key key,
                       struct stable_lr_group groups[STABLE_LR_GROUPS_MAX]);

#endif
