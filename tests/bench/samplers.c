/* samplers.c - what the samplers find on functions with known minima: one JSON line a sampler and
 * function, with the median, the quartiles and all of the best values over the seeds. Optuna's are
 * printed by tests/reference/optuna_surfaces.py.
 * usage: bench/samplers [SEEDS [CANDIDATES]] */
#include "tests/support/surfaces.h"

#include <stdio.h>
#include <stdlib.h>

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
                unsigned candidates)
{
    json_t *sampler = json_loads(settings, 0, NULL);
    double *best = calloc(seeds, sizeof *best);
    if (!sampler || !best)
        exit(1);
    for (unsigned seed = 0; seed < seeds; seed++)
        best[seed] = surface_search(surface, sampler, candidates, seed + 1) - surface->minimum;
    qsort(best, seeds, sizeof *best, by_value);
    json_t *multivariate = json_object_get(sampler, "multivariate");
    printf("{\"function\": \"%s\", \"sampler\": \"%s%s\", \"candidates\": %u, \"seeds\": %u, "
           "\"median_regret\": %.6g, \"quartiles\": [%.6g, %.6g]}\n",
           surface->name, json_string_value(json_object_get(sampler, "sampler")),
           !multivariate                ? ""
           : json_is_true(multivariate) ? " multivariate"
                                        : " univariate",
           candidates, seeds, quantile(best, seeds, 0.5), quantile(best, seeds, 0.25),
           quantile(best, seeds, 0.75));
    free(best);
    json_decref(sampler);
}

int main(int argc, char **argv)
{
    unsigned seeds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 20;
    unsigned candidates = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 100;
    for (size_t i = 0; i < surface_count; i++)
        for (size_t j = 0; j < sizeof samplers / sizeof samplers[0]; j++)
            run(&surfaces[i], samplers[j], seeds, candidates);
    return 0;
}
