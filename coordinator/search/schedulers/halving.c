/* halving.c - synchronous successive halving (Jamieson and Talwalkar, "Non-stochastic best arm
 * identification and hyperparameter optimization", AISTATS 2016; the form with minimum and maximum
 * budget is algorithm 1 of Li et al., "A system for massively parallel hyperparameter tuning",
 * MLSys 2020), and `none`, which is the same with a single rung at the full budget.
 *
 * Rung k has the budget min_budget * eta^k and takes floor(candidates / eta^k) candidates; the last
 * rung's budget is max_budget itself. The best of a rung go on when all of it has settled. Those
 * that diverged or failed never go on: if too few are left, the next rung is smaller.
 *
 * Where a rung's candidates do not divide among the trainers, the last of them are trained in
 * turns, a part of the budget at a time, so that no trainer waits idle for the others (McNaughton,
 * "Scheduling with deadlines and loss functions", Management Science 1959: with preemption the
 * shortest schedule is the mean load). A result does not depend on where its training was paused.
 */
#include "coordinator/search/schedulers/scheduler.h"

#include <math.h>
#include <stdlib.h>

#define PARTS_MAX      8   /* of a segment that is trained in turns */
#define PART_MIN_STEPS 100 /* a turn that is shorter costs more to take up than it saves */

struct halving {
    size_t rung;       /* under way */
    uint32_t *members; /* trials of this rung, in the order in which they start */
    uint32_t member_count;
    uint32_t started;   /* of members, given to a trainer */
    uint32_t *resuming; /* members that were given back at the end of their turn, a ring */
    uint32_t resuming_first, resuming_count;
};

static void destroy(void *state)
{
    struct halving *halving = state;
    if (halving) {
        free(halving->members);
        free(halving->resuming);
    }
    free(halving);
}

static struct halving *create(uint32_t candidates)
{
    struct halving *halving = calloc(1, sizeof *halving);
    if (!halving)
        return NULL;
    halving->members = malloc(candidates * sizeof *halving->members);
    halving->resuming = malloc(candidates * sizeof *halving->resuming);
    if (halving->members && halving->resuming)
        return halving;
    destroy(halving);
    return NULL;
}

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

static void *create_with(struct search *search, bool single, struct error *error)
{
    struct halving *halving = create(search->settings.candidates);
    if (halving && add_rungs(search, single))
        return halving;
    destroy(halving);
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

static uint32_t common_divisor(uint32_t a, uint32_t b)
{
    while (b > 0) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* How many turns the rung's member number `index` takes; 1: it is trained in one go. */
static uint32_t parts(const struct search *search, uint32_t members, uint32_t index)
{
    uint32_t trainers = search->trainers;
    if (trainers == 0 || members <= trainers || members % trainers == 0)
        return 1;
    uint32_t over = members % trainers;
    if (index + trainers + over < members)
        return 1;
    uint32_t wanted = trainers / common_divisor(trainers, over);
    return wanted < PARTS_MAX ? wanted : PARTS_MAX;
}

/* Sets where the trial's next turn ends. The search drops a pause that is not before the target. */
static void plan_turn(const struct halving *halving, struct search *search, uint32_t number,
                      uint32_t index)
{
    const struct search_rung *rung = &search->rungs[halving->rung];
    struct search_trial *trial = &search->trials[number];
    uint32_t members = halving->rung == 0 ? rung->quota : halving->member_count;
    uint32_t turns = parts(search, members, index);
    uint64_t start = halving->rung == 0 ? 0 : search_budget_steps(search, number, rung[-1].budget);
    uint64_t target = search_budget_steps(search, number, rung->budget);
    uint64_t turn = (target - start + turns - 1) / turns;
    trial->pause = turns > 1 && turn >= PART_MIN_STEPS ? trial->step + turn : 0;
}

static uint32_t next(void *state, struct search *search)
{
    struct halving *halving = state;
    struct search_rung *rung = &search->rungs[halving->rung];
    if (halving->rung == 0 && halving->member_count < rung->quota) {
        uint32_t trial = search_new_trial(search, rung->bracket);
        if (trial == SEARCH_NO_TRIAL)
            return trial;
        halving->members[halving->member_count++] = trial;
        rung->entered++;
    }
    if (halving->started < halving->member_count) {
        uint32_t index = halving->started++;
        plan_turn(halving, search, halving->members[index], index);
        return halving->members[index];
    }
    if (halving->resuming_count == 0)
        return SEARCH_NO_TRIAL;
    uint32_t trial = halving->resuming[halving->resuming_first];
    halving->resuming_first = (halving->resuming_first + 1) % search->settings.candidates;
    halving->resuming_count--;
    plan_turn(halving, search, trial, halving->member_count);
    return trial;
}

static void paused(void *state, struct search *search, uint32_t trial)
{
    struct halving *halving = state;
    uint32_t room = search->settings.candidates;
    halving->resuming[(halving->resuming_first + halving->resuming_count++) % room] = trial;
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
            if (child + 1 < end && search_ranks_before(search, trials[child], trials[child + 1]))
                child++;
            if (!search_ranks_before(search, trials[root], trials[child]))
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
    bool last = halving->rung + 1 == search->brackets[0].count;
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

const struct scheduler_class scheduler_none = {"none",  create_none, destroy,  next,
                                               settled, paused,      exhausted};
const struct scheduler_class scheduler_sha = {"sha",   create_sha, destroy,  next,
                                              settled, paused,     exhausted};
