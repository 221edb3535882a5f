/* optuna_distribution.h - the parameters of a space as Optuna writes them. */
#ifndef LRSWEEP_COORDINATOR_EXPORT_OPTUNA_DISTRIBUTION_H
#define LRSWEEP_COORDINATOR_EXPORT_OPTUNA_DISTRIBUTION_H

#include "common/space.h"

/* {"name": "FloatDistribution", "attributes": {...}} (optuna/distributions.py,
 * distribution_to_json). A choice or a grid is a CategoricalDistribution, whose values are stored
 * by their places; alternatives that are groups go by their type, with their place where two have
 * the same; what Optuna allows in no choice, such as a list, is its JSON text. New reference. */
json_t *optuna_distribution(const struct parameter *parameter);

/* The value that a place in `space` stands for: a number, or what stands in the distribution's
 * choices. New reference. */
json_t *optuna_value(const struct parameter *parameter, double value);

#endif
