/* blind_surfaces.c - functions that were written down before any sampler was run on them.
 *
 * Nothing was ever chosen by what was found on them: whoever tunes a sampler with them moves them
 * to surfaces.c and writes down others. Domains are such that the best point is not their middle.
 *
 * Those from the literature as in Surjanovic and Bingham, "Virtual library of simulation
 * experiments: test functions and datasets", 2013, and M. Jamil and X.-S. Yang, "A literature
 * survey of benchmark functions for global optimisation problems", 2013, both of which name their
 * origins, given here. */
#include "tests/support/surfaces.h"

#include <math.h>

/* Six-hump camel: Dixon and Szego, "Towards global optimisation 2", 1978. */
static double camel6(const double *x)
{
    double a = x[0] * x[0], b = x[1] * x[1];
    return (4 - 2.1 * a + a * a / 3) * a + x[0] * x[1] + (4 * b - 4) * b;
}

/* The same book, m = 5. */
static double shekel5(const double *x)
{
    static const double beta[5] = {0.1, 0.2, 0.2, 0.4, 0.4};
    static const double foxhole[5][4] = {
        {4, 4, 4, 4}, {1, 1, 1, 1}, {8, 8, 8, 8}, {6, 6, 6, 6}, {3, 7, 3, 7}};
    double sum = 0;
    for (int i = 0; i < 5; i++) {
        double inner = beta[i];
        for (int j = 0; j < 4; j++)
            inner += (x[j] - foxhole[i][j]) * (x[j] - foxhole[i][j]);
        sum -= 1 / inner;
    }
    return sum;
}

/* M. J. D. Powell, "An iterative method for finding stationary values of a function of several
 * variables", The Computer Journal 1962: singular at its minimum. */
static double powell4(const double *x)
{
    return pow(x[0] + 10 * x[1], 2) + 5 * pow(x[2] - x[3], 2) + pow(x[1] - 2 * x[2], 4) +
           10 * pow(x[0] - x[3], 4);
}

/* Jamil and Yang, function 173. */
static double zakharov5(const double *x)
{
    double squares = 0, slope = 0;
    for (int i = 0; i < 5; i++) {
        squares += x[i] * x[i];
        slope += 0.5 * (i + 1) * x[i];
    }
    return squares + pow(slope, 2) + pow(slope, 4);
}

/* H.-P. Schwefel, "Numerical optimization of computer models", 1981, problem 2.26. */
static double schwefel3(const double *x)
{
    double sum = 3 * 418.98288727243369;
    for (int i = 0; i < 3; i++)
        sum -= x[i] * sin(sqrt(fabs(x[i])));
    return sum;
}

/* L. C. W. Dixon and R. C. Price, "The truncated Newton method for sparse unconstrained
 * optimisation using automatic differentiation", JOTA 1989. */
static double dixon_price4(const double *x)
{
    double sum = pow(x[0] - 1, 2);
    for (int i = 1; i < 4; i++)
        sum += (i + 1) * pow(2 * x[i] * x[i] - x[i - 1], 2);
    return sum;
}

/* Jamil and Yang, function 6: many valleys, ridges that are not smooth. */
static double alpine5(const double *x)
{
    double sum = 0;
    for (int i = 0; i < 5; i++)
        sum += fabs(x[i] * sin(x[i]) + 0.1 * x[i]);
    return sum;
}

/* A. R. Colville, "A comparative study of nonlinear programming codes", IBM 320-2949, 1968. */
static double colville4(const double *x)
{
    double first = x[0] * x[0] - x[1], second = x[2] * x[2] - x[3];
    return 100 * first * first + pow(x[0] - 1, 2) + pow(x[2] - 1, 2) + 90 * second * second +
           10.1 * (pow(x[1] - 1, 2) + pow(x[3] - 1, 2)) + 19.8 * (x[1] - 1) * (x[3] - 1);
}

/* The rest is made up after what searches for a learning rate look like: a loss that falls slowly
 * to its best rate, rises fast above it and soon is the constant predictor's. */
static double loss_of_rate(double above)
{
    return above < 0 ? 0.06 * above * above : 0.3 * above * above;
}

/* The best rate grows with the root of the batch size. */
static double rate_and_batch(const double *x)
{
    static const double cost[4] = {0.04, 0, 0.015, 0.08}; /* of 16, 64, 256, 1024 */
    int batch = (int)x[1];
    double above = log10(x[0]) + 2.6 - 0.301 * batch, decay = log10(x[3]) + 4.2;
    if (above > 0.7)
        return 2.303;
    return 0.25 + cost[batch] + loss_of_rate(above) + 0.3 * (x[2] - 0.15) * (x[2] - 0.15) +
           0.006 * decay * decay;
}

/* What counts is the rate over 1 - momentum; a schedule that decays fast wants a higher one.
 * Constant, exponential (gamma), step (every, gamma), cosine. */
static double rate_and_schedule(const double *x)
{
    double above = log10(x[0] / (1 - x[1])), loss = 0.4 + 0.15 * (x[1] - 0.85) * (x[1] - 0.85);
    if (x[2] == 0) {
        above += 1.2;
        loss += 0.06;
    } else if (x[2] == 1) {
        above += 0.5 + 0.8 * (x[3] - 0.3);
        loss += 0.5 * pow(x[3] - 0.72, 2);
    } else if (x[2] == 2) {
        above += 0.7;
        loss += 0.02 + 0.004 * pow(x[4] - 5.5, 2) + 0.3 * pow(x[5] - 0.2, 2);
    } else {
        above += 0.6;
        loss += 0.03;
    }
    return above > 0.8 ? 2.303 : loss + loss_of_rate(above);
}

/* Optimizers, each with a best rate of its own: sgd (momentum), adam (beta1), rmsprop; and the
 * units of a layer. */
static double rate_and_optimizer(const double *x)
{
    double above = log10(x[3]), units = log2(x[4] / 72), loss = 0.3 + 0.02 * units * units;
    if (x[0] == 0) {
        above += 0.9 - log10(1 - x[1]);
        loss += 0.03 + 0.12 * pow(x[1] - 0.9, 2);
    } else if (x[0] == 1) {
        above += 2.8;
        loss += 0.2 * pow(x[2] - 0.88, 2);
    } else {
        above += 3.1;
        loss += 0.02;
    }
    return above > 0.9 ? 2.303 : loss + loss_of_rate(above);
}

#define UNIFORM(name, low, high)     "\"" name "\": {\"uniform\": [" #low ", " #high "]}"
#define LOG_UNIFORM(name, low, high) "\"" name "\": {\"log_uniform\": [" #low ", " #high "]}"
#define SAME_3(low, high)                                                                          \
    UNIFORM("x0", low, high) "," UNIFORM("x1", low, high) "," UNIFORM("x2", low, high)
#define SAME_4(low, high) SAME_3(low, high) "," UNIFORM("x3", low, high)
#define SAME_5(low, high) SAME_4(low, high) "," UNIFORM("x4", low, high)

const struct surface blind_surfaces[] = {
    {.name = "camel6",
     .space = "{" UNIFORM("x0", -2.0, 3.0) "," UNIFORM("x1", -2.0, 1.0) "}",
     .minimum = -1.0316284534898774,
     .value = camel6},
    {.name = "shekel5",
     .space = "{" SAME_4(1.0, 10.0) "}",
     .minimum = -10.153199679058231,
     .value = shekel5},
    {.name = "powell4", .space = "{" SAME_4(-3.0, 8.0) "}", .value = powell4},
    {.name = "zakharov5", .space = "{" SAME_5(-4.0, 9.0) "}", .value = zakharov5},
    {.name = "schwefel3", .space = "{" SAME_3(-500.0, 500.0) "}", .value = schwefel3},
    {.name = "dixon_price4", .space = "{" SAME_4(-4.0, 10.0) "}", .value = dixon_price4},
    {.name = "alpine5", .space = "{" SAME_5(-4.0, 10.0) "}", .value = alpine5},
    {.name = "colville4", .space = "{" SAME_4(-4.0, 10.0) "}", .value = colville4},
    {.name = "rate_and_batch",
     .space = "{" LOG_UNIFORM(
         "lr", 1e-6, 1.0) ","
                          "\"batch\": {\"choice\": [\"16\", \"64\", \"256\", \"1024\"]}," UNIFORM(
                              "dropout", 0.0, 0.8) "," LOG_UNIFORM("decay", 1e-8, 0.1) "}",
     .minimum = 0.25,
     .noise = 0.01,
     .value = rate_and_batch},
    {.name = "rate_and_schedule",
     .space = "{" LOG_UNIFORM("lr", 1e-5, 10.0) "," UNIFORM(
         "momentum", 0.0,
         0.99) ","
               "\"schedule\": [{\"type\": \"constant\"},"
               " {\"type\": \"exponential\", " UNIFORM(
                   "gamma", 0.3,
                   1.0) "},"
                        " {\"type\": \"step\", " UNIFORM("every", 0.5, 9.0) "," UNIFORM(
                            "gamma", 0.05, 1.0) "},"
                                                " {\"type\": \"cosine\"}]}",
     .minimum = 0.4,
     .noise = 0.008,
     .value = rate_and_schedule},
    {.name = "rate_and_optimizer",
     .space = "{\"optimizer\": [{\"type\": \"sgd\", " UNIFORM(
         "momentum", 0.0,
         0.99) "},"
               " {\"type\": \"adam\", " UNIFORM(
                   "beta1", 0.5, 0.999) "},"
                                        " {\"type\": \"rmsprop\"}]," LOG_UNIFORM(
                                            "lr", 1e-6, 10.0) ", \"units\": {\"int\": [8, 128]}}",
     .minimum = 0.3,
     .noise = 0.01,
     .value = rate_and_optimizer},
};

const size_t blind_surface_count = sizeof blind_surfaces / sizeof blind_surfaces[0];
