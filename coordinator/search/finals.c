/* finals.c - the finalists and the recommendation.
 *
 * The best of many noisy results is better than it will ever be again (the winner's curse), so the
 * best few are trained again, to the full budget, with seeds that the search has not seen, and the
 * means decide. Repeat k of every finalist has the same seed: what one seed makes easy, it makes
 * easy for all of them. */
#include "common/random.h"
#include "coordinator/search/state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Classes of candidates that can be recommended, the better ones first. */
enum standing { STANDS_COMPLETE, STANDS_IN_SEARCH, STANDS_NOWHERE };

static enum standing standing(const struct search_trial *trial)
{
    if (trial->repeat)
        return STANDS_NOWHERE;
    if (trial->state == TRIAL_COMPLETE)
        return isfinite(trial->final) ? STANDS_COMPLETE : STANDS_NOWHERE;
    bool rests = trial->state == TRIAL_PAUSED ||
                 (trial->state == TRIAL_STOPPED && trial->stop == SEARCH_STOP_CLOSED);
    /* Of one whose checkpoint is gone nothing could be tested or exported. */
    bool in_search = trial->state == TRIAL_RUNNING || (rests && trial->step > 0 && !trial->dropped);
    return in_search && isfinite(trial->metric) ? STANDS_IN_SEARCH : STANDS_NOWHERE;
}

static double standing_value(const struct search_trial *trial)
{
    return trial->state == TRIAL_COMPLETE ? trial->final : trial->metric;
}

static bool stands_before(const struct search *search, uint32_t a, uint32_t b)
{
    const struct search_trial *first = &search->trials[a], *second = &search->trials[b];
    enum standing one = standing(first), other = standing(second);
    if (one != other)
        return one < other;
    double value = standing_value(first), against = standing_value(second);
    return value != against ? value < against : a < b;
}

/* --- repeats --- */

bool finals_begin(struct search *search)
{
    const struct search_settings *settings = &search->settings;
    if (settings->finalists == 0 || settings->repeats == 0)
        return false;
    search->finalists = calloc(settings->finalists, sizeof *search->finalists);
    if (!search->finalists) {
        search->out_of_memory = true;
        return false;
    }
    size_t count = 0;
    enum standing best = STANDS_NOWHERE;
    for (uint32_t i = 0; i < search->trial_count; i++) {
        enum standing stands = standing(&search->trials[i]);
        if (stands < best) {
            best = stands; /* what stands worse than any other is no finalist */
            count = 0;
        }
        if (stands == STANDS_NOWHERE || stands > best)
            continue;
        size_t place = count;
        while (place > 0 && stands_before(search, i, search->finalists[place - 1].trial))
            place--;
        if (place == settings->finalists)
            continue;
        count += count < settings->finalists;
        memmove(search->finalists + place + 1, search->finalists + place,
                (count - place - 1) * sizeof *search->finalists);
        search->finalists[place] =
            (struct search_finalist){.trial = i, .mean = NAN, .standard_error = NAN};
    }
    search->finalist_count = count;
    if (count == 0)
        return false;
    if (!search_add_bracket(search) ||
        !search_add_rung(search, settings->max_budget, (uint32_t)count * settings->repeats)) {
        search->out_of_memory = true;
        return false;
    }
    search->rungs[search->rung_count - 1].finals = true;
    return true;
}

static uint64_t fresh_seed(const struct search *search, uint32_t repeat)
{
    struct random_stream stream;
    random_open(&stream, search->settings.seed, RANDOM_REPEAT, repeat);
    return random_bits(&stream);
}

uint32_t finals_next(struct search *search)
{
    struct search_rung *rung = &search->rungs[search->rung_count - 1];
    if (rung->entered == rung->quota)
        return SEARCH_NO_TRIAL;
    uint32_t number = search_append_trial(search);
    if (number == SEARCH_NO_TRIAL)
        return number;
    const struct search_finalist *finalist =
        &search->finalists[rung->entered % search->finalist_count];
    struct search_trial *trial = &search->trials[number];
    memcpy(trial->values, search->trials[finalist->trial].values,
           search->space.count * sizeof *trial->values);
    trial->parent = finalist->trial;
    trial->repeat = true;
    trial->bracket = rung->bracket;
    trial->seed = fresh_seed(search, rung->entered / (uint32_t)search->finalist_count);
    rung->entered++;
    return number;
}

/* Mean and standard error of what the repeats have brought (Welford's sums, in trial order). The
 * finalists take turns: finals_next. */
static void weigh(struct search *search, size_t index)
{
    struct search_finalist *finalist = &search->finalists[index];
    uint32_t first = search->trial_count - search->rungs[search->rung_count - 1].entered;
    double mean = 0, squares = 0;
    uint32_t count = 0, lost = 0;
    for (size_t i = first + index; i < search->trial_count; i += search->finalist_count) {
        const struct search_trial *trial = &search->trials[i];
        lost += trial->state == TRIAL_DIVERGED || trial->state == TRIAL_FAILED;
        if (trial->state != TRIAL_COMPLETE)
            continue;
        count++;
        double apart = trial->final - mean;
        mean += apart / count;
        squares += apart * (trial->final - mean);
    }
    finalist->repeats = count;
    finalist->lost = lost;
    finalist->mean = count ? mean : NAN;
    finalist->standard_error = count > 1 ? sqrt(squares / (count - 1) / count) : NAN;
}

static double square(double value)
{
    return isnan(value) ? 0 : value * value;
}

/* Whether two means cannot be told apart: they differ by no more than the standard error of their
 * difference. */
static bool ties_with(const struct search_finalist *one, const struct search_finalist *other)
{
    double error = sqrt(square(one->standard_error) + square(other->standard_error));
    return fabs(one->mean - other->mean) <= error;
}

static bool sound(const struct search_finalist *finalist)
{
    return finalist->repeats > 0 && finalist->lost == 0;
}

void finals_settled(struct search *search, uint32_t number)
{
    const struct search_finalist *best = NULL;
    for (size_t i = 0; i < search->finalist_count; i++) {
        const struct search_finalist *finalist = &search->finalists[i];
        if (finalist->trial == search->trials[number].parent)
            weigh(search, i);
        if (sound(finalist) && (!best || finalist->mean < best->mean))
            best = finalist;
    }
    for (size_t i = 0; i < search->finalist_count; i++)
        search->finalists[i].tied =
            best && sound(&search->finalists[i]) && ties_with(&search->finalists[i], best);
}

/* --- the recommendation --- */

/* Of those that are complete the best alone may be tested: its repeats are tested in its place, and
 * begin at the start. */
static void drop(struct search *search, uint32_t number)
{
    struct search_trial *trial = &search->trials[number];
    if (trial->state != TRIAL_COMPLETE || trial->repeat || trial->dropped)
        return;
    search_release(search, number, trial->kept);
    trial->dropped = true;
}

static void consider(struct search *search, uint32_t number)
{
    uint32_t beaten = number;
    if (standing(&search->trials[number]) != STANDS_NOWHERE &&
        (search->leader == SEARCH_NO_TRIAL || stands_before(search, number, search->leader))) {
        beaten = search->leader;
        search->leader = number;
    }
    if (beaten != SEARCH_NO_TRIAL && beaten != search->leader)
        drop(search, beaten);
}

/* A leader that left the search without being complete is rare: only then all are looked at. */
void finals_note_leader(struct search *search)
{
    uint32_t leader = search->leader;
    if (leader != SEARCH_NO_TRIAL && standing(&search->trials[leader]) == STANDS_NOWHERE) {
        search->leader = SEARCH_NO_TRIAL;
        for (uint32_t i = 0; i < search->trial_count; i++)
            consider(search, i);
    }
    for (size_t i = 0; i < search->action_count; i++)
        if (search->actions[i].kind == SEARCH_CHANGED)
            consider(search, search->actions[i].trial);
}

/* Of the finalists that are tied with the best mean: the one with the fewest steps, then the least
 * spread, then the better mean. */
static bool preferred(const struct search *search, const struct search_finalist *one,
                      const struct search_finalist *other)
{
    uint64_t steps = search_budget_steps(search, one->trial, search->settings.max_budget);
    uint64_t against = search_budget_steps(search, other->trial, search->settings.max_budget);
    if (steps != against)
        return steps < against;
    if (one->standard_error != other->standard_error && !isnan(one->standard_error) &&
        !isnan(other->standard_error))
        return one->standard_error < other->standard_error;
    return one->mean < other->mean;
}

bool search_best(const struct search *search, uint32_t *best)
{
    const struct search_finalist *winner = NULL;
    for (size_t i = 0; search->phase == PHASE_OVER && i < search->finalist_count; i++) {
        const struct search_finalist *finalist = &search->finalists[i];
        if (finalist->tied && (!winner || preferred(search, finalist, winner)))
            winner = finalist;
    }
    if (winner) {
        *best = winner->trial;
        return true;
    }
    *best = search->leader;
    return search->leader != SEARCH_NO_TRIAL;
}

size_t search_finalist_count(const struct search *search)
{
    return search->finalist_count;
}

const struct search_finalist *search_finalist(const struct search *search, size_t index)
{
    return &search->finalists[index];
}
