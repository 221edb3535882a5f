/* list.c - the candidates that the user gives, in their order. The study file's reader has turned
 * each row of search.candidates_from into a point of the space: search.points holds a list of
 * numbers for each, one a parameter, null for one that the candidate does not have. */
#include "coordinator/search/samplers/sampler.h"

#include <math.h>

static const json_t *points_of(const json_t *document)
{
    return json_object_get(json_object_get(document, "search"), "points");
}

static uint64_t candidates(const struct search *search, const json_t *document)
{
    (void)search;
    return json_array_size(points_of(document));
}

/* Whether `number` is a value of the parameter. */
static bool is_value(const struct parameter *parameter, const json_t *number)
{
    double value = json_number_value(number);
    if (parameter->values)
        return value >= 0 && value < (double)parameter->count && value == floor(value);
    bool whole = parameter->distribution != DISTRIBUTION_INT || value == floor(value);
    return whole && value >= parameter->low && value <= parameter->high;
}

static bool is_point(const struct space *space, const json_t *point)
{
    if (json_array_size(point) != space->count)
        return false;
    for (size_t i = 0; i < space->count; i++) {
        const struct parameter *parameter = &space->parameters[i];
        const json_t *number = json_array_get(point, i);
        const json_t *choice =
            parameter->parent < 0 ? NULL : json_array_get(point, (size_t)parameter->parent);
        bool active = parameter->parent < 0 ||
                      (json_is_number(choice) &&
                       json_number_value(choice) == (double)parameter->parent_choice);
        if (active ? !json_is_number(number) || !is_value(parameter, number)
                   : !json_is_null(number))
            return false;
    }
    return true;
}

/* The points are the state; they belong to the document. */
static void *create(const struct search *search, const json_t *document, struct error *error)
{
    const json_t *points = points_of(document), *point;
    size_t index;
    if (json_array_size(points) == 0) {
        error_set(error, "search.points: the study holds no list of candidates");
        return NULL;
    }
    json_array_foreach(points, index, point)
    {
        if (!is_point(&search->space, point)) {
            error_set(error, "search.points[%zu] is no point of the space", index);
            return NULL;
        }
    }
    return (void *)points;
}

static void destroy(void *state)
{
    (void)state;
}

static void sample(void *state, const struct search *search, uint32_t candidate, double *values)
{
    const json_t *point = json_array_get(state, candidate);
    for (size_t i = 0; i < search->space.count; i++) {
        const json_t *number = json_array_get(point, i);
        values[i] = json_is_number(number) ? json_number_value(number) : (double)NAN;
    }
}

const struct sampler_class sampler_list = {.name = "list",
                                           .candidates = candidates,
                                           .create = create,
                                           .destroy = destroy,
                                           .sample = sample};
