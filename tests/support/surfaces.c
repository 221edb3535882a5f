/* surfaces.c - Branin, Hartmann-6 and a learning rate's surface; a search core on them. */
#include "tests/support/surfaces.h"

#include "coordinator/search/search.h"

#include <math.h>
#include <stdlib.h>

/* Dixon and Szego, "Towards global optimisation 2", 1978. */
static double branin(const double *x)
{
    const double pi = 3.14159265358979323846;
    double valley = x[1] - 5.1 / (4 * pi * pi) * x[0] * x[0] + 5 / pi * x[0] - 6;
    return valley * valley + 10 * (1 - 1 / (8 * pi)) * cos(x[0]) + 10;
}

/* The same. */
static double hartmann6(const double *x)
{
    static const double alpha[4] = {1.0, 1.2, 3.0, 3.2};
    static const double a[4][6] = {{10, 3, 17, 3.5, 1.7, 8},
                                   {0.05, 10, 17, 0.1, 8, 14},
                                   {3, 3.5, 1.7, 10, 17, 8},
                                   {17, 8, 0.05, 10, 0.1, 14}};
    static const double p[4][6] = {{0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886},
                                   {0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991},
                                   {0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650},
                                   {0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381}};
    double sum = 0;
    for (int i = 0; i < 4; i++) {
        double inner = 0;
        for (int j = 0; j < 6; j++)
            inner += a[i][j] * (x[j] - p[i][j]) * (x[j] - p[i][j]);
        sum -= alpha[i] * exp(-inner);
    }
    return sum;
}

/* What training looks like: the loss falls with the effective rate lr / (1 - momentum) to a best
 * one near 0.3, and some way above it leaps to the constant predictor's; a little momentum more or
 * less and the weight decay matter less. */
static double learning_rate(const double *x)
{
    double effective = log10(x[0] / (1 - x[1])), decay = log10(x[2]);
    double below = effective + 0.5;
    if (effective > 0.2)
        return 2.303;
    return 0.3 + 0.12 * below * below + 0.1 * (x[1] - 0.8) * (x[1] - 0.8) +
           0.01 * (decay + 3.5) * (decay + 3.5);
}

const struct surface surfaces[] = {
    {.name = "branin",
     .space = "{\"x0\": {\"uniform\": [-5.0, 10.0]}, \"x1\": {\"uniform\": [0.0, 15.0]}}",
     .minimum = 0.39788735772973816,
     .value = branin},
    {.name = "hartmann6",
     .space = "{\"x0\": {\"uniform\": [0.0, 1.0]}, \"x1\": {\"uniform\": [0.0, 1.0]},"
              " \"x2\": {\"uniform\": [0.0, 1.0]}, \"x3\": {\"uniform\": [0.0, 1.0]},"
              " \"x4\": {\"uniform\": [0.0, 1.0]}, \"x5\": {\"uniform\": [0.0, 1.0]}}",
     .minimum = -3.32236801141551,
     .value = hartmann6},
    {.name = "learning_rate",
     .space = "{\"lr\": {\"log_uniform\": [1e-5, 10.0]}, \"momentum\": {\"uniform\": [0.0, 0.99]},"
              " \"weight_decay\": {\"log_uniform\": [1e-6, 0.1]}}",
     .minimum = 0.3,
     .value = learning_rate},
};

const size_t surface_count = sizeof surfaces / sizeof surfaces[0];

static json_t *study_of(const struct surface *surface, const json_t *sampler, unsigned candidates,
                        uint64_t seed)
{
    json_t *study = json_pack("{s:{s:I}, s:{s:i}, s:o, s:{s:i, s:s, s:f, s:s, s:i, s:i}, s:{s:i}}",
                              "study", "seed", (json_int_t)seed, "train", "batch_size", 1, "space",
                              json_loads(surface->space, 0, NULL), "search", "candidates",
                              (int)candidates, "scheduler", "none", "max_budget", 1.0, "unit",
                              "steps", "finalists", 0, "patience", 0, "run", "retries", 0);
    (void)json_object_update(json_object_get(study, "search"), (json_t *)sampler);
    return study;
}

double surface_search(const struct surface *surface, const json_t *sampler, unsigned candidates,
                      uint64_t seed)
{
    struct error error;
    json_t *study = study_of(surface, sampler, candidates, seed);
    struct search *search = search_create(study, 0, &error);
    double best = NAN;
    while (search && !search_finished(search)) {
        struct search_update update;
        struct search_event event = {.kind = SEARCH_FREE, .value = 1};
        if (!search_step(search, &event, &update) || update.count == 0)
            break;
        const struct search_action *train = &update.actions[update.count - 1];
        event = (struct search_event){.kind = SEARCH_DONE,
                                      .trial = train->trial,
                                      .attempt = train->attempt,
                                      .step = train->to};
        event.value = surface->value(search_trial(search, train->trial)->values);
        if (!(best <= event.value))
            best = event.value;
        if (!search_step(search, &event, &update))
            break;
    }
    search_destroy(search);
    json_decref(study);
    return best;
}
