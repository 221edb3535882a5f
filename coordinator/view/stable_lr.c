/* stable_lr.c - finds the edge of divergence in a study's trials. */
#include "coordinator/view/stable_lr.h"

#include "common/study_document.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
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

/* A split before i calls the fates below i sound and the others lost: wrong are the lost below i
 * and the sound from i up. Splits stand between different rates; these make the fewest mistakes. */
struct split {
    size_t at;        /* the one that is taken; count: none is better */
    size_t low, high; /* the lowest and the highest of them */
};

static bool between_rates(const struct fate *fates, size_t count, size_t i)
{
    return i == 0 || i == count || fates[i].lr > fates[i - 1].lr;
}

/* Of sorted fates. */
static struct split best_split(const struct fate *fates, size_t count, uint32_t lost)
{
    struct split split = {.at = count};
    size_t fewest = lost, lost_above = 0;
    for (size_t i = count; i-- > 0;) {
        lost_above += fates[i].lost;
        size_t wrong = (lost - lost_above) + (count - i - lost_above);
        if (between_rates(fates, count, i) && wrong < fewest) {
            fewest = wrong;
            split.at = i;
        }
    }
    size_t wrong = count - lost;
    split.low = count + 1;
    for (size_t i = 0; i <= count; i++) {
        if (between_rates(fates, count, i) && wrong == fewest) {
            split.low = i < split.low ? i : split.low;
            split.high = i;
        }
        if (i < count)
            wrong += fates[i].lost ? 1 : (size_t)-1;
    }
    return split;
}

static void find_edge(struct stable_lr *found, struct fate *fates, size_t count)
{
    if (count == 0)
        return;
    qsort(fates, count, sizeof *fates, by_rate);
    found->lowest_tried = fates[0].lr;
    found->highest_tried = fates[count - 1].lr;
    const struct split split = best_split(fates, count, found->lost);
    size_t at = split.at;
    if (at < count) {
        found->edge = fates[at].lr;
        found->edge_low = split.low > 0 ? fates[split.low - 1].lr : NAN;
        found->edge_high = split.high < count ? fates[split.high].lr : NAN;
    }
    for (size_t i = 0; i < count; i++) {
        found->above += i >= at;
        found->above_lost += i >= at && fates[i].lost;
        if (i < at && !fates[i].lost)
            found->highest_stable = fates[i].lr;
    }
}

/* Among the trials with this label; labels NULL: among all. */
static struct stable_lr find_among(const struct snapshot *snapshot, char *const *labels,
                                   const char *label)
{
    struct stable_lr found = {.edge = NAN,
                              .lowest_tried = NAN,
                              .highest_tried = NAN,
                              .highest_stable = NAN,
                              .lowest_useful = NAN,
                              .edge_low = NAN,
                              .edge_high = NAN};
    struct fate *fates = calloc(snapshot->trial_count + 1, sizeof *fates);
    if (!fates)
        return found;
    for (size_t i = 0; i < snapshot->trial_count; i++) {
        const struct trial_row *trial = &snapshot->trials[i];
        if (!fate_known(trial) || (labels && strcmp(labels[i], label) != 0))
            continue;
        bool lost = trial->state == TRIAL_DIVERGED;
        fates[found.tried++] = (struct fate){trial->lr, lost};
        found.lost += lost;
    }
    find_edge(&found, fates, found.tried);
    free(fates);

    double limit = LEARNED_SHARE * constant_metric(snapshot);
    for (size_t i = 0; i < snapshot->trial_count; i++) {
        const struct trial_row *trial = &snapshot->trials[i];
        bool learned = trial->metric <= limit && trial->state != TRIAL_DIVERGED &&
                       rate_is_its_own(trial) && !(trial->lr >= found.edge) &&
                       (!labels || strcmp(labels[i], label) == 0);
        if (learned && !(found.lowest_useful <= trial->lr))
            found.lowest_useful = trial->lr;
    }
    return found;
}

struct stable_lr stable_lr_find(const struct snapshot *snapshot)
{
    return find_among(snapshot, NULL, NULL);
}

double stable_lr_top(const struct stable_lr *stable)
{
    return isnan(stable->edge_low) ? stable->highest_stable : stable->edge_low;
}

/* --- groups --------------------------------------------------------------------------------------
 */

static char *schedule_of(const struct trial_row *trial)
{
    return strdup(trial->schedule ? trial->schedule : "");
}

/* "" where the optimizer is not searched. */
static char *optimizer_of(const struct trial_row *trial)
{
    json_t *params = json_loads(trial->params ? trial->params : "", 0, NULL);
    const json_t *optimizer = json_object_get(params, "optimizer");
    const char *name = json_string_value(json_object_get(optimizer, "type"));
    char *copy = strdup(name ? name : "");
    json_decref(params);
    return copy;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The first of each row of equal names, of sorted ones, to the front; returns how many. */
static size_t names_unite(char **names, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (names[i][0] && (kept == 0 || strcmp(names[kept - 1], names[i]) != 0))
            names[kept++] = names[i];
    return kept;
}

size_t stable_lr_group(const struct snapshot *snapshot, enum stable_lr_key key,
                       struct stable_lr_group groups[STABLE_LR_GROUPS_MAX])
{
    static char *(*const label_of[])(const struct trial_row *trial) = {
        [STABLE_LR_SCHEDULE] = schedule_of, [STABLE_LR_OPTIMIZER] = optimizer_of};
    size_t count = snapshot->trial_count, found = 0;
    char **labels = calloc(count + 1, sizeof *labels), **names = calloc(count + 1, sizeof *names);
    bool good = labels && names;
    for (size_t i = 0; good && i < count; i++)
        good = (names[i] = labels[i] = label_of[key](&snapshot->trials[i])) != NULL;
    if (good) {
        qsort(names, count, sizeof *names, by_name);
        found = names_unite(names, count);
        found = found > STABLE_LR_GROUPS_MAX ? STABLE_LR_GROUPS_MAX : found;
    }
    found = found < 2 ? 0 : found;
    for (size_t i = 0; i < found; i++) {
        (void)snprintf(groups[i].name, sizeof groups[i].name, "%s", names[i]);
        groups[i].found = find_among(snapshot, labels, names[i]);
    }
    for (size_t i = 0; labels && i < count; i++)
        free(labels[i]);
    free(labels);
    free(names);
    return found;
}
