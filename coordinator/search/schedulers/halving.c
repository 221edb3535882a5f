/* halving.c - synchronous successive halving, and `none`, which is the same with a single rung at
 * the full budget. */
#include "coordinator/search/schedulers/halving.h"

#include "coordinator/search/schedulers/scheduler.h"

#include <math.h>
#include <stdlib.h>

void halving_begin(struct halving *halving, uint32_t bracket, uint32_t candidates)
{
    *halving = (struct halving){
        .bracket = bracket, .candidates = candidates, .cohort = {.expected = candidates}};
}

void halving_destroy(struct halving *halving)
{
    cohort_destroy(&halving->cohort);
    contenders_destroy(&halving->contenders);
}

uint32_t halving_quota(uint32_t candidates, uint32_t eta, uint32_t level)
{
    while (level-- > 0)
        candidates /= eta;
    return candidates > 0 ? candidates : 1;
}

bool halving_is_full(const struct halving *halving)
{
    return halving->over || halving->level > 0 || halving->cohort.count == halving->candidates;
}

uint32_t halving_next(struct halving *halving, struct search *search)
{
    if (!halving_is_full(halving)) {
        uint32_t trial = search_new_trial(search, halving->bracket);
        if (trial == SEARCH_NO_TRIAL)
            return trial;
        if (!cohort_join(&halving->cohort, trial))
            search->out_of_memory = true;
    }
    return cohort_next(&halving->cohort, search);
}

/* How many go on from the rung under way, at most. */
static uint32_t places(const struct halving *halving, const struct search *search)
{
    return halving_quota(halving->candidates, search->settings.eta, halving->level + 1);
}

/* The rung has settled: promotes its best, stops the rest. */
static void promote(struct halving *halving, struct search *search)
{
    struct cohort *cohort = &halving->cohort;
    uint32_t most = places(halving, search), promoted = 0;
    double cutoff = NAN;
    cohort_rank(cohort, search);
    for (uint32_t i = 0; i < cohort->count; i++) {
        uint32_t trial = cohort->members[i];
        if (!search_survives(&search->trials[trial]))
            break; /* ranked behind those that do */
        if (promoted == most) {
            search_stop_trial(search, trial, SEARCH_STOP_RANK, cutoff);
            continue;
        }
        promoted++;
        cutoff = search->trials[trial].final;
        search_promote(search, trial);
    }
    halving->level++;
    cohort_restart(cohort, promoted);
    contenders_clear(&halving->contenders);
}

bool halving_settled(struct halving *halving, struct search *search, uint32_t trial)
{
    bool last = halving->level + 1 == search->brackets[halving->bracket].count;
    if (last && search_survives(&search->trials[trial]))
        search_retire(search, trial, TRIAL_COMPLETE);
    else if (search_survives(&search->trials[trial]))
        contenders_enter(&halving->contenders, search, trial, places(halving, search));
    if (!cohort_settled(&halving->cohort))
        return false;
    if (!last)
        promote(halving, search);
    halving->over = last || halving->cohort.count == 0;
    return !halving->over;
}

/* --- the schedulers `none` and `sha`: one bracket, with turns ----------------------------------
 */

static bool add_rungs(struct search *search, bool single)
{
    const struct search_settings *settings = &search->settings;
    double budget = settings->min_budget;
    uint32_t quota = settings->candidates;
    if (!search_add_bracket(search))
        return false;
    /* The tolerance keeps 1, 3, 9 from losing its last rung to a rounding error. */
    while (!single && budget * settings->eta <= settings->max_budget * (1 + 1e-9) &&
           quota >= settings->eta) {
        if (!search_add_rung(search, budget, quota))
            return false;
        budget *= settings->eta;
        quota /= settings->eta;
    }
    return search_add_rung(search, settings->max_budget, quota);
}

static void destroy(void *state)
{
    halving_destroy(state);
    free(state);
}

static void *create_with(struct search *search, bool single, struct error *error)
{
    struct halving *halving = malloc(sizeof *halving);
    if (halving && add_rungs(search, single)) {
        halving_begin(halving, 0, search->settings.candidates);
        halving->cohort.takes_turns = true;
        return halving;
    }
    free(halving);
    error_set(error, "out of memory");
    return NULL;
}

static void *create_none(struct search *search, struct error *error)
{
    return create_with(search, true, error);
}

static void *create_sha(struct search *search, struct error *error)
{
    return create_with(search, false, error);
}

static uint32_t next(void *state, struct search *search)
{
    return halving_next(state, search);
}

static void settled(void *state, struct search *search, uint32_t trial)
{
    (void)halving_settled(state, search, trial);
}

static void paused(void *state, struct search *search, uint32_t trial)
{
    struct halving *halving = state;
    if (!cohort_paused(&halving->cohort, search, trial))
        search->out_of_memory = true;
}

static bool exhausted(const void *state, const struct search *search)
{
    const struct halving *halving = state;
    (void)search;
    return halving->over;
}

const struct scheduler_class scheduler_none = {.name = "none",
                                               .create = create_none,
                                               .destroy = destroy,
                                               .next = next,
                                               .settled = settled,
                                               .paused = paused,
                                               .exhausted = exhausted};
const struct scheduler_class scheduler_sha = {.name = "sha",
                                              .create = create_sha,
                                              .destroy = destroy,
                                              .next = next,
                                              .settled = settled,
                                              .paused = paused,
                                              .exhausted = exhausted};
