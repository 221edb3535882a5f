/* range_summary.h - what the runs of a range test say together, each with a seed of its own. */
#ifndef LRSWEEP_COORDINATOR_FIND_RANGE_SUMMARY_H
#define LRSWEEP_COORDINATOR_FIND_RANGE_SUMMARY_H

#include "coordinator/find/range_curve.h"

/* The median of the seeds' rates, and the lowest and highest of them; NaN: none. */
struct range_interval {
    double median, low, high;
    size_t seeds; /* that have this rate */
};

struct range_summary {
    /* RANGE_SOUND if more than half of the seeds are; else what most of the others are. */
    enum range_status status;
    size_t seeds, sound;
    /* Of the sound seeds. A rate that no more than half of them have is NaN. */
    struct range_interval rate[RANGE_RATES];
    double rising; /* median of those that rose */
};

/* results[count]. False: out of memory. */
bool range_summarise(const struct range_result *results, size_t count,
                     struct range_summary *summary);

#endif
