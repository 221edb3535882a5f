/* range_summary.c - medians over seeds. */
#include "coordinator/find/range_summary.h"

#include "common/median.h"

#include <math.h>
#include <stdlib.h>

/* Sorts values[count]. The middle of two rates is their geometric mean. */
static struct range_interval interval(double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] = log(values[i]);
    double middle = median(values, count);
    return count == 0 ? (struct range_interval){NAN, NAN, NAN, 0}
                      : (struct range_interval){exp(middle), exp(values[0]), exp(values[count - 1]),
                                                count};
}

static enum range_status status_of_most(const size_t counts[RANGE_STATUSES])
{
    enum range_status most = RANGE_EMPTY;
    for (int i = 0; i < RANGE_STATUSES; i++)
        if (i != RANGE_SOUND && counts[i] > counts[most])
            most = (enum range_status)i;
    return most;
}

bool range_summarise(const struct range_result *results, size_t count,
                     struct range_summary *summary)
{
    size_t counts[RANGE_STATUSES] = {0}, used = 0;
    double *values = malloc((count + 1) * sizeof *values);
    if (!values)
        return false;
    for (size_t i = 0; i < count; i++)
        counts[results[i].status]++;
    *summary = (struct range_summary){.seeds = count, .sound = counts[RANGE_SOUND]};
    summary->status = 2 * summary->sound > count ? RANGE_SOUND : status_of_most(counts);
    for (size_t rate = 0; rate < RANGE_RATES; rate++) {
        used = 0;
        for (size_t i = 0; i < count; i++)
            if (results[i].status == RANGE_SOUND && !isnan(results[i].rate[rate]))
                values[used++] = results[i].rate[rate];
        bool told = summary->status == RANGE_SOUND && 2 * used > summary->sound;
        summary->rate[rate] = interval(values, told ? used : 0);
    }
    used = 0;
    for (size_t i = 0; i < count; i++)
        if (results[i].status == RANGE_RISING && !isnan(results[i].rising))
            values[used++] = results[i].rising;
    summary->rising = interval(values, used).median;
    free(values);
    return true;
}
