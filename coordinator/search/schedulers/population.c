/* population.c - population-based training, the asynchronous way. */
#include "coordinator/search/queue.h"
#include "coordinator/search/schedulers/pbt.h"

#include <stdlib.h>
#include <string.h>

#define NO_PLACE UINT32_MAX

/* A member of the population: one trial after the other, each a copy of another place's. */
struct place {
    uint32_t trial;
    double value; /* at its trial's newest rung */
    bool ranked;  /* it has a value, and stands in `order` */
    bool over;    /* its trial is complete, or was lost and there was none to copy */
};

struct population {
    const struct pbt_settings *settings;
    struct place *places; /* [count] */
    uint32_t count;
    uint32_t made;   /* places that have a trial */
    uint32_t *order; /* [ranked], the best place first */
    uint32_t ranked;
    uint32_t *places_of; /* [room], by trial */
    size_t room;
    uint32_t decisions;
    struct queue going; /* trials that wait for a trainer */
};

void population_destroy(struct population *population)
{
    if (!population)
        return;
    free(population->places);
    free(population->order);
    free(population->places_of);
    queue_destroy(&population->going);
    free(population);
}

struct population *population_create(const struct search *search,
                                     const struct pbt_settings *settings)
{
    struct population *population = calloc(1, sizeof *population);
    if (!population)
        return NULL;
    population->settings = settings;
    population->count = search->settings.candidates;
    population->places = calloc(population->count, sizeof *population->places);
    population->order = calloc(population->count, sizeof *population->order);
    if (population->places && population->order)
        return population;
    population_destroy(population);
    return NULL;
}

static void seat(struct population *population, struct search *search, uint32_t place,
                 uint32_t trial)
{
    void *places_of = population->places_of;
    if (!search_reserve(&places_of, &population->room, (size_t)trial + 1,
                        sizeof *population->places_of)) {
        search->out_of_memory = true;
        return;
    }
    population->places_of = places_of;
    population->places_of[trial] = place;
    population->places[place].trial = trial;
}

static void go_on(struct population *population, struct search *search, uint32_t trial)
{
    if (!queue_push(&population->going, trial))
        search->out_of_memory = true;
}

uint32_t population_next(struct population *population, struct search *search)
{
    if (population->made < population->count) {
        uint32_t trial = search_new_trial(search, 0), place = population->made;
        if (trial == SEARCH_NO_TRIAL)
            return trial;
        population->made++;
        seat(population, search, place, trial);
        return trial;
    }
    return population->going.count > 0 ? queue_pop(&population->going) : SEARCH_NO_TRIAL;
}

/* --- the order of the places -------------------------------------------------------------------
 */

static bool before(const struct population *population, uint32_t a, uint32_t b)
{
    double first = population->places[a].value, second = population->places[b].value;
    return first != second ? first < second : a < b;
}

/* Where `place` stands in the order, or would. */
static uint32_t position(const struct population *population, uint32_t place)
{
    uint32_t low = 0, high = population->ranked;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (before(population, population->order[middle], place))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void strike(struct population *population, uint32_t place)
{
    if (!population->places[place].ranked)
        return;
    uint32_t at = position(population, place), *order = population->order;
    population->ranked--;
    memmove(order + at, order + at + 1, (population->ranked - at) * sizeof *order);
    population->places[place].ranked = false;
}

static void rank(struct population *population, uint32_t place, double value)
{
    strike(population, place);
    population->places[place].value = value;
    uint32_t at = position(population, place), *order = population->order;
    memmove(order + at + 1, order + at, (population->ranked - at) * sizeof *order);
    order[at] = place;
    population->ranked++;
    population->places[place].ranked = true;
}

static bool among_worst(const struct population *population, uint32_t place)
{
    uint32_t share = pbt_share(population->settings, population->ranked);
    return position(population, place) >= population->ranked - share;
}

/* --- copies ------------------------------------------------------------------------------------
 */

/* One of the best, not behind the end of rung `level`; NO_PLACE: there is none. */
static uint32_t choose(struct population *population, const struct search *search, uint32_t level)
{
    struct random_stream stream;
    uint32_t best = pbt_share(population->settings, population->ranked);
    best = best > 0 ? best : population->ranked > 0;
    if (best == 0)
        return NO_PLACE;
    pbt_open_choice(search, population->decisions++, &stream);
    uint32_t first = random_below(&stream, best);
    for (uint32_t i = 0; i < best; i++) {
        uint32_t place = population->order[(first + i) % best];
        const struct search_trial *trial = &search->trials[population->places[place].trial];
        /* It was promoted when it got there: whether it waits or is trained since, its checkpoint
         * of then is still kept. */
        if (!population->places[place].over && trial->rung > level)
            return place;
    }
    return NO_PLACE;
}

/* The trial of a place was lost, or is one of the worst, at the end of rung `level`: a copy takes
 * its place. False: there is none to copy. */
static bool refill(struct population *population, struct search *search, uint32_t place,
                   uint32_t level)
{
    uint32_t from = choose(population, search, level);
    if (from == NO_PLACE)
        return false;
    const struct place *parent = &population->places[from];
    uint32_t trial = population->places[place].trial;
    strike(population, place);
    if (search_survives(&search->trials[trial]))
        pbt_replace(search, trial, parent->trial, parent->value);
    uint32_t copy = pbt_copy(population->settings, search, parent->trial,
                             search->trials[parent->trial].rung - 1);
    if (copy != SEARCH_NO_TRIAL) {
        seat(population, search, place, copy);
        go_on(population, search, copy);
    }
    return true;
}

void population_settled(struct population *population, struct search *search, uint32_t trial)
{
    uint32_t place = population->places_of[trial], level = search->trials[trial].rung;
    bool last = level + 1 == search->rung_count;
    bool alive = search_survives(&search->trials[trial]);
    if (alive)
        rank(population, place, search->trials[trial].final);
    else
        strike(population, place);
    if (alive && last) {
        search_retire(search, trial, TRIAL_COMPLETE);
        population->places[place].over = true;
        return;
    }
    if ((!alive || among_worst(population, place)) && refill(population, search, place, level))
        return;
    population->places[place].over = !alive;
    if (alive) {
        search_promote(search, trial);
        go_on(population, search, trial);
    }
}

bool population_exhausted(const struct population *population, const struct search *search)
{
    (void)search;
    return population->made == population->count && population->going.count == 0;
}
