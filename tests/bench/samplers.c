/* samplers.c - what the samplers find on functions with known minima: one JSON line a function,
 * sampler and number of candidates (a quarter, a half and all of them), with the median and the
 * quartiles over the seeds of how far above the minimum the candidate is that measured best.
 * Optuna's are printed by tests/reference/optuna_surfaces.py.
 * usage: samplers [SEEDS [CANDIDATES [FIRST_SEED [FUNCTION]...]]] */
#include "tests/support/surfaces.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const samplers[] = {
    "{\"sampler\": \"random\"}",
    "{\"sampler\": \"sobol\"}",
    "{\"sampler\": \"lhs\"}",
    "{\"sampler\": \"tpe\", \"n_startup_trials\": 10, \"n_ei_candidates\": 24, \"gamma\": 0.1,"
    " \"prior_weight\": 1.0, \"multivariate\": true, \"constant_liar\": true}",
    "{\"sampler\": \"tpe\", \"n_startup_trials\": 10, \"n_ei_candidates\": 24, \"gamma\": 0.1,"
    " \"prior_weight\": 1.0, \"multivariate\": false, \"constant_liar\": true}",
};

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile(const double *sorted, unsigned count, double share)
{
    double place = share * (count - 1);
    unsigned below = (unsigned)place;
    unsigned above = below + 1 < count ? below + 1 : below;
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

static void run(const struct surface *surface, const char *settings, unsigned seeds,
                unsigned candidates, unsigned first)
{
    json_t *sampler = json_loads(settings, 0, NULL);
    double *regret = calloc((size_t)seeds * candidates, sizeof *regret);
    double *sorted = calloc(seeds, sizeof *sorted);
    if (!sampler || !regret || !sorted)
        exit(1);
    for (unsigned seed = 0; seed < seeds; seed++)
        surface_search(surface, sampler, candidates, first + seed,
                       regret + (size_t)seed * candidates);
    json_t *multivariate = json_object_get(sampler, "multivariate");
    for (unsigned part = 4; part > 0; part /= 2) {
        unsigned so_far = candidates / part;
        for (unsigned seed = 0; seed < seeds; seed++)
            sorted[seed] = regret[(size_t)seed * candidates + so_far - 1];
        qsort(sorted, seeds, sizeof *sorted, by_value);
        printf("{\"function\": \"%s\", \"sampler\": \"%s%s\", \"candidates\": %u, \"seeds\": [%u, "
               "%u], \"median_regret\": %.6g, \"quartiles\": [%.6g, %.6g]}\n",
               surface->name, json_string_value(json_object_get(sampler, "sampler")),
               !multivariate                ? ""
               : json_is_true(multivariate) ? " multivariate"
                                            : " univariate",
               so_far, first, first + seeds - 1, quantile(sorted, seeds, 0.5),
               quantile(sorted, seeds, 0.25), quantile(sorted, seeds, 0.75));
    }
    free(sorted);
    free(regret);
    json_decref(sampler);
}

static bool is_wanted(const char *name, int count, char **names)
{
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return count == 0;
}

int main(int argc, char **argv)
{
    unsigned seeds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 20;
    unsigned candidates = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 100;
    unsigned first = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 1;
    if (seeds < 1 || candidates < 4) {
        (void)fprintf(stderr, "usage: samplers [SEEDS [CANDIDATES [FIRST_SEED [FUNCTION]...]]], "
                              "4 candidates or more\n");
        return 1;
    }
    for (size_t i = 0; i < surface_count + blind_surface_count; i++) {
        const struct surface *surface =
            i < surface_count ? &surfaces[i] : &blind_surfaces[i - surface_count];
        if (!is_wanted(surface->name, argc > 4 ? argc - 4 : 0, argv + 4))
            continue;
        for (size_t j = 0; j < sizeof samplers / sizeof samplers[0]; j++)
            run(surface, samplers[j], seeds, candidates, first);
    }
    return 0;
}
