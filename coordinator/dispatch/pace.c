/* pace.c - how fast the search gets on and how long it will still take. */
#include "coordinator/dispatch/pace.h"

#include "common/study_document.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MEASURE_EVERY_S 0.5
#define SMOOTHING       0.3 /* weight of the newest measurement */

void pace_start(struct pace *pace, double now_s)
{
    *pace = (struct pace){.started_s = now_s, .measured_s = now_s, .rate = NAN};
}

void pace_add(struct pace *pace, double amount)
{
    pace->budget_done += amount;
}

static void measure(struct pace *pace, double now_s)
{
    double passed = now_s - pace->measured_s;
    if (passed < MEASURE_EVERY_S)
        return;
    double newest = (pace->budget_done - pace->budget_measured) / passed;
    pace->rate = isnan(pace->rate) ? newest : (1 - SMOOTHING) * pace->rate + SMOOTHING * newest;
    pace->measured_s = now_s;
    pace->budget_measured = pace->budget_done;
}

/* The rung in which most trials are trained, the higher of those; if none are, the last one that
 * was begun. */
static size_t rung_under_way(const struct search *search, uint32_t *running)
{
    size_t most = 0, begun = 0;
    for (uint32_t i = 0; i < search_trial_count(search); i++)
        if (search_trial(search, i)->state == TRIAL_RUNNING)
            running[search_trial_rung(search, i) - search_rung(search, 0)]++;
    for (size_t i = 0; i < search_rung_count(search); i++) {
        most = running[i] >= running[most] ? i : most;
        begun = search_rung(search, i)->entered > 0 ? i : begun;
    }
    return running[most] > 0 ? most : begun;
}

void pace_numbers(struct pace *pace, const struct record *record, double now_s,
                  struct progress_numbers *numbers)
{
    const struct search *search = record->search;
    measure(pace, now_s);
    *numbers = (struct progress_numbers){
        .rungs = (unsigned)search_rung_count(search),
        .unit = study_text(record->document, "search", "unit"),
        .metric = study_text(record->document, "study", "metric"),
        .elapsed_s = now_s - pace->started_s,
        .remaining_s = NAN,
        .epochs_per_s = strcmp(study_text(record->document, "search", "unit"), "epochs") == 0
                            ? pace->rate
                            : NAN,
    };
    uint32_t *running = calloc(search_rung_count(search), sizeof *running);
    if (running)
        numbers->rung = (unsigned)rung_under_way(search, running);
    free(running);
    const struct search_rung *rung = search_rung(search, numbers->rung);
    numbers->rung_budget = rung->budget;
    numbers->rung_done = rung->settled;
    numbers->rung_total =
        rung->level == 0 && rung->quota > rung->entered ? rung->quota : rung->entered;
    for (uint32_t i = 0; i < search_trial_count(search); i++)
        numbers->states[search_trial(search, i)->state]++;
    if (search_candidates(search) > search_trial_count(search))
        numbers->states[TRIAL_WAITING] += search_candidates(search) - search_trial_count(search);
    uint32_t best;
    if (search_best(search, &best)) {
        const struct search_trial *trial = search_trial(search, best);
        numbers->has_best = true;
        numbers->best_trial = best;
        numbers->best_value = trial->state == TRIAL_COMPLETE ? trial->final : trial->metric;
        json_t *params = space_params(search_space(search), trial->values);
        const json_t *lr = json_object_get(params, "lr");
        numbers->best_lr = lr ? json_number_value(lr) : (double)NAN;
        const json_t *type = json_object_get(json_object_get(params, "schedule"), "type");
        /* The name in the study's document outlives this copy of it. */
        const json_t *schedules =
            json_object_get(json_object_get(record->document, "space"), "schedule");
        for (size_t i = 0; i < json_array_size(schedules); i++) {
            const json_t *name = json_object_get(json_array_get(schedules, i), "type");
            if (json_equal(name, type))
                numbers->best_schedule = json_string_value(name);
        }
        json_decref(params);
    }
    if (pace->rate > 0)
        numbers->remaining_s = search_remaining_budget(search) / pace->rate;
}
