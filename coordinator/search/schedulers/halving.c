/* halving.c - synchronous successive halving (Jamieson and Talwalkar, "Non-stochastic best arm
 * identification and hyperparameter optimization", AISTATS 2016; the form with minimum and maximum
 * budget is algorithm 1 of Li et al., "A system for massively parallel hyperparameter tuning",
 * MLSys 2020), and `none`, which is the same with a single rung at the full budget.
 *
 * Rung k has the budget min_budget * eta^k and takes floor(candidates / eta^k) candidates; the last
 * rung's budget is max_budget itself. The best of a rung go on when all of it has settled. Those
 * that diverged or failed never go on: if too few are left, the next rung is smaller. */
#include "coordinator/search/schedulers/scheduler.h"

#include <math.h>
#include <stdlib.h>

struct halving {
    size_t rung;       /* under way */
    uint32_t *members; /* trials of this rung, in the order in which they start */
    uint32_t member_count;
    uint32_t started; /* of members, given to a trainer */
};

static struct halving *create(struct error *error)
{
    struct halving *halving = calloc(1, sizeof *halving);
    if (!halving)
        error_set(error, "out of memory");
    return halving;
}

static bool make_members(struct halving *halving, uint32_t candidates, struct error *error)
{
    halving->members = malloc(candidates * sizeof *halving->members);
    return halving->members || error_set(error, "out of memory");
}

static void destroy(void *state)
{
    struct halving *halving = state;
    if (halving)
        free(halving->members);
    free(halving);
}

static void *create_none(struct search *search, struct error *error)
{
    struct halving *halving = create(error);
    if (!halving || !make_members(halving, search->settings.candidates, error)) {
        destroy(halving);
        return NULL;
    }
    search->rungs[0] = (struct search_rung){
        .budget = search->settings.max_budget, .quota = search->settings.candidates, .cutoff = NAN};
    search->rung_count = 1;
    return halving;
}

static void *create_sha(struct search *search, struct error *error)
{
    const struct search_settings *settings = &search->settings;
    struct halving *halving = create(error);
    if (!halving || !make_members(halving, settings->candidates, error)) {
        destroy(halving);
        return NULL;
    }
    /* The tolerance keeps 1, 3, 9 from losing its last rung to a rounding error. */
    double budget = settings->min_budget;
    uint32_t quota = settings->candidates;
    size_t count = 0;
    while (budget <= settings->max_budget * (1 + 1e-9) && quota >= 1 && count < SEARCH_RUNGS_MAX) {
        search->rungs[count++] =
            (struct search_rung){.budget = budget, .quota = quota, .cutoff = NAN};
        budget *= settings->eta;
        quota /= settings->eta;
    }
    search->rungs[count - 1].budget = settings->max_budget;
    search->rung_count = count;
    return halving;
}

static uint32_t next(void *state, struct search *search)
{
    struct halving *halving = state;
    struct search_rung *rung = &search->rungs[halving->rung];
    if (halving->rung == 0 && halving->member_count < rung->quota) {
        uint32_t trial = search_new_trial(search);
        if (trial == SEARCH_NO_TRIAL)
            return trial;
        halving->members[halving->member_count++] = trial;
        halving->started++;
        rung->entered++;
        return trial;
    }
    if (halving->started == halving->member_count)
        return SEARCH_NO_TRIAL;
    return halving->members[halving->started++];
}

/* Survivors first, by value, ties to the lower number; then the others. */
static bool ranks_before(const struct search *search, uint32_t a, uint32_t b)
{
    const struct search_trial *first = &search->trials[a], *second = &search->trials[b];
    bool first_survives = search_survives(first), second_survives = search_survives(second);
    if (first_survives != second_survives)
        return first_survives;
    if (first_survives && first->final != second->final)
        return first->final < second->final;
    return a < b;
}

static void sort_by_rank(const struct search *search, uint32_t *trials, uint32_t count)
{
    /* Heap sort: no recursion, no context that qsort cannot carry. */
    for (uint32_t start = count / 2, end = count; end > 1;) {
        if (start > 0) {
            start--;
        } else {
            end--;
            uint32_t last = trials[end];
            trials[end] = trials[0];
            trials[0] = last;
        }
        for (uint32_t root = start, child; (child = 2 * root + 1) < end; root = child) {
            if (child + 1 < end && ranks_before(search, trials[child], trials[child + 1]))
                child++;
            if (!ranks_before(search, trials[root], trials[child]))
                break;
            uint32_t swapped = trials[root];
            trials[root] = trials[child];
            trials[child] = swapped;
        }
    }
}

/* The rung has settled: promotes its best, stops the rest. */
static void promote(struct halving *halving, struct search *search)
{
    struct search_rung *rung = &search->rungs[halving->rung], *above = rung + 1;
    sort_by_rank(search, halving->members, halving->member_count);
    uint32_t promoted = 0;
    /* Sorted, so that the last one promoted sets the cutoff before the first is stopped. */
    for (uint32_t i = 0; i < halving->member_count; i++) {
        uint32_t trial = halving->members[i];
        if (!search_survives(&search->trials[trial]))
            continue;
        if (promoted == above->quota) {
            search_retire(search, trial, TRIAL_STOPPED);
            continue;
        }
        search->trials[trial].rung = (uint32_t)halving->rung + 1;
        rung->cutoff = search->trials[trial].final;
        search_act(search, SEARCH_CHANGED, trial);
        halving->members[promoted++] = trial;
    }
    rung->promoted = promoted;
    above->entered = promoted;
    halving->rung++;
    halving->member_count = promoted;
    halving->started = 0;
}

static void settled(void *state, struct search *search, uint32_t trial)
{
    struct halving *halving = state;
    struct search_rung *rung = &search->rungs[halving->rung];
    bool last = halving->rung + 1 == search->rung_count;
    rung->settled++;
    if (last && search_survives(&search->trials[trial]))
        search_retire(search, trial, TRIAL_COMPLETE);
    bool all_started = halving->rung > 0 || halving->member_count == rung->quota;
    if (!last && all_started && rung->settled == rung->entered)
        promote(halving, search);
}

static bool exhausted(const void *state, const struct search *search)
{
    const struct halving *halving = state;
    const struct search_rung *rung = &search->rungs[halving->rung];
    bool all_started = halving->rung > 0 || halving->member_count == rung->quota;
    return all_started && halving->started == halving->member_count &&
           rung->settled == rung->entered;
}

const struct scheduler_class scheduler_none = {"none", create_none, destroy,
                                               next,   settled,     exhausted};
const struct scheduler_class scheduler_sha = {"sha", create_sha, destroy, next, settled, exhausted};
