/* asha.c - who is promotable is told by three heaps a rung: no decision looks at all trials. */
#include "coordinator/search/schedulers/asha.h"

#include "common/study_document.h"
#include "coordinator/search/heap.h"
#include "coordinator/search/schedulers/contenders.h"
#include "coordinator/search/schedulers/scheduler.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The results that came to a rung. */
struct standing {
    struct heap best;  /* the best 1/eta of them, the worst of these first */
    struct heap rest;  /* the others, the best first */
    struct heap stays; /* of all, those that were not promoted and can be, the best first */
    struct contenders contenders;
};

struct asha {
    bool stopping;
    struct standing *standings; /* [rung], as in search->rungs */
    size_t standing_count;
    uint32_t *shares; /* [brackets], of the candidates */
    size_t bracket_count;
    size_t dealt_to; /* the bracket that the next candidate goes to */
    uint32_t dealt;  /* candidates that it got since it was its turn */
    uint32_t complete;
    struct queue going; /* stopping: trials that go on */
};

void asha_destroy(void *state)
{
    struct asha *asha = state;
    if (!asha)
        return;
    for (size_t i = 0; asha->standings && i < asha->standing_count; i++) {
        heap_destroy(&asha->standings[i].best);
        heap_destroy(&asha->standings[i].rest);
        heap_destroy(&asha->standings[i].stays);
        contenders_destroy(&asha->standings[i].contenders);
    }
    free(asha->standings);
    free(asha->shares);
    queue_destroy(&asha->going);
    free(asha);
}

struct asha *asha_create(struct search *search, const uint32_t *shares, bool stopping)
{
    struct asha *asha = calloc(1, sizeof *asha);
    if (!asha)
        return NULL;
    asha->stopping = stopping;
    asha->bracket_count = search->bracket_count;
    asha->standing_count = search->rung_count;
    asha->standings = calloc(asha->standing_count, sizeof *asha->standings);
    asha->shares = malloc(asha->bracket_count * sizeof *shares);
    if (!asha->standings || !asha->shares) {
        asha_destroy(asha);
        return NULL;
    }
    memcpy(asha->shares, shares, asha->bracket_count * sizeof *shares);
    for (size_t i = 0; i < asha->standing_count; i++)
        asha->standings[i].best.descending = true;
    return asha;
}

static size_t rung_index(const struct search *search, uint32_t number)
{
    const struct search_trial *trial = &search->trials[number];
    return search->brackets[trial->bracket].first + trial->rung;
}

static bool is_last(const struct search *search, size_t rung)
{
    return search->rungs[rung].level + 1 == search->brackets[search->rungs[rung].bracket].count;
}

/* Adds a result; `best` is then what it has to be again. */
static void enter(struct search *search, struct standing *standing, struct heap_item item)
{
    bool good = heap_push(&standing->rest, item);
    size_t count = standing->best.count + standing->rest.count;
    if (good && standing->best.count < count / search->settings.eta)
        good = heap_push(&standing->best, heap_pop(&standing->rest));
    else if (good && standing->best.count > 0 &&
             heap_item_before(standing->rest.items[0], standing->best.items[0]))
        good = heap_push(&standing->rest, heap_pop(&standing->best)) &&
               heap_push(&standing->best, heap_pop(&standing->rest));
    if (!good)
        search->out_of_memory = true;
}

static bool among_best(const struct standing *standing, struct heap_item item)
{
    return standing->best.count > 0 && !heap_item_before(standing->best.items[0], item);
}

/* What it took to be among the best; NaN: too few have come. */
static double threshold(const struct standing *standing)
{
    return standing->best.count > 0 ? standing->best.items[0].value : NAN;
}

/* Stopping: `item` has just entered. */
static void go_on_or_stop(struct asha *asha, struct search *search, struct standing *standing,
                          struct heap_item item)
{
    size_t count = standing->best.count + standing->rest.count;
    if (count >= search->settings.eta && !among_best(standing, item)) {
        search_stop_trial(search, item.number, SEARCH_STOP_RANK, threshold(standing));
        return;
    }
    search_promote(search, item.number);
    if (!queue_push(&asha->going, item.number))
        search->out_of_memory = true;
}

/* No more than these can ever be the best 1/eta of a rung. If all of them are lost later on, one
 * that was out may be promoted after all; it is then trained from its start (search_trial.dropped).
 */
static uint32_t places(const struct search *search)
{
    uint32_t most = search->settings.candidates / search->settings.eta;
    return most > 0 ? most : 1;
}

void asha_settled(void *state, struct search *search, uint32_t number)
{
    struct asha *asha = state;
    const struct search_trial *trial = &search->trials[number];
    size_t rung = rung_index(search, number);
    struct standing *standing = &asha->standings[rung];
    if (trial->state == TRIAL_FAILED)
        return;
    if (!search_survives(trial)) {
        enter(search, standing, (struct heap_item){INFINITY, number});
        return;
    }
    struct heap_item item = {trial->final, number};
    if (is_last(search, rung)) {
        asha->complete++;
        search_retire(search, number, TRIAL_COMPLETE);
        return;
    }
    enter(search, standing, item);
    if (asha->stopping) {
        go_on_or_stop(asha, search, standing, item);
        return;
    }
    if (!heap_push(&standing->stays, item))
        search->out_of_memory = true;
    contenders_enter(&standing->contenders, search, number, places(search));
}

/* Takes the best trial of a rung that was not promoted, if it is promotable, or anyway. */
static uint32_t take(struct search *search, struct standing *standing, bool anyway)
{
    if (standing->stays.count == 0 || !(anyway || among_best(standing, standing->stays.items[0])))
        return SEARCH_NO_TRIAL;
    uint32_t number = heap_pop(&standing->stays).number;
    search_promote(search, number);
    return number;
}

/* The highest rung first, in whatever bracket; of one height the bracket that began lower. */
static uint32_t promote(struct asha *asha, struct search *search, bool anyway)
{
    size_t height = 0;
    for (size_t i = 0; i < asha->bracket_count; i++)
        if (search->brackets[i].count > height)
            height = search->brackets[i].count;
    /* Brackets end at the same budget: counted from their last rung, levels are comparable. */
    for (size_t below = 2; below <= height; below++)
        for (size_t i = 0; i < asha->bracket_count; i++) {
            const struct search_bracket *bracket = &search->brackets[i];
            if (bracket->count < below)
                continue;
            struct standing *standing = &asha->standings[bracket->first + bracket->count - below];
            uint32_t number = take(search, standing, anyway);
            if (number != SEARCH_NO_TRIAL)
                return number;
        }
    return SEARCH_NO_TRIAL;
}

static uint32_t begin(struct asha *asha, struct search *search)
{
    if (asha->dealt == asha->shares[asha->dealt_to]) {
        asha->dealt_to = (asha->dealt_to + 1) % asha->bracket_count;
        asha->dealt = 0;
    }
    uint32_t number = search_new_trial(search, (uint32_t)asha->dealt_to);
    asha->dealt += number != SEARCH_NO_TRIAL;
    return number;
}

/* No result is to come any more, and none has the full budget. */
static bool stuck(const struct asha *asha, const struct search *search)
{
    return search->running == 0 && asha->complete == 0 && !search_has_candidates(search);
}

uint32_t asha_next(void *state, struct search *search)
{
    struct asha *asha = state;
    if (asha->going.count > 0)
        return queue_pop(&asha->going);
    uint32_t number = promote(asha, search, false);
    if (number == SEARCH_NO_TRIAL)
        number = begin(asha, search);
    if (number == SEARCH_NO_TRIAL && stuck(asha, search))
        number = promote(asha, search, true);
    return number;
}

bool asha_exhausted(const void *state, const struct search *search)
{
    const struct asha *asha = state;
    if (asha->going.count > 0 || search_has_candidates(search))
        return false;
    for (size_t i = 0; i < asha->standing_count; i++) {
        const struct standing *standing = &asha->standings[i];
        if (standing->stays.count > 0 &&
            (asha->complete == 0 || among_best(standing, standing->stays.items[0])))
            return false;
    }
    return true;
}

void asha_end(void *state, struct search *search)
{
    struct asha *asha = state;
    for (size_t i = 0; i < asha->standing_count; i++) {
        struct standing *standing = &asha->standings[i];
        while (standing->stays.count > 0)
            search_stop_trial(search, heap_pop(&standing->stays).number, SEARCH_STOP_RANK,
                              threshold(standing));
    }
}

/* --- the scheduler `asha`: one bracket ---------------------------------------------------------
 */

static bool add_rungs(struct search *search)
{
    const struct search_settings *settings = &search->settings;
    double budget = settings->min_budget;
    uint32_t quota = settings->candidates;
    if (!search_add_bracket(search))
        return false;
    while (budget * settings->eta <= settings->max_budget * (1 + 1e-9)) {
        if (!search_add_rung(search, budget, quota))
            return false;
        budget *= settings->eta;
        quota = quota >= settings->eta ? quota / settings->eta : 1;
    }
    return search_add_rung(search, settings->max_budget, quota);
}

static void *create(struct search *search, struct error *error)
{
    const uint32_t all = UINT32_MAX;
    bool stopping = strcmp(study_text(search->document, "search", "variant"), "stopping") == 0;
    struct asha *asha = add_rungs(search) ? asha_create(search, &all, stopping) : NULL;
    if (!asha)
        error_set(error, "out of memory");
    return asha;
}

const struct scheduler_class scheduler_asha = {.name = "asha",
                                               .create = create,
                                               .destroy = asha_destroy,
                                               .next = asha_next,
                                               .settled = asha_settled,
                                               .exhausted = asha_exhausted,
                                               .end = asha_end};
