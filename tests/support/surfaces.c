/* surfaces.c - functions to search on, and a search core on them. */
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

/* The following as in Surjanovic and Bingham, "Virtual library of simulation experiments: test
 * functions and datasets", 2013. */
static double rosenbrock4(const double *x)
{
    double sum = 0;
    for (int i = 0; i < 3; i++)
        sum += 100 * pow(x[i + 1] - x[i] * x[i], 2) + pow(1 - x[i], 2);
    return sum;
}

static double ackley5(const double *x)
{
    const double two_pi = 6.28318530717958648;
    double squares = 0, waves = 0;
    for (int i = 0; i < 5; i++) {
        squares += x[i] * x[i] / 5;
        waves += cos(two_pi * x[i]) / 5;
    }
    return -20 * exp(-0.2 * sqrt(squares)) - exp(waves) + 20 + exp(1);
}

static double rastrigin3(const double *x)
{
    const double two_pi = 6.28318530717958648;
    double sum = 30;
    for (int i = 0; i < 3; i++)
        sum += x[i] * x[i] - 10 * cos(two_pi * x[i]);
    return sum;
}

static double levy6(const double *x)
{
    const double pi = 3.14159265358979323846;
    double w[6], sum;
    for (int i = 0; i < 6; i++)
        w[i] = 1 + (x[i] - 1) / 4;
    sum = pow(sin(pi * w[0]), 2) + pow(w[5] - 1, 2) * (1 + pow(sin(2 * pi * w[5]), 2));
    for (int i = 0; i < 5; i++)
        sum += pow(w[i] - 1, 2) * (1 + 10 * pow(sin(pi * w[i] + 1), 2));
    return sum;
}

static double styblinski5(const double *x)
{
    double sum = 0;
    for (int i = 0; i < 5; i++)
        sum += (pow(x[i], 4) - 16 * x[i] * x[i] + 5 * x[i]) / 2;
    return sum;
}

static double griewank4(const double *x)
{
    double sum = 1, product = 1;
    for (int i = 0; i < 4; i++) {
        sum += x[i] * x[i] / 4000;
        product *= cos(x[i] / sqrt(i + 1.0));
    }
    return sum - product;
}

static double michalewicz5(const double *x)
{
    const double pi = 3.14159265358979323846;
    double sum = 0;
    for (int i = 0; i < 5; i++)
        sum -= sin(x[i]) * pow(sin((i + 1) * x[i] * x[i] / pi), 20);
    return sum;
}

/* A choice that moves the best rate, and a whole number. */
static double mixed(const double *x)
{
    static const double level[4] = {0.35, 0.3, 0.4, 0.6}, best[4] = {-1, -3, -4, -2};
    int choice = (int)x[0];
    double units = (x[1] - 13) / 10, rate = log10(x[2]) - best[choice];
    return level[choice] + 0.5 * units * units + 0.15 * rate * rate;
}

/* Schedules, of which two bring parameters: constant, exponential (gamma), step (every, gamma). */
static double schedules(const double *x)
{
    double rate = log10(x[0]) + 1.5, sum = 0.3 + 0.12 * rate * rate;
    if (log10(x[0]) > -0.5)
        return 2.303;
    if (x[1] == 0)
        return sum + 0.05;
    if (x[1] == 1)
        return sum + 0.02 + 2 * pow(x[2] - 0.85, 2);
    return sum + 0.01 * pow(x[3] - 3, 2) + pow(x[4] - 0.3, 2);
}

const struct surface surfaces[] = {
    {.name = "branin",
     .space = "{\"x0\": {\"uniform\": [-5.0, 10.0]}, \"x1\": {\"uniform\": [0.0, 15.0]}}",
     .minimum = 0.39788735772973816,
     .fitted = true,
     .value = branin},
    {.name = "hartmann6",
     .space = "{\"x0\": {\"uniform\": [0.0, 1.0]}, \"x1\": {\"uniform\": [0.0, 1.0]},"
              " \"x2\": {\"uniform\": [0.0, 1.0]}, \"x3\": {\"uniform\": [0.0, 1.0]},"
              " \"x4\": {\"uniform\": [0.0, 1.0]}, \"x5\": {\"uniform\": [0.0, 1.0]}}",
     .minimum = -3.32236801141551,
     .fitted = true,
     .value = hartmann6},
    {.name = "learning_rate",
     .space = "{\"lr\": {\"log_uniform\": [1e-5, 10.0]}, \"momentum\": {\"uniform\": [0.0, 0.99]},"
              " \"weight_decay\": {\"log_uniform\": [1e-6, 0.1]}}",
     .minimum = 0.3,
     .fitted = true,
     .value = learning_rate},
    {.name = "rosenbrock4",
     .space = "{\"x0\": {\"uniform\": [-5.0, 10.0]}, \"x1\": {\"uniform\": [-5.0, 10.0]},"
              " \"x2\": {\"uniform\": [-5.0, 10.0]}, \"x3\": {\"uniform\": [-5.0, 10.0]}}",
     .value = rosenbrock4},
    {.name = "ackley5",
     .space = "{\"x0\": {\"uniform\": [-32.768, 32.768]}, \"x1\": {\"uniform\": [-32.768, 32.768]},"
              " \"x2\": {\"uniform\": [-32.768, 32.768]}, \"x3\": {\"uniform\": [-32.768, 32.768]},"
              " \"x4\": {\"uniform\": [-32.768, 32.768]}}",
     .value = ackley5},
    {.name = "rastrigin3",
     .space = "{\"x0\": {\"uniform\": [-5.12, 5.12]}, \"x1\": {\"uniform\": [-5.12, 5.12]},"
              " \"x2\": {\"uniform\": [-5.12, 5.12]}}",
     .value = rastrigin3},
    {.name = "levy6",
     .space = "{\"x0\": {\"uniform\": [-10.0, 10.0]}, \"x1\": {\"uniform\": [-10.0, 10.0]},"
              " \"x2\": {\"uniform\": [-10.0, 10.0]}, \"x3\": {\"uniform\": [-10.0, 10.0]},"
              " \"x4\": {\"uniform\": [-10.0, 10.0]}, \"x5\": {\"uniform\": [-10.0, 10.0]}}",
     .value = levy6},
    {.name = "styblinski5",
     .space = "{\"x0\": {\"uniform\": [-5.0, 5.0]}, \"x1\": {\"uniform\": [-5.0, 5.0]},"
              " \"x2\": {\"uniform\": [-5.0, 5.0]}, \"x3\": {\"uniform\": [-5.0, 5.0]},"
              " \"x4\": {\"uniform\": [-5.0, 5.0]}}",
     .minimum = -195.83082851885758,
     .value = styblinski5},
    {.name = "griewank4",
     .space = "{\"x0\": {\"uniform\": [-600.0, 600.0]}, \"x1\": {\"uniform\": [-600.0, 600.0]},"
              " \"x2\": {\"uniform\": [-600.0, 600.0]}, \"x3\": {\"uniform\": [-600.0, 600.0]}}",
     .minimum = 0,
     .value = griewank4},
    {.name = "michalewicz5",
     .space = "{\"x0\": {\"uniform\": [0.0, 3.14159265358979]}, \"x1\": {\"uniform\": [0.0, "
              "3.14159265358979]},"
              " \"x2\": {\"uniform\": [0.0, 3.14159265358979]}, \"x3\": {\"uniform\": [0.0, "
              "3.14159265358979]},"
              " \"x4\": {\"uniform\": [0.0, 3.14159265358979]}}",
     .minimum = -4.687658,
     .value = michalewicz5},
    {.name = "mixed",
     .space = "{\"x0\": {\"choice\": [\"a\", \"b\", \"c\", \"d\"]}, \"x1\": {\"int\": [1, 20]},"
              " \"x2\": {\"log_uniform\": [1e-5, 1.0]}}",
     .minimum = 0.3,
     .value = mixed},
    {.name = "schedules",
     .space = "{\"lr\": {\"log_uniform\": [1e-5, 10.0]}, \"schedule\": [{\"type\": \"constant\"},"
              " {\"type\": \"exponential\", \"gamma\": {\"uniform\": [0.5, 1.0]}},"
              " {\"type\": \"step\", \"every\": {\"uniform\": [0.5, 9.0]},"
              " \"gamma\": {\"uniform\": [0.05, 1.0]}}]}",
     .minimum = 0.3,
     .value = schedules},
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

/* Two uniform numbers that hang on the value's last digits, and a normal one of them (Box and
 * Muller 1958). Simple enough to be the same in another language. */
double surface_measured(const struct surface *surface, const double *values)
{
    double value = surface->value(values), uniform[2], whole;
    if (surface->noise == 0)
        return value;
    for (int i = 0; i < 2; i++)
        uniform[i] = modf(43758.5453 * fabs(sin(1e4 * value + i)), &whole);
    return value +
           surface->noise * sqrt(-2 * log(1 - uniform[0])) * cos(6.28318530717958648 * uniform[1]);
}

void surface_search(const struct surface *surface, const json_t *sampler, unsigned candidates,
                    uint64_t seed, double *regret)
{
    struct error error;
    json_t *study = study_of(surface, sampler, candidates, seed);
    struct search *search = search_create(study, 0, &error);
    double best = NAN, reached = NAN;
    for (unsigned i = 0; i < candidates; i++)
        regret[i] = NAN;
    for (unsigned i = 0; i < candidates && search && !search_finished(search); i++) {
        struct search_update update;
        struct search_event event = {.kind = SEARCH_FREE, .value = 1};
        if (!search_step(search, &event, &update) || update.count == 0)
            break;
        const struct search_action *train = &update.actions[update.count - 1];
        const double *values = search_trial(search, train->trial)->values;
        event = (struct search_event){.kind = SEARCH_DONE,
                                      .trial = train->trial,
                                      .attempt = train->attempt,
                                      .step = train->to,
                                      .value = surface_measured(surface, values)};
        if (!(best <= event.value)) {
            best = event.value;
            reached = surface->value(values) - surface->minimum;
        }
        if (!search_step(search, &event, &update))
            break;
        regret[i] = reached;
    }
    search_destroy(search);
    json_decref(study);
}
