/* curves.c - see curves.h for the formula. */
#include "coordinator/search/curves.h"

#include "common/random.h"
#include "coordinator/search/state.h"

#include <math.h>
#include <string.h>

#define ALPHA         0.5
#define TAU           0.005 /* of the full budget */
#define CURVATURE     0.3
#define EDGE_DECADES  1.0
#define FIRST_TO_LOSE 0.005 /* of the full budget: divergence is seen between these */
#define LAST_TO_LOSE  0.05

/* What numbers are drawn for; a trial has a stream of each. */
enum { DRAW_QUALITY = 1, DRAW_DIVERGENCE = 2, DRAW_NOISE = 3, DRAWS };

struct rates {
    double low, high; /* log10 of what is searched; equal: the rate is not searched */
    double rate;      /* log10 of this candidate's */
};

static double list_number(const struct parameter *parameter, size_t index)
{
    return log10(json_number_value(json_array_get(parameter->values, index)));
}

static struct rates rates_of(const struct search *search, const struct search_trial *trial)
{
    struct rates rates = {0, 0, 0};
    for (size_t i = 0; i < search->space.count; i++) {
        const struct parameter *parameter = &search->space.parameters[i];
        if (strcmp(parameter->name, "lr") != 0)
            continue;
        if (!parameter->values)
            return (struct rates){log10(parameter->low), log10(parameter->high),
                                  log10(trial->values[i])};
        rates =
            (struct rates){INFINITY, -INFINITY, list_number(parameter, (size_t)trial->values[i])};
        for (size_t j = 0; j < parameter->count; j++) {
            rates.low = fmin(rates.low, list_number(parameter, j));
            rates.high = fmax(rates.high, list_number(parameter, j));
        }
    }
    return rates;
}

/* Decades above the reference rate; the edge stands EDGE_DECADES above it. */
static double decades(const struct curves *curves, const struct search *search, uint32_t trial)
{
    struct rates rates = rates_of(search, &search->trials[trial]);
    double edge = rates.high - curves->diverging * (rates.high - rates.low);
    double above = rates.rate - (edge - EDGE_DECADES);
    return isfinite(above) ? above : 0; /* a uniform range of rates may begin at 0 */
}

static bool diverges(const struct curves *curves, double x)
{
    return curves->diverging > 0 && x > EDGE_DECADES;
}

/* The trial whose candidate this is: a repeat learns as its finalist does. */
static uint32_t origin(const struct search *search, uint32_t trial)
{
    while (search->trials[trial].parent != SEARCH_NO_TRIAL)
        trial = search->trials[trial].parent;
    return trial;
}

static struct random_stream stream_of(const struct curves *curves, uint32_t trial, int draw,
                                      uint64_t step)
{
    struct random_stream stream;
    random_open(&stream, curves->seed + step, RANDOM_SIMULATE, (uint64_t)trial * DRAWS + draw);
    return stream;
}

double curves_expected(const struct curves *curves, const struct search *search, uint32_t trial,
                       uint64_t step)
{
    double x = decades(curves, search, trial);
    if (diverges(curves, x))
        return curves->initial;
    struct random_stream stream = stream_of(curves, origin(search, trial), DRAW_QUALITY, 0);
    double z = random_normal(&stream), above = fmax(x, 0);
    double full = (double)search_budget_steps(search, trial, search->settings.max_budget);
    double trained = pow(10, x) * (double)step / full / TAU;
    return curves->floor + CURVATURE * above * above + curves->quality * z * z / 2 +
           (curves->initial - curves->floor) * pow(1 + trained, -ALPHA);
}

static double value(const void *context, const struct search *search, uint32_t trial, uint64_t step)
{
    const struct curves *curves = context;
    struct random_stream stream = stream_of(curves, trial, DRAW_NOISE, step);
    return curves_expected(curves, search, trial, step) *
           (1 + curves->noise * random_normal(&stream));
}

static uint64_t divergence(const void *context, const struct search *search, uint32_t trial)
{
    const struct curves *curves = context;
    if (!diverges(curves, decades(curves, search, trial)))
        return UINT64_MAX;
    struct random_stream stream = stream_of(curves, trial, DRAW_DIVERGENCE, 0);
    double full = (double)search_budget_steps(search, trial, search->settings.max_budget);
    double share = FIRST_TO_LOSE + (LAST_TO_LOSE - FIRST_TO_LOSE) * random_uniform(&stream);
    return 1 + (uint64_t)(share * full);
}

struct curves curves_default(uint64_t seed)
{
    return (struct curves){
        .seed = seed, .initial = 2.303, .floor = 0.3, .quality = 0.1, .noise = 0.005};
}

struct simulator_learning curves_learning(const struct curves *curves)
{
    return (struct simulator_learning){value, divergence, curves};
}
