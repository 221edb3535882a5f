/* parzen.c - kernels, their widths, draws and densities. */
#include "coordinator/search/samplers/parzen.h"

#include "coordinator/search/samplers/kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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
    for (size_t i = 0; i < space->count; i++) {
        const struct parameter *parameter = &space->parameters[i];
        if (parameter->distribution == DISTRIBUTION_LOG_UNIFORM)
            parzen->log_range[i] = log(parameter->high / parameter->low);
    }
    parzen->weight = malloc(room * sizeof *parzen->weight);
    parzen->center = malloc(cells * sizeof *parzen->center);
    parzen->width = malloc(cells * sizeof *parzen->width);
    parzen->inverse = malloc(cells * sizeof *parzen->inverse);
    parzen->offset = malloc(cells * sizeof *parzen->offset);
    parzen->scale = malloc(cells * sizeof *parzen->scale);
    parzen->share = malloc(cells * sizeof *parzen->share);
    /* Of the kernels, the prior and what kernels_sum wants. */
    parzen->exponent = malloc((room + 1 + KERNELS_LANES) * sizeof *parzen->exponent);
    parzen->factor = malloc((room + 1 + KERNELS_LANES) * sizeof *parzen->factor);
    parzen->work = malloc(2 * room * sizeof *parzen->work);
    parzen->places = malloc(room * sizeof *parzen->places);
    return parzen->weight && parzen->center && parzen->width && parzen->inverse && parzen->offset &&
           parzen->scale && parzen->share && parzen->exponent && parzen->factor && parzen->work &&
           parzen->places;
}

void parzen_destroy(struct parzen *parzen)
{
    free(parzen->weight);
    free(parzen->center);
    free(parzen->width);
    free(parzen->inverse);
    free(parzen->offset);
    free(parzen->scale);
    free(parzen->share);
    free(parzen->exponent);
    free(parzen->factor);
    free(parzen->work);
    free(parzen->places);
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
        return log(value / low) / parzen->log_range[index];
    return (value - low) / (high - low);
}

void parzen_point(const struct parzen *parzen, const double *values, double *point)
{
    for (size_t i = 0; i < parzen->space->count; i++)
        point[i] = unit_of(parzen, i, values[i]);
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

void parzen_add(struct parzen *parzen, const double *point, double weight)
{
    size_t kernel = parzen->count++;
    parzen->weight[kernel] = weight;
    for (size_t i = 0; i < parzen->space->count; i++)
        parzen->center[i * parzen->room + kernel] = point[i];
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

static int by_place(const void *a, const void *b)
{
    double x = ((const struct parzen_place *)a)->at, y = ((const struct parzen_place *)b)->at;
    return (x > y) - (x < y);
}

/* The distance to the farther neighbour, of those that lie apart. */
static void neighbour_widths(struct parzen *parzen, size_t index)
{
    const double *center = parzen->center + index * parzen->room;
    double *width = parzen->width + index * parzen->room;
    struct parzen_place *places = parzen->places;
    size_t count = 0;
    for (size_t k = 0; k < parzen->count; k++)
        if (!isnan(center[k]))
            places[count++] = (struct parzen_place){center[k], k};
    qsort(places, count, sizeof *places, by_place);
    for (size_t first = 0, end; first < count; first = end) {
        double at = places[first].at;
        double below = at > 0.5 ? 0.5 : 0, above = at < 0.5 ? 0.5 : 1;
        for (end = first; end < count && places[end].at == at; end++)
            continue;
        if (first > 0)
            below = fmax(below, places[first - 1].at);
        if (end < count)
            above = fmin(above, places[end].at);
        for (size_t i = first; i < end; i++)
            width[places[i].kernel] = fmax(at - below, above - at);
    }
}

static void fit_number(struct parzen *parzen, size_t index, bool joint, double dimensions)
{
    size_t first = index * parzen->room;
    const double *center = parzen->center + first;
    double *width = parzen->width + first;
    double count = 0, shared = 0;
    for (size_t k = 0; k < parzen->count; k++)
        count += !isnan(center[k]);
    double least = 0.5 / fmin(count + 2, 100);
    if (parzen->ordered[index] > 0)
        least = fmax(least, 0.5 / (double)parzen->ordered[index]);
    if (!joint)
        neighbour_widths(parzen, index);
    else if (count > 0)
        shared = spread_width(parzen, center, count, dimensions);
    for (size_t k = 0; k < parzen->count; k++) {
        bool absent = isnan(center[k]);
        width[k] = fmax(joint || absent ? shared : width[k], least);
        parzen->inverse[first + k] = absent ? 0 : 1 / width[k];
        parzen->offset[first + k] = absent ? 0 : center[k] / width[k];
    }
    kernels_scales(parzen->scale + first, parzen->inverse + first, parzen->offset + first,
                   parzen->work, parzen->count);
}

/* Each value of a choice is given prior_weight / (n + 1) on top of the 1 of the kernel's own. */
static void fit_choice(struct parzen *parzen, size_t index)
{
    double each = parzen->prior_weight / (double)(parzen->count + 1);
    double whole = 1 + each * (double)parzen->space->parameters[index].count;
    parzen->hit[index] = (1 + each) / whole;
    parzen->miss[index] = each / whole;
}

void parzen_fit(struct parzen *parzen, bool joint)
{
    double active = 0;
    parzen->draw_factor = joint ? 1.5 : 1;
    for (size_t i = 0; i < parzen->space->count; i++)
        for (size_t k = 0; k < parzen->count; k++)
            active += !isnan(parzen->center[i * parzen->room + k]);
    double dimensions = parzen->count > 0 ? active / (double)parzen->count : 0;
    for (size_t i = 0; i < parzen->space->count; i++) {
        if (parzen->choice[i])
            fit_choice(parzen, i);
        else
            fit_number(parzen, i, joint, dimensions);
        const double *center = parzen->center + i * parzen->room;
        double *share = parzen->share + i * parzen->room;
        parzen->share_total[i] = parzen->prior_weight;
        for (size_t k = 0; k < parzen->count; k++) {
            share[k] = isnan(center[k]) ? 0 : parzen->weight[k];
            parzen->share_total[i] += share[k];
        }
    }
    parzen->total = parzen->prior_weight;
    for (size_t k = 0; k < parzen->count; k++)
        parzen->total += parzen->weight[k];
}

/* --- drawing --- */

/* A kernel of those that have parameter `index`, or of all if that is SIZE_MAX; parzen->count: the
 * prior. */
static size_t draw_kernel(const struct parzen *parzen, struct random_stream *stream, size_t index)
{
    bool all = index == SIZE_MAX;
    const double *weight = all ? parzen->weight : parzen->share + index * parzen->room;
    double draw = (all ? parzen->total : parzen->share_total[index]) * random_uniform(stream);
    for (size_t k = 0; k < parzen->count; k++) {
        draw -= weight[k];
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
        double width = parzen->draw_factor * parzen->width[cell];
        /* More than a third of each normal lies in the interval: no deviation is above 0.5, and no
         * distance to a neighbour. */
        do
            drawn = parzen->center[cell] + width * random_normal(stream);
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

/* Multiplies each kernel's density by its factor for one parameter; the prior's is the last. That
 * of a number is 1 all over. */
static void multiply(const struct parzen *parzen, size_t index, double at)
{
    size_t first = index * parzen->room;
    if (!parzen->choice[index]) {
        kernels_normal(parzen->exponent, parzen->factor, parzen->inverse + first,
                       parzen->offset + first, parzen->scale + first, at, parzen->count);
        return;
    }
    double prior = 1 / (double)parzen->space->parameters[index].count;
    kernels_choice(parzen->factor, parzen->center + first, at, parzen->hit[index],
                   parzen->miss[index], prior, parzen->count);
    parzen->factor[parzen->count] *= prior;
}

/* The mixture's density over the parameters from `first` to `last`, of kernels that weigh `weight`,
 * with the prior's `total`. */
static double log_mixture(const struct parzen *parzen, size_t first, size_t last,
                          const double *weight, double total, const double *point)
{
    size_t count = parzen->count;
    double *exponent = parzen->exponent, *factor = parzen->factor;
    memset(exponent, 0, (count + 1) * sizeof *exponent);
    memcpy(factor, weight, count * sizeof *factor);
    factor[count] = parzen->prior_weight;
    for (size_t i = first; i < last; i++)
        if (!isnan(point[i]))
            multiply(parzen, i, point[i]);
    /* The prior, whose exponent is 0, keeps the sum from being 0. */
    return log(kernels_sum(exponent, factor, count + 1) / total);
}

double parzen_log_density(const struct parzen *parzen, const double *point)
{
    return log_mixture(parzen, 0, parzen->space->count, parzen->weight, parzen->total, point);
}

double parzen_log_density_single(const struct parzen *parzen, size_t index, const double *point)
{
    const double *share = parzen->share + index * parzen->room;
    return log_mixture(parzen, index, index + 1, share, parzen->share_total[index], point);
}
