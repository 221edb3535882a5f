/* optimizers.c - the optimizers that `train.optimizer` can name. */
#include "common/catalogue/catalogue.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static const struct catalogue_key sgd_keys[] = {
    {.name = "momentum",
     .type = KEY_REAL,
     .fallback = "0.0",
     .low = 0,
     .high = 1,
     .high_open = true,
     .searchable = true,
     .text = "share of the previous step that is kept: v = momentum v + g, w -= lr v"},
    {.name = "nesterov",
     .type = KEY_BOOL,
     .fallback = "false",
     .searchable = true,
     .needs = "momentum",
     .text = "look ahead along the momentum: w -= lr (g + momentum v)"},
    {.name = "weight_decay",
     .type = KEY_REAL,
     .fallback = "0.0",
     .low = 0,
     .high = CATALOGUE_ANY_REAL,
     .searchable = true,
     .text = "L2 penalty, added to the gradient: g += weight_decay w"},
};

static const struct catalogue_key adam_keys[] = {
    {.name = "beta1",
     .type = KEY_REAL,
     .fallback = "0.9",
     .low = 0,
     .high = 1,
     .high_open = true,
     .searchable = true,
     .text = "decay of the mean of the gradients"},
    {.name = "beta2",
     .type = KEY_REAL,
     .fallback = "0.999",
     .low = 0,
     .high = 1,
     .high_open = true,
     .searchable = true,
     .text = "decay of the mean of their squares"},
    {.name = "eps",
     .type = KEY_REAL,
     .fallback = "1.0e-8",
     .low = 0,
     .low_open = true,
     .high = CATALOGUE_ANY_REAL,
     .searchable = true,
     .text = "added to the root of the mean square"},
    {.name = "weight_decay",
     .type = KEY_REAL,
     .fallback = "0.0",
     .low = 0,
     .high = CATALOGUE_ANY_REAL,
     .searchable = true,
     .text = "L2 penalty, added to the gradient: g += weight_decay w"},
};

static const struct catalogue_entry entries[] = {
    {.name = "sgd",
     .text = "stochastic gradient descent, with momentum and Nesterov's form if asked",
     .source = "Polyak 1964; Nesterov 1983; Sutskever et al. 2013 as in torch.optim.SGD",
     .keys = sgd_keys,
     .key_count = COUNT_OF(sgd_keys)},
    {.name = "adam",
     .text = "steps scaled by running moments: w -= lr m / (sqrt(v) + eps), bias-corrected",
     .source = "Kingma and Ba 2015, algorithm 1, as in torch.optim.Adam",
     .keys = adam_keys,
     .key_count = COUNT_OF(adam_keys)},
};

static size_t count(void)
{
    return COUNT_OF(entries);
}

static const struct catalogue_entry *entry(size_t index)
{
    return &entries[index];
}

const struct catalogue catalogue_optimizers = {
    .kind = "optimizer", .plural = "optimizers", .count = count, .entry = entry};
