/* stable_lr.c - finds the edge of divergence in a study's trials. */
#include "coordinator/view/stable_lr.h"

#include "common/study_document.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A run that ends above this share of the constant predictor's figure has not learned. */
#define LEARNED_SHARE 0.85

struct fate {
    double lr;
    bool lost;
};

static int by_rate(const void *a, const void *b)
{
    const struct fate *left = a, *right = b;
    return (left->lr > right->lr) - (left->lr < right->lr);
}

/* A copy was trained with other rates before its own. */
static bool rate_is_its_own(const struct trial_row *trial)
{
    return isfinite(trial->lr) && trial->begun == 0;
}

static bool fate_known(const struct trial_row *trial)
{
    bool trained = trial->step > 0 || isfinite(trial->metric);
    return rate_is_its_own(trial) &&
           (trial->state == TRIAL_DIVERGED || (trained && trial->state != TRIAL_FAILED));
}

/* The metric of the constant predictor; NaN: not known. */
static double constant_metric(const struct snapshot *snapshot)
{
    bool share = strcmp(study_text(snapshot->document, "study", "metric"), "val_error") == 0;
    const char *text = snapshot_value(snapshot, share ? "classes" : "constant_loss");
    char *end = NULL;
    double value = strtod(text, &end);
    if (share && end != text && value == 0)
        return 1; /* numbers to predict: val_error is 1 - R^2 */
    if (end == text || !isfinite(value) || value <= 0)
        return NAN;
    return share ? 1 - 1 / value : value;
}

/* Index of the first fate above the split; `count` if no split is better than none. Sorted fates.
 */
static size_t best_split(const struct fate *fates, size_t count, uint32_t lost)
{
    /* Splitting before i calls the others sound: wrong are the lost below i and the sound from i
     * up. From above, and only for fewer: the highest of equal splits. */
    size_t best = count, fewest = lost, lost_above = 0;
    for (size_t i = count; i-- > 0;) {
        lost_above += fates[i].lost;
        size_t wrong = (lost - lost_above) + (count - i - lost_above);
        bool between_rates = i == 0 || fates[i].lr > fates[i - 1].lr;
        if (between_rates && wrong < fewest) {
            fewest = wrong;
            best = i;
        }
    }
    return best;
}

static void split(struct stable_lr *found, struct fate *fates, size_t count)
{
    if (count == 0)
        return;
    qsort(fates, count, sizeof *fates, by_rate);
    found->lowest_tried = fates[0].lr;
    found->highest_tried = fates[count - 1].lr;
    size_t at = best_split(fates, count, found->lost);
    if (at < count)
        found->edge = fates[at].lr;
    for (size_t i = 0; i < count; i++) {
        found->above += i >= at;
        found->above_lost += i >= at && fates[i].lost;
        if (i < at && !fates[i].lost)
            found->highest_stable = fates[i].lr;
    }
}

struct stable_lr stable_lr_find(const struct snapshot *snapshot)
{
    struct stable_lr found = {.edge = NAN,
                              .lowest_tried = NAN,
                              .highest_tried = NAN,
                              .highest_stable = NAN,
                              .lowest_useful = NAN};
    struct fate *fates = calloc(snapshot->trial_count + 1, sizeof *fates);
    if (!fates)
        return found;
    for (size_t i = 0; i < snapshot->trial_count; i++) {
        const struct trial_row *trial = &snapshot->trials[i];
        if (!fate_known(trial))
            continue;
        bool lost = trial->state == TRIAL_DIVERGED;
        fates[found.tried++] = (struct fate){trial->lr, lost};
        found.lost += lost;
    }
    split(&found, fates, found.tried);
    free(fates);

    double limit = LEARNED_SHARE * constant_metric(snapshot);
    for (size_t i = 0; i < snapshot->trial_count; i++) {
        const struct trial_row *trial = &snapshot->trials[i];
        bool learned = trial->metric <= limit && trial->state != TRIAL_DIVERGED &&
                       rate_is_its_own(trial) && !(trial->lr >= found.edge);
        if (learned && !(found.lowest_useful <= trial->lr))
            found.lowest_useful = trial->lr;
    }
    return found;
}
