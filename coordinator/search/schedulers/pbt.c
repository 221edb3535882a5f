/* pbt.c - population-based training, the synchronous way. */
#include "coordinator/search/schedulers/pbt.h"

#include "common/study_document.h"
#include "coordinator/search/schedulers/cohort.h"
#include "coordinator/search/schedulers/scheduler.h"

#include <math.h>
#include <stdlib.h>

/* Trial numbers, for explore_change, are below it. */
#define CHOICES (UINT64_C(1) << 32)

struct pbt {
    struct pbt_settings settings;
    struct population *population; /* asynchronous; NULL: the generations */
    uint32_t levels, level;        /* of the generation under way */
    bool over;
    struct cohort cohort;
};

uint32_t pbt_share(const struct pbt_settings *settings, uint32_t count)
{
    return (uint32_t)floor(settings->quantile * count + 1e-9);
}

void pbt_open_choice(const struct search *search, uint32_t decision, struct random_stream *stream)
{
    random_open(stream, search->settings.seed, RANDOM_SEARCH, CHOICES + decision);
}

uint32_t pbt_copy(const struct pbt_settings *settings, struct search *search, uint32_t parent,
                  uint32_t level)
{
    uint32_t copy = search_branch_trial(search, parent);
    if (copy == SEARCH_NO_TRIAL)
        return copy;
    explore_change(&settings->explore, search, copy, search->trials[copy].values);
    search->trials[copy].rung = level;
    search_promote(search, copy);
    return copy;
}

void pbt_replace(struct search *search, uint32_t trial, uint32_t parent, double parent_value)
{
    search->trials[trial].replaced_by = parent;
    search_stop_trial(search, trial, SEARCH_STOP_REPLACED, parent_value);
}

static void destroy(void *state)
{
    struct pbt *pbt = state;
    if (!pbt)
        return;
    population_destroy(pbt->population);
    cohort_destroy(&pbt->cohort);
    free(pbt);
}

static bool add_rungs(struct search *search)
{
    const struct search_settings *settings = &search->settings;
    double interval = study_number(search->document, "search", "interval");
    if (!search_add_bracket(search))
        return false;
    for (uint32_t end = 1; end * interval < settings->max_budget * (1 - 1e-9); end++)
        if (!search_add_rung(search, end * interval, settings->candidates))
            return false;
    return search_add_rung(search, settings->max_budget, settings->candidates);
}

static void *create(struct search *search, struct error *error)
{
    const json_t *document = search->document;
    struct pbt *pbt = calloc(1, sizeof *pbt);
    bool good = pbt && add_rungs(search);
    if (good) {
        pbt->settings = (struct pbt_settings){
            .explore = {.factors = {study_number(document, "search", "shrink"),
                                    study_number(document, "search", "grow")},
                        .resample_probability =
                            study_number(document, "search", "resample_probability")},
            .quantile = study_number(document, "search", "quantile")};
        pbt->levels = (uint32_t)search->rung_count;
        pbt->cohort = (struct cohort){.expected = search->settings.candidates, .takes_turns = true};
    }
    if (good && study_bool(document, "search", "asynchronous"))
        good = (pbt->population = population_create(search, &pbt->settings)) != NULL;
    if (good)
        return pbt;
    destroy(pbt);
    error_set(error, "out of memory");
    return NULL;
}

static uint32_t next(void *state, struct search *search)
{
    struct pbt *pbt = state;
    struct cohort *cohort = &pbt->cohort;
    if (pbt->population)
        return population_next(pbt->population, search);
    if (pbt->level == 0 && cohort->count < cohort->expected) {
        uint32_t trial = search_new_trial(search, 0);
        if (trial == SEARCH_NO_TRIAL)
            return trial;
        if (!cohort_join(cohort, trial))
            search->out_of_memory = true;
    }
    return cohort_next(cohort, search);
}

static uint32_t survivors(const struct cohort *ranked, const struct search *search)
{
    uint32_t count = 0;
    while (count < ranked->count && search_survives(&search->trials[ranked->members[count]]))
        count++;
    return count;
}

/* A generation has settled: copies of its best take the places of its worst. */
static void exploit(struct pbt *pbt, struct search *search)
{
    struct cohort *cohort = &pbt->cohort;
    struct random_stream stream;
    cohort_rank(cohort, search);
    uint32_t alive = survivors(cohort, search), lost = cohort->count - alive;
    if (alive == 0) {
        pbt->over = true;
        return;
    }
    uint32_t share = pbt_share(&pbt->settings, cohort->count);
    uint32_t best = share == 0 ? 1 : share < alive ? share : alive;
    uint32_t worst = share > lost ? share - lost : 0;
    worst = worst < alive - best ? worst : alive - best;
    pbt_open_choice(search, pbt->level, &stream);
    for (uint32_t place = alive - worst; place < cohort->count; place++) {
        uint32_t parent = cohort->members[random_below(&stream, best)];
        if (place < alive)
            pbt_replace(search, cohort->members[place], parent, search->trials[parent].final);
        uint32_t copy = pbt_copy(&pbt->settings, search, parent, pbt->level);
        if (copy == SEARCH_NO_TRIAL)
            return;
        cohort->members[place] = copy;
    }
    for (uint32_t place = 0; place < alive - worst; place++)
        search_promote(search, cohort->members[place]);
    pbt->level++;
    cohort_restart(cohort, cohort->count);
}

static void settled(void *state, struct search *search, uint32_t trial)
{
    struct pbt *pbt = state;
    if (pbt->population) {
        population_settled(pbt->population, search, trial);
        return;
    }
    bool last = pbt->level + 1 == pbt->levels;
    if (last && search_survives(&search->trials[trial]))
        search_retire(search, trial, TRIAL_COMPLETE);
    if (!cohort_settled(&pbt->cohort))
        return;
    if (last)
        pbt->over = true;
    else
        exploit(pbt, search);
}

static void paused(void *state, struct search *search, uint32_t trial)
{
    struct pbt *pbt = state;
    if (!cohort_paused(&pbt->cohort, search, trial))
        search->out_of_memory = true;
}

static bool exhausted(const void *state, const struct search *search)
{
    const struct pbt *pbt = state;
    return pbt->population ? population_exhausted(pbt->population, search) : pbt->over;
}

const struct scheduler_class scheduler_pbt = {.name = "pbt",
                                              .branches = true,
                                              .create = create,
                                              .destroy = destroy,
                                              .next = next,
                                              .settled = settled,
                                              .paused = paused,
                                              .exhausted = exhausted};
