/* parzen.c - kernels, their widths, draws and densities. */
#include "coordinator/search/samplers/parzen.h"

#include <math.h>
#include <stdlib.h>

static const double log_of_nothing = -1e300; /* stands for log 0, and adds up without a NaN */
static const double root_two_pi = 2.5066282746310002;

/* Values in a fixed order, which a normal may spread over; 0: a continuum, or a choice. */
static size_t ordered_values(const struct parameter *parameter)
{
    if (parameter->distribution == DISTRIBUTION_INT)
        return (size_t)(parameter->high - parameter->low) + 1;
    if (parameter->distribution != DISTRIBUTION_GRID)
        return 0;
    size_t rising = 0;
    for (size_t i = 1; i < parameter->count; i++)
        rising += json_number_value(json_array_get(parameter->values, i)) >
                  json_number_value(json_array_get(parameter->values, i - 1));
    return rising == 0 || rising + 1 == parameter->count ? parameter->count : 0;
}

bool parzen_create(struct parzen *parzen, const struct space *space, size_t room,
                   double prior_weight)
{
    *parzen = (struct parzen){.space = space, .room = room, .prior_weight = prior_weight};
    for (size_t i = 0; i < space->count; i++) {
        parzen->ordered[i] = ordered_values(&space->parameters[i]);
        parzen->choice[i] = space->parameters[i].values && parzen->ordered[i] == 0;
    }
    size_t cells = room * (space->count + 1);
    parzen->weight = malloc(room * sizeof *parzen->weight);
    parzen->center = malloc(cells * sizeof *parzen->center);
    parzen->width = malloc(cells * sizeof *parzen->width);
    parzen->log_scale = malloc(cells * sizeof *parzen->log_scale);
    parzen->exponent = malloc((room + 1) * sizeof *parzen->exponent);
    return parzen->weight && parzen->center && parzen->width && parzen->log_scale &&
           parzen->exponent;
}

void parzen_destroy(struct parzen *parzen)
{
    free(parzen->weight);
    free(parzen->center);
    free(parzen->width);
    free(parzen->log_scale);
    free(parzen->exponent);
}

void parzen_clear(struct parzen *parzen)
{
    parzen->count = 0;
}

/* --- unit coordinates --- */

static double unit_of(const struct parzen *parzen, size_t index, double value)
{
    const struct parameter *parameter = &parzen->space->parameters[index];
    double low = parameter->low, high = parameter->high;
    if (isnan(value) || parzen->choice[index])
        return value;
    if (parzen->ordered[index] > 0)
        return (value - (parameter->values ? 0 : low) + 0.5) / (double)parzen->ordered[index];
    if (parameter->distribution == DISTRIBUTION_LOG_UNIFORM)
        return log(value / low) / log(high / low);
    return (value - low) / (high - low);
}

void parzen_values(const struct parzen *parzen, const double *point, double *values)
{
    for (size_t i = 0; i < parzen->space->count; i++) {
        bool as_it_is = isnan(point[i]) || parzen->choice[i];
        values[i] = as_it_is ? point[i] : space_value(parzen->space, i, point[i]);
    }
}

static bool is_active(const struct space *space, size_t index, const double *point)
{
    const struct parameter *parameter = &space->parameters[index];
    return parameter->parent < 0 || point[parameter->parent] == (double)parameter->parent_choice;
}

/* --- fitting --- */

void parzen_add(struct parzen *parzen, const double *values, double weight)
{
    size_t kernel = parzen->count++;
    parzen->weight[kernel] = weight;
    for (size_t i = 0; i < parzen->space->count; i++) {
        size_t cell = i * parzen->room + kernel;
        parzen->center[cell] = unit_of(parzen, i, values[i]);
        parzen->width[cell] = 1; /* of those without a value, which is not looked at */
        parzen->log_scale[cell] = 0;
    }
}

/* The share of a normal that lies in the unit interval. */
static double mass(double center, double width)
{
    double root = width * sqrt(2);
    return 0.5 * (erf((1 - center) / root) + erf(center / root));
}

/* Scott's rule for a parameter of which `count` kernels have a centre. */
static double spread_width(const struct parzen *parzen, const double *center, double count,
                           double dimensions)
{
    double sum = 0, squares = 0;
    for (size_t k = 0; k < parzen->count; k++)
        if (!isnan(center[k]))
            sum += center[k];
    double mean = sum / count;
    for (size_t k = 0; k < parzen->count; k++)
        if (!isnan(center[k]))
            squares += (center[k] - mean) * (center[k] - mean);
    return 1.06 * sqrt(squares / count) * pow(count, -1 / (dimensions + 4));
}

/* The distance to the farther neighbour. */
static double neighbour_width(const struct parzen *parzen, const double *center, size_t kernel)
{
    double at = center[kernel];
    double below = at > 0.5 ? 0.5 : 0, above = at < 0.5 ? 0.5 : 1;
    for (size_t k = 0; k < parzen->count; k++) {
        if (center[k] < at && center[k] > below)
            below = center[k];
        if (center[k] > at && center[k] < above)
            above = center[k];
    }
    return fmax(at - below, above - at);
}

static void fit_number(struct parzen *parzen, size_t index, bool joint, double dimensions)
{
    const double *center = parzen->center + index * parzen->room;
    double count = 0;
    for (size_t k = 0; k < parzen->count; k++)
        count += !isnan(center[k]);
    if (count == 0)
        return;
    double least = 0.5 / fmin(count + 2, 100);
    if (parzen->ordered[index] > 0)
        least = fmax(least, 0.5 / (double)parzen->ordered[index]);
    double shared = joint ? spread_width(parzen, center, count, dimensions) : 0;
    for (size_t k = 0; k < parzen->count; k++) {
        size_t cell = index * parzen->room + k;
        if (isnan(center[k]))
            continue;
        double width = joint ? shared : neighbour_width(parzen, center, k);
        width = fmin(fmax(width, least), 1);
        parzen->width[cell] = width;
        parzen->log_scale[cell] = -log(width * root_two_pi * mass(center[k], width));
    }
}

/* Each value of a choice is given prior_weight / (n + 1) on top of the 1 of the kernel's own. */
static void fit_choice(struct parzen *parzen, size_t index)
{
    double each = parzen->prior_weight / (double)(parzen->count + 1);
    double whole = 1 + each * (double)parzen->space->parameters[index].count;
    parzen->log_hit[index] = log((1 + each) / whole);
    parzen->log_miss[index] = each > 0 ? log(each / whole) : log_of_nothing;
}

void parzen_fit(struct parzen *parzen, bool joint)
{
    double active = 0;
    for (size_t i = 0; i < parzen->space->count; i++)
        for (size_t k = 0; k < parzen->count; k++)
            active += !isnan(parzen->center[i * parzen->room + k]);
    double dimensions = parzen->count > 0 ? active / (double)parzen->count : 0;
    for (size_t i = 0; i < parzen->space->count; i++) {
        if (parzen->choice[i])
            fit_choice(parzen, i);
        else
            fit_number(parzen, i, joint, dimensions);
    }
}

/* --- drawing --- */

/* A kernel of those that have parameter `index`, or of all if that is SIZE_MAX; parzen->count: the
 * prior. */
static size_t draw_kernel(const struct parzen *parzen, struct random_stream *stream, size_t index)
{
    const double *center = index == SIZE_MAX ? NULL : parzen->center + index * parzen->room;
    double total = parzen->prior_weight;
    for (size_t k = 0; k < parzen->count; k++)
        if (!center || !isnan(center[k]))
            total += parzen->weight[k];
    double draw = total * random_uniform(stream);
    for (size_t k = 0; k < parzen->count; k++) {
        if (center && isnan(center[k]))
            continue;
        draw -= parzen->weight[k];
        if (draw < 0)
            return k;
    }
    return parzen->count;
}

static double draw_from_prior(const struct parzen *parzen, size_t index,
                              struct random_stream *stream)
{
    size_t count = parzen->space->parameters[index].count;
    return parzen->choice[index] ? random_below(stream, (uint32_t)count) : random_uniform(stream);
}

static double draw_parameter(const struct parzen *parzen, size_t index, size_t kernel,
                             struct random_stream *stream)
{
    size_t cell = index * parzen->room + kernel;
    double drawn;
    if (kernel == parzen->count || isnan(parzen->center[cell])) {
        drawn = draw_from_prior(parzen, index, stream);
    } else if (parzen->choice[index]) {
        double spread = parzen->prior_weight / (double)(parzen->count + 1) *
                        (double)parzen->space->parameters[index].count;
        bool kept = random_uniform(stream) * (1 + spread) < 1;
        drawn = kept ? parzen->center[cell] : draw_from_prior(parzen, index, stream);
    } else {
        /* More than a third of each normal lies in the interval: widths are at most 1. */
        do
            drawn = parzen->center[cell] + parzen->width[cell] * random_normal(stream);
        while (drawn < 0 || drawn >= 1);
    }
    double ordered = (double)parzen->ordered[index];
    return ordered > 0 ? (floor(drawn * ordered) + 0.5) / ordered : drawn;
}

void parzen_draw(const struct parzen *parzen, struct random_stream *stream, double *point)
{
    size_t kernel = draw_kernel(parzen, stream, SIZE_MAX);
    /* A choice comes before the parameters that hang on it. */
    for (size_t i = 0; i < parzen->space->count; i++)
        point[i] = is_active(parzen->space, i, point) ? draw_parameter(parzen, i, kernel, stream)
                                                      : (double)NAN;
}

void parzen_draw_single(const struct parzen *parzen, struct random_stream *stream, size_t index,
                        double *point)
{
    point[index] = NAN;
    if (is_active(parzen->space, index, point))
        point[index] = draw_parameter(parzen, index, draw_kernel(parzen, stream, index), stream);
}

/* --- density --- */

/* Adds the logarithm of each kernel's factor for one parameter; the prior's is the last. That of a
 * number is 1 all over. */
static void add_factors(const struct parzen *parzen, size_t index, double at)
{
    const double *center = parzen->center + index * parzen->room;
    const double *width = parzen->width + index * parzen->room;
    const double *log_scale = parzen->log_scale + index * parzen->room;
    double *exponent = parzen->exponent;
    if (!parzen->choice[index]) {
        for (size_t k = 0; k < parzen->count; k++) {
            double distance = (at - center[k]) / width[k];
            double factor = log_scale[k] - 0.5 * distance * distance;
            exponent[k] += isnan(center[k]) ? 0 : factor;
        }
        return;
    }
    double prior = -log((double)parzen->space->parameters[index].count);
    for (size_t k = 0; k < parzen->count; k++)
        exponent[k] += isnan(center[k])  ? prior
                       : center[k] == at ? parzen->log_hit[index]
                                         : parzen->log_miss[index];
    exponent[parzen->count] += prior;
}

/* The mixture's density over the parameters from `first` to `last`, of the kernels that count. */
static double log_mixture(const struct parzen *parzen, size_t first, size_t last, bool single,
                          const double *point)
{
    const double negligible = -40; /* e^-40 is less than a rounding error of the sum */
    const double *exponent = parzen->exponent;
    double largest = log_of_nothing, sum = 0, total = 0;
    for (size_t k = 0; k <= parzen->count; k++)
        parzen->exponent[k] = 0;
    for (size_t i = first; i < last; i++)
        if (!isnan(point[i]))
            add_factors(parzen, i, point[i]);
    const double *center = parzen->center + first * parzen->room;
    for (size_t k = 0; k <= parzen->count; k++)
        if ((k == parzen->count || !single || !isnan(center[k])) && exponent[k] > largest)
            largest = exponent[k];
    for (size_t k = 0; k <= parzen->count; k++) {
        bool prior = k == parzen->count;
        if (single && !prior && isnan(center[k]))
            continue;
        double weight = prior ? parzen->prior_weight : parzen->weight[k];
        total += weight;
        if (exponent[k] - largest > negligible)
            sum += weight * exp(exponent[k] - largest);
    }
    return largest + log(sum / total);
}

double parzen_log_density(const struct parzen *parzen, const double *point)
{
    return log_mixture(parzen, 0, parzen->space->count, false, point);
}

double parzen_log_density_single(const struct parzen *parzen, size_t index, const double *point)
{
    return log_mixture(parzen, index, index + 1, true, point);
}
