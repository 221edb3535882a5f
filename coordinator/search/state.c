/* state.c - trials, rungs and brackets: how they are made, kept and looked up. */
#include "coordinator/search/state.h"

#include "common/random.h"
#include "coordinator/search/samplers/sampler.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool search_reserve(void **array, size_t *room, size_t count, size_t bytes)
{
    if (count <= *room)
        return true;
    size_t wanted = *room ? 2 * *room : 64;
    while (wanted < count)
        wanted *= 2;
    void *grown = realloc(*array, wanted * bytes);
    if (!grown)
        return false;
    *array = grown;
    *room = wanted;
    return true;
}

void search_act(struct search *search, enum search_action_kind kind, uint32_t trial)
{
    void *actions = search->actions;
    if (kind == SEARCH_CHANGED && search->trials[trial].changed == search->events)
        return;
    if (!search_reserve(&actions, &search->action_room, search->action_count + 1,
                        sizeof *search->actions)) {
        search->out_of_memory = true;
        return;
    }
    search->actions = actions;
    struct search_trial *of = &search->trials[trial];
    if (kind == SEARCH_CHANGED)
        of->changed = search->events;
    search->actions[search->action_count++] =
        (struct search_action){.kind = kind,
                               .trial = trial,
                               .attempt = of->attempts,
                               .from = search->settings.restarts ? 0 : of->step,
                               .to = of->target,
                               .pause = of->pause};
}

bool search_add_bracket(struct search *search)
{
    void *brackets = search->brackets;
    if (!search_reserve(&brackets, &search->bracket_room, search->bracket_count + 1,
                        sizeof *search->brackets))
        return false;
    search->brackets = brackets;
    search->brackets[search->bracket_count++] =
        (struct search_bracket){.first = search->rung_count};
    return true;
}

bool search_add_rung(struct search *search, double budget, uint32_t quota)
{
    void *rungs = search->rungs;
    if (!search_reserve(&rungs, &search->rung_room, search->rung_count + 1, sizeof *search->rungs))
        return false;
    search->rungs = rungs;
    struct search_bracket *bracket = &search->brackets[search->bracket_count - 1];
    search->rungs[search->rung_count++] =
        (struct search_rung){.bracket = (uint32_t)search->bracket_count - 1,
                             .level = (uint32_t)bracket->count++,
                             .budget = budget,
                             .quota = quota};
    return true;
}

struct search_rung *search_bracket_rung(struct search *search, size_t bracket, uint32_t level)
{
    return &search->rungs[search->brackets[bracket].first + level];
}

uint32_t search_append_trial(struct search *search)
{
    void *trials = search->trials;
    size_t room = search->trial_room;
    double *values = calloc(search->space.count + 1, sizeof *values);
    if (!values ||
        !search_reserve(&trials, &room, search->trial_count + 1, sizeof *search->trials)) {
        free(values);
        search->out_of_memory = true;
        return SEARCH_NO_TRIAL;
    }
    search->trials = trials;
    search->trial_room = (uint32_t)room;
    uint32_t trial = search->trial_count++;
    search->trials[trial] = (struct search_trial){.values = values,
                                                  .parent = SEARCH_NO_TRIAL,
                                                  .replaced_by = SEARCH_NO_TRIAL,
                                                  .against = NAN,
                                                  .seed = search->settings.seed,
                                                  .metric = NAN,
                                                  .final = NAN};
    return trial;
}

bool search_has_candidates(const struct search *search)
{
    return search->sampled < search->settings.candidates;
}

uint32_t search_new_trial(struct search *search, uint32_t bracket)
{
    if (!search_has_candidates(search))
        return SEARCH_NO_TRIAL;
    uint32_t number = search_append_trial(search);
    if (number == SEARCH_NO_TRIAL)
        return number;
    struct search_trial *trial = &search->trials[number];
    trial->bracket = bracket;
    search_bracket_rung(search, bracket, 0)->entered++;
    if (search->settings.independent_seeds) {
        struct random_stream stream;
        random_open(&stream, search->settings.seed, RANDOM_SEED, search->sampled);
        trial->seed = random_bits(&stream);
    }
    search->sampler->sample(search->sampler_state, search, search->sampled++, trial->values);
    return number;
}

uint32_t search_branch_trial(struct search *search, uint32_t parent)
{
    uint32_t number = search_append_trial(search);
    if (number == SEARCH_NO_TRIAL)
        return number;
    struct search_trial *trial = &search->trials[number];
    const struct search_trial *from = &search->trials[parent];
    memcpy(trial->values, from->values, search->space.count * sizeof *trial->values);
    trial->state = TRIAL_PAUSED;
    trial->bracket = from->bracket;
    trial->rung = from->rung;
    trial->parent = parent;
    trial->seed = from->seed;
    trial->step = trial->counted = trial->begun = from->step;
    search_act(search, SEARCH_CHANGED, number);
    search_act(search, SEARCH_BRANCH, number);
    return number;
}

void search_promote(struct search *search, uint32_t number)
{
    struct search_trial *trial = &search->trials[number];
    struct search_rung *rung = search_bracket_rung(search, trial->bracket, trial->rung++);
    rung[0].promoted++;
    rung[1].entered++;
    search_act(search, SEARCH_CHANGED, number);
}

bool search_survives(const struct search_trial *trial)
{
    return trial->state == TRIAL_PAUSED && isfinite(trial->final);
}

bool search_ranks_before(const struct search *search, uint32_t a, uint32_t b)
{
    const struct search_trial *first = &search->trials[a], *second = &search->trials[b];
    bool first_survives = search_survives(first), second_survives = search_survives(second);
    if (first_survives != second_survives)
        return first_survives;
    if (first_survives && first->final != second->final)
        return first->final < second->final;
    return a < b;
}

void search_release(struct search *search, uint32_t trial, uint32_t attempt)
{
    size_t index = search->action_count;
    search_act(search, SEARCH_RELEASE, trial);
    if (search->action_count > index)
        search->actions[index].attempt = attempt;
}

void search_retire(struct search *search, uint32_t trial, enum trial_state state)
{
    struct search_trial *retired = &search->trials[trial];
    retired->state = state;
    search_act(search, SEARCH_CHANGED, trial);
    if (state == TRIAL_COMPLETE)
        return; /* its checkpoint may be the one that is recommended: finals.c */
    search_bracket_rung(search, retired->bracket, retired->rung)->left++;
    search_release(search, trial, search->trials[trial].kept);
}

void search_stop_trial(struct search *search, uint32_t trial, enum search_stop why, double against)
{
    search->trials[trial].stop = why;
    search->trials[trial].against = against;
    search_retire(search, trial, TRIAL_STOPPED);
}

/* The candidate's own value of a key of `train`, or the study's. */
static uint64_t batch_size(const struct search *search, const struct search_trial *trial)
{
    for (size_t i = 0; i < search->space.count; i++) {
        const struct parameter *parameter = &search->space.parameters[i];
        if (strcmp(parameter->name, "batch_size") != 0)
            continue;
        if (parameter->values)
            return (uint64_t)json_number_value(
                json_array_get(parameter->values, (size_t)trial->values[i]));
        return (uint64_t)trial->values[i];
    }
    const json_t *constant = json_object_get(search->space.document, "batch_size");
    return constant ? (uint64_t)json_number_value(constant) : search->settings.batch_size;
}

static uint64_t epoch_steps(const struct search *search, uint64_t batch)
{
    uint64_t samples = search->settings.train_samples;
    if (samples == 0 || batch == 0)
        return samples ? 1 : 0;
    return samples / batch ? samples / batch : 1;
}

uint64_t search_epoch_steps(const struct search *search, uint32_t trial)
{
    return epoch_steps(search, batch_size(search, &search->trials[trial]));
}

static uint64_t budget_steps(const struct search *search, uint64_t per_epoch, double budget)
{
    double steps = search->settings.epochs ? budget * (double)per_epoch : budget;
    return steps < 1 ? 1 : (uint64_t)llround(steps);
}

uint64_t search_budget_steps(const struct search *search, uint32_t trial, double budget)
{
    return budget_steps(search, search->settings.epochs ? search_epoch_steps(search, trial) : 1,
                        budget);
}

uint64_t search_study_steps(const struct search *search, double budget)
{
    return budget_steps(search, epoch_steps(search, search->settings.batch_size), budget);
}

const struct space *search_space(const struct search *search)
{
    return &search->space;
}

uint32_t search_trial_count(const struct search *search)
{
    return search->trial_count;
}

const struct search_trial *search_trial(const struct search *search, uint32_t trial)
{
    return &search->trials[trial];
}

size_t search_rung_count(const struct search *search)
{
    return search->rung_count;
}

const struct search_rung *search_rung(const struct search *search, size_t rung)
{
    return &search->rungs[rung];
}

const struct search_rung *search_trial_rung(const struct search *search, uint32_t number)
{
    const struct search_trial *trial = &search->trials[number];
    return &search->rungs[search->brackets[trial->bracket].first + trial->rung];
}

double search_remaining_budget(const struct search *search)
{
    double remaining = 0, below = 0, undecided = 0;
    for (size_t i = 0; i < search->rung_count && search->phase != PHASE_OVER; i++) {
        const struct search_rung *rung = &search->rungs[i];
        if (search->phase != PHASE_SEARCHING && !rung->finals)
            continue;
        double room = fmax((double)rung->quota - rung->entered, 0);
        if (rung->level == 0) {
            below = 0;
            undecided = room;
        }
        double expected = rung->entered + fmin(room, undecided);
        remaining += (expected - rung->settled) * (rung->budget - below);
        below = rung->budget;
        undecided = fmax(expected - rung->promoted - rung->left, 0);
    }
    return remaining;
}

uint64_t search_steps_again(const struct search *search)
{
    return search->steps_again;
}

double search_epochs_again(const struct search *search)
{
    return search->epochs_again;
}

uint32_t search_candidates(const struct search *search)
{
    return search->settings.candidates;
}
