/* hyperband.c - Hyperband (Li et al., "Hyperband: a novel bandit-based approach to hyperparameter
 * optimization", JMLR 2018, algorithm 1): successive halving in several brackets, which trade the
 * number of candidates against their first budget.
 *
 * With R = max_budget and s_max = floor(log_eta(R / min_budget)), bracket s = s_max ... 0 takes
 * n = ceil((s_max + 1) / (s + 1) eta^s) candidates and begins at R eta^-s. Passes over the brackets
 * follow each other until the candidates are used up; the last bracket takes what is left (and
 * promotes one at least). Passes share the brackets' rungs: a rung shows all that came to it.
 *
 * Synchronous: a bracket is a successive halving as it stands in halving.c. A trainer for which an
 * earlier bracket has no work begins the next one: what is searched does not depend on that.
 *
 * Asynchronous: each bracket is an ASHA (asha.c), to which candidates are dealt in the same turn
 * and number, as in Li et al. 2020, section 3.3; Ray draws the bracket instead. */
#include "common/hyperband.h"
#include "common/study_document.h"
#include "coordinator/search/schedulers/asha.h"
#include "coordinator/search/schedulers/halving.h"
#include "coordinator/search/schedulers/scheduler.h"

#include <stdlib.h>

/* A bracket of one of the passes. Its trials have consecutive numbers. */
struct run {
    uint32_t first; /* its first trial */
    struct halving halving;
};

struct hyperband {
    struct asha *asha; /* asynchronous; NULL: the runs */
    uint32_t *shares;  /* [brackets], candidates of a whole one */
    struct run *runs;  /* begun */
    size_t run_count, run_room;
    size_t unfinished;
    struct queue ready; /* runs in which trials wait to go on */
};

static void destroy(void *state)
{
    struct hyperband *hyperband = state;
    if (!hyperband)
        return;
    asha_destroy(hyperband->asha);
    for (size_t i = 0; i < hyperband->run_count; i++)
        halving_destroy(&hyperband->runs[i].halving);
    free(hyperband->runs);
    free(hyperband->shares);
    queue_destroy(&hyperband->ready);
    free(hyperband);
}

/* Adds bracket `s` for `passes` times its share of the candidates and `rest` in a last pass. */
static bool add_bracket(struct search *search, uint32_t s, uint32_t share, uint32_t passes,
                        uint32_t rest)
{
    const struct search_settings *settings = &search->settings;
    double budget = settings->max_budget;
    for (uint32_t i = 0; i < s; i++)
        budget /= settings->eta;
    if (!search_add_bracket(search))
        return false;
    for (uint32_t level = 0; level <= s; level++) {
        uint32_t quota = passes * halving_quota(share, settings->eta, level) +
                         (rest > 0 ? halving_quota(rest, settings->eta, level) : 0);
        if (!search_add_rung(search, level == s ? settings->max_budget : budget, quota))
            return false;
        budget *= settings->eta;
    }
    return true;
}

static bool add_brackets(struct search *search, const uint32_t *shares, uint32_t s_max)
{
    uint32_t pass = hyperband_pass(s_max, search->settings.eta), left = search->settings.candidates;
    uint32_t passes = left / pass;
    left %= pass;
    /* Brackets to which none are dealt are left out. */
    for (uint32_t i = 0; i <= s_max && (passes > 0 || left > 0); i++) {
        uint32_t partial = left < shares[i] ? left : shares[i];
        if (!add_bracket(search, s_max - i, shares[i], passes, partial))
            return false;
        left -= partial;
    }
    return true;
}

static void *create(struct search *search, struct error *error)
{
    const struct search_settings *settings = &search->settings;
    struct hyperband *hyperband = calloc(1, sizeof *hyperband);
    uint32_t s_max =
        hyperband_brackets(settings->min_budget, settings->max_budget, settings->eta) - 1;
    bool good = hyperband && (hyperband->shares = calloc(s_max + 1, sizeof *hyperband->shares));
    for (uint32_t i = 0; good && i <= s_max; i++)
        hyperband->shares[i] = hyperband_share(s_max - i, s_max, settings->eta);
    good = good && add_brackets(search, hyperband->shares, s_max);
    if (good && study_bool(search->document, "search", "asynchronous"))
        good = (hyperband->asha = asha_create(search, hyperband->shares, false)) != NULL;
    if (good)
        return hyperband;
    destroy(hyperband);
    error_set(error, "out of memory");
    return NULL;
}

/* Begins the bracket that follows in the turn, with what is left of the candidates. */
static struct run *begin(struct hyperband *hyperband, struct search *search)
{
    void *runs = hyperband->runs;
    if (!search_reserve(&runs, &hyperband->run_room, hyperband->run_count + 1,
                        sizeof *hyperband->runs)) {
        search->out_of_memory = true;
        return NULL;
    }
    hyperband->runs = runs;
    uint32_t bracket = (uint32_t)(hyperband->run_count % search->bracket_count);
    uint32_t left = search->settings.candidates - search->sampled;
    uint32_t share = hyperband->shares[bracket];
    struct run *run = &hyperband->runs[hyperband->run_count++];
    run->first = search->trial_count;
    halving_begin(&run->halving, bracket, left < share ? left : share);
    hyperband->unfinished++;
    return run;
}

static uint32_t next(void *state, struct search *search)
{
    struct hyperband *hyperband = state;
    if (hyperband->asha)
        return asha_next(hyperband->asha, search);
    if (hyperband->ready.count > 0) {
        uint32_t index = hyperband->ready.items[hyperband->ready.first];
        struct halving *halving = &hyperband->runs[index].halving;
        uint32_t trial = halving_next(halving, search);
        if (!cohort_waits(&halving->cohort))
            (void)queue_pop(&hyperband->ready);
        return trial;
    }
    if (!search_has_candidates(search))
        return SEARCH_NO_TRIAL;
    struct run *run = hyperband->run_count ? &hyperband->runs[hyperband->run_count - 1] : NULL;
    if (!run || halving_is_full(&run->halving))
        run = begin(hyperband, search);
    return run ? halving_next(&run->halving, search) : SEARCH_NO_TRIAL;
}

static size_t run_of(const struct hyperband *hyperband, uint32_t trial)
{
    size_t low = 0, high = hyperband->run_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (hyperband->runs[middle].first <= trial)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static void settled(void *state, struct search *search, uint32_t trial)
{
    struct hyperband *hyperband = state;
    if (hyperband->asha) {
        asha_settled(hyperband->asha, search, trial);
        return;
    }
    size_t index = run_of(hyperband, trial);
    struct halving *halving = &hyperband->runs[index].halving;
    if (halving_settled(halving, search, trial) && !queue_push(&hyperband->ready, (uint32_t)index))
        search->out_of_memory = true;
    if (halving->over) {
        halving_destroy(halving);
        halving->cohort = (struct cohort){0};
        halving->contenders = (struct contenders){0};
        hyperband->unfinished--;
    }
}

static bool exhausted(const void *state, const struct search *search)
{
    const struct hyperband *hyperband = state;
    if (hyperband->asha)
        return asha_exhausted(hyperband->asha, search);
    return hyperband->unfinished == 0 && !search_has_candidates(search);
}

static void end(void *state, struct search *search)
{
    struct hyperband *hyperband = state;
    if (hyperband->asha)
        asha_end(hyperband->asha, search);
}

const struct scheduler_class scheduler_hyperband = {.name = "hyperband",
                                                    .create = create,
                                                    .destroy = destroy,
                                                    .next = next,
                                                    .settled = settled,
                                                    .exhausted = exhausted,
                                                    .end = end};
