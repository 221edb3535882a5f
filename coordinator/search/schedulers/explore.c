/* explore.c - Jaderberg et al., "Population based training of neural networks", 2017, section 4:
 * perturbation and resampling; per parameter and with these probabilities as Ray has it. */
#include "coordinator/search/schedulers/explore.h"

#include "common/random.h"

#include <math.h>
#include <string.h>

static double within(const struct parameter *parameter, double value)
{
    return fmin(fmax(value, parameter->low), parameter->high);
}

static double perturbed(const struct explore *explore, const struct parameter *parameter,
                        double value, double draw)
{
    double factor = explore->factors[draw >= 0.5];
    switch (parameter->distribution) {
    case DISTRIBUTION_UNIFORM:
    case DISTRIBUTION_LOG_UNIFORM:
        return within(parameter, value * factor);
    case DISTRIBUTION_INT:
        return within(parameter, round(value * factor));
    case DISTRIBUTION_GRID:
        return fmin(fmax(value + (draw >= 0.5 ? 1 : -1), 0), (double)parameter->count - 1);
    case DISTRIBUTION_CHOICE:
        break;
    }
    return value;
}

void explore_change(const struct explore *explore, const struct search *search, uint32_t number,
                    double *values)
{
    const struct space *space = &search->space;
    struct random_stream stream;
    random_open(&stream, search->settings.seed, RANDOM_SEARCH, number);
    for (size_t i = 0; i < space->count; i++) {
        const struct parameter *parameter = &space->parameters[i];
        /* Every parameter takes its draws, whether it is used or not. */
        bool resampled = random_uniform(&stream) < explore->resample_probability;
        double draw = random_uniform(&stream);
        if (strcmp(parameter->name, "batch_size") == 0)
            continue;
        if (resampled || isnan(values[i]))
            values[i] = space_value(space, i, draw);
        else
            values[i] = perturbed(explore, parameter, values[i], draw);
    }
    space_deactivate(space, values);
}
