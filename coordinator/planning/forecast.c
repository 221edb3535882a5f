/* forecast.c - simulates the search for the trainers that were asked for, half and twice as many.
 */
#include "coordinator/planning/forecast.h"

#include "common/study_document.h"
#include "coordinator/search/curves.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double cpu_s(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static double wall_time_of(const struct forecast_options *options)
{
    const json_t *limit =
        json_object_get(json_object_get(options->document, "search"), "wall_time");
    /* Without a rate there are no seconds that it could be compared with. */
    return limit && options->rate != FORECAST_NO_RATE ? json_number_value(limit) : NAN;
}

/* What the search proper and its rungs were, of a simulation that is over. */
static bool keep(struct forecast *forecast, const struct simulator *simulator, struct error *error)
{
    const struct search *search = simulator->search;
    forecast->rung_count = search_rung_count(search);
    forecast->rungs = calloc(forecast->rung_count, sizeof *forecast->rungs);
    if (!forecast->rungs)
        return error_set(error, "out of memory");
    for (size_t i = 0; i < forecast->rung_count; i++)
        forecast->rungs[i] = (struct forecast_rung){*search_rung(search, i), simulator->rungs[i]};
    forecast->close = search_closed(search);
    for (uint32_t i = 0; i < search_trial_count(search); i++) {
        const struct search_trial *trial = search_trial(search, i);
        forecast->candidates += trial->parent == SEARCH_NO_TRIAL;
        forecast->diverged += trial->state == TRIAL_DIVERGED && !trial->repeat;
    }
    return true;
}

/* One simulation; its rungs are kept where `kept` is not NULL. */
static bool simulate(const struct forecast_options *options, uint32_t trainers,
                     struct forecast_case *result, struct forecast *kept, struct error *error)
{
    const uint64_t seed = (uint64_t)study_integer(options->document, "study", "seed");
    struct curves curves = curves_default(seed);
    const struct simulator_options simulated = {
        .trainers = trainers,
        .costs = options->costs,
        .learning = curves_learning(&curves),
        .validate_every = (uint64_t)study_integer(options->document, "train", "validate_every"),
        .wall_time_s = wall_time_of(options),
        .seed = seed};
    struct simulator simulator;
    double begun_s = cpu_s();
    curves.diverging = options->diverging;
    struct search *search = search_create(options->document, options->train_samples, error);
    if (!search)
        return false;
    if ((options->restarts && !search_without_checkpoints(search, error)) ||
        !simulator_create(&simulator, search, &simulated, error)) {
        search_destroy(search);
        return false;
    }
    bool good = simulator_run(&simulator, error);
    if (good) {
        struct simulator_rung total = simulator_total(&simulator);
        *result = (struct forecast_case){
            .trainers = trainers,
            .wall_s = simulator.now_s,
            .utilisation = simulator.busy_s / (simulator.now_s * trainers),
            .epochs = options->train_samples ? total.epochs : NAN,
            .steps = total.steps,
            .event_us = 1e6 * (cpu_s() - begun_s) / (double)simulator.events};
        good = !kept || keep(kept, &simulator, error);
    }
    simulator_destroy(&simulator);
    search_destroy(search);
    return good;
}

bool forecast_create(struct forecast *forecast, const struct forecast_options *options,
                     struct error *error)
{
    uint32_t half = options->trainers / 2;
    *forecast = (struct forecast){.options = *options};
    if (simulate(options, options->trainers, &forecast->wanted, forecast, error) &&
        simulate(options, 2 * options->trainers, &forecast->twice, NULL, error) &&
        (half == 0 || simulate(options, half, &forecast->half, NULL, error)))
        return true;
    forecast_destroy(forecast);
    return false;
}

void forecast_destroy(struct forecast *forecast)
{
    free(forecast->rungs);
    forecast->rungs = NULL;
}
