/* median.c - the median stopping rule (Golovin et al., "Google Vizier: a service for black-box
 * optimization", KDD 2017, section 3.2.2): a trial is stopped at step s if its best value so far is
 * worse than the median of the running averages of the others' values up to s.
 *
 * Looks are taken at the multiples of `interval`, from `grace` on. The others are all that came to
 * step s before, whether they went on from there or not; there must be min_trials of them. Vizier
 * asks the completed ones alone, which says nothing until the first have been trained in full; Ray
 * asks all, as here. A trial that goes on does so before a new one begins.
 *
 * The order of events decides who is compared with whom: the search is asynchronous. */
#include "common/study_document.h"
#include "coordinator/search/heap.h"
#include "coordinator/search/schedulers/scheduler.h"

#include <math.h>
#include <stdlib.h>

/* The running averages of all that came to a rung, halved at their median. */
struct averages {
    struct heap lower; /* the highest first; as many as in upper, or one more */
    struct heap upper; /* the lowest first */
};

struct median {
    uint32_t min_trials;
    struct averages *averages; /* [rung_count] */
    size_t rung_count;
    double *sums; /* [sum_room], by trial: of its values at the rungs so far */
    size_t sum_room;
    struct queue going; /* trials that go on */
};

static void destroy(void *state)
{
    struct median *median = state;
    if (!median)
        return;
    for (size_t i = 0; median->averages && i < median->rung_count; i++) {
        heap_destroy(&median->averages[i].lower);
        heap_destroy(&median->averages[i].upper);
    }
    free(median->averages);
    free(median->sums);
    queue_destroy(&median->going);
    free(median);
}

static bool add_rungs(struct search *search)
{
    const struct search_settings *settings = &search->settings;
    double interval = study_number(search->document, "search", "interval");
    double grace = study_number(search->document, "search", "grace");
    double first = fmax(ceil(grace / interval * (1 - 1e-9)), 1);
    if (!search_add_bracket(search))
        return false;
    for (double look = first; look * interval < settings->max_budget * (1 - 1e-9); look++)
        if (!search_add_rung(search, look * interval, settings->candidates))
            return false;
    return search_add_rung(search, settings->max_budget, settings->candidates);
}

static void *create(struct search *search, struct error *error)
{
    struct median *median = calloc(1, sizeof *median);
    bool good = median && add_rungs(search);
    if (good) {
        median->min_trials = (uint32_t)study_integer(search->document, "search", "min_trials");
        median->rung_count = search->rung_count;
        median->averages = calloc(median->rung_count, sizeof *median->averages);
        good = median->averages != NULL;
    }
    if (!good) {
        destroy(median);
        error_set(error, "out of memory");
        return NULL;
    }
    for (size_t i = 0; i < median->rung_count; i++)
        median->averages[i].lower.descending = true;
    return median;
}

static uint32_t next(void *state, struct search *search)
{
    struct median *median = state;
    return median->going.count > 0 ? queue_pop(&median->going) : search_new_trial(search, 0);
}

/* NaN: nobody came. */
static double middle(const struct averages *averages)
{
    const struct heap *lower = &averages->lower, *upper = &averages->upper;
    if (lower->count == 0)
        return NAN;
    if (lower->count > upper->count)
        return lower->items[0].value;
    return (lower->items[0].value + upper->items[0].value) / 2;
}

static bool enter(struct averages *averages, struct heap_item item)
{
    struct heap *lower = &averages->lower, *upper = &averages->upper;
    bool above = lower->count > 0 && heap_item_before(lower->items[0], item);
    if (!heap_push(above ? upper : lower, item))
        return false;
    if (upper->count > lower->count)
        return heap_push(lower, heap_pop(upper));
    return lower->count <= upper->count + 1 || heap_push(upper, heap_pop(lower));
}

/* The running average of a trial that came to its rung; NaN: out of memory. */
static double average(struct median *median, const struct search *search, uint32_t number)
{
    const struct search_trial *trial = &search->trials[number];
    size_t room = median->sum_room;
    void *sums = median->sums;
    /* Trials come in any order: their room is made for all that there are. */
    if (!search_reserve(&sums, &median->sum_room, search->trial_room, sizeof *median->sums))
        return NAN;
    median->sums = sums;
    for (; room < median->sum_room; room++)
        median->sums[room] = 0;
    median->sums[number] += trial->final;
    return median->sums[number] / (trial->rung + 1);
}

static void settled(void *state, struct search *search, uint32_t number)
{
    struct median *median = state;
    const struct search_trial *trial = &search->trials[number];
    if (!search_survives(trial))
        return;
    if (trial->rung + 1 == median->rung_count) {
        search_retire(search, number, TRIAL_COMPLETE);
        return;
    }
    struct averages *averages = &median->averages[trial->rung];
    double against = middle(averages), own = average(median, search, number);
    size_t others = averages->lower.count + averages->upper.count;
    if (isnan(own) || !enter(averages, (struct heap_item){own, number})) {
        search->out_of_memory = true;
    } else if (others >= median->min_trials && trial->metric > against) {
        search_stop_trial(search, number, SEARCH_STOP_MEDIAN, against);
    } else {
        search_promote(search, number);
        if (!queue_push(&median->going, number))
            search->out_of_memory = true;
    }
}

static bool exhausted(const void *state, const struct search *search)
{
    const struct median *median = state;
    return median->going.count == 0 && !search_has_candidates(search);
}

const struct scheduler_class scheduler_median = {.name = "median",
                                                 .create = create,
                                                 .destroy = destroy,
                                                 .next = next,
                                                 .settled = settled,
                                                 .exhausted = exhausted};
