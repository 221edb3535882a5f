/* samplers.c - the samplers that `search.sampler` can name. */
#include "common/catalogue/catalogue.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static const struct catalogue_key random_keys[] = {
    {.name = "candidates",
     .type = KEY_INTEGER,
     .fallback = "",
     .low = 1,
     .high = 1000000,
     .text = "how many candidates are drawn; hyperband alone may leave it out"},
};

static const struct catalogue_key tpe_keys[] = {
    {.name = "candidates",
     .type = KEY_INTEGER,
     .fallback = "",
     .low = 1,
     .high = 1000000,
     .text = "how many candidates are made; hyperband alone may leave it out"},
    {.name = "n_startup_trials",
     .type = KEY_INTEGER,
     .fallback = "10",
     .low = 1,
     .high = 1000000,
     .text = "results to wait for before there is a model; until then candidates are sobol's"},
    {.name = "n_ei_candidates",
     .type = KEY_INTEGER,
     .fallback = "24",
     .low = 1,
     .high = 1000,
     .text = "draws from the model of the best, of which the most promising is taken"},
    {.name = "gamma",
     .type = KEY_REAL,
     .fallback = "0.1",
     .low = 0,
     .low_open = true,
     .high = 1,
     .high_open = true,
     .text = "share of the results that count as the best, rounded up; never more than 25"},
    {.name = "prior_weight",
     .type = KEY_REAL,
     .fallback = "1.0",
     .low = 0,
     .low_open = true,
     .high = 1e6,
     .text = "of the space's own distribution in the model; each result has 1"},
    {.name = "multivariate",
     .type = KEY_BOOL,
     .fallback = "true",
     .text = "one model of all parameters, which sees how they depend on each other; false: one "
             "for each"},
    {.name = "constant_liar",
     .type = KEY_BOOL,
     .fallback = "true",
     .text = "candidates without a result count as bad, so that others are not made beside them"},
};

static const struct catalogue_key list_keys[] = {
    {.name = "candidates_from",
     .type = KEY_PATH,
     .text = "a CSV file: a row of column names, and a row for each candidate"},
    {.name = "candidates",
     .type = KEY_INTEGER,
     .fallback = "",
     .low = 1,
     .high = 1000000,
     .text = "how many of the rows, from the first; left out: all"},
};

static const struct catalogue_key grid_keys[] = {
    {.name = "candidates",
     .type = KEY_INTEGER,
     .fallback = "",
     .low = 1,
     .high = 1000000,
     .text = "the number of combinations; may be left out"},
};

static const struct catalogue_entry entries[] = {
    {.name = "random",
     .text = "independent draws from the space",
     .source = "Bergstra and Bengio 2012",
     .keys = random_keys,
     .key_count = COUNT_OF(random_keys)},
    {.name = "grid",
     .text = "every combination once; the space holds only grid, choice and constants",
     .keys = grid_keys,
     .key_count = COUNT_OF(grid_keys)},
    {.name = "sobol",
     .text = "Sobol's sequence, Owen-scrambled by the seed: covers the space evenly; best with a "
             "power of two",
     .source = "Joe and Kuo 2008 (new-joe-kuo-6); Owen 1995",
     .keys = random_keys,
     .key_count = COUNT_OF(random_keys)},
    {.name = "lhs",
     .text = "a Latin hypercube: each parameter's range is cut into as many strata as there are "
             "candidates, one in each",
     .source = "McKay, Beckman and Conover 1979",
     .keys = random_keys,
     .key_count = COUNT_OF(random_keys)},
    {.name = "tpe",
     .text = "learns from the results where candidates do best; with budgets the model is of the "
             "largest that has results enough (BOHB). Depends on the order of results",
     .source = "Bergstra et al. 2011; Falkner, Klein and Hutter 2018",
     .keys = tpe_keys,
     .key_count = COUNT_OF(tpe_keys)},
    {.name = "list",
     .text = "the rows of a file; chosen by itself where candidates_from is given",
     .keys = list_keys,
     .key_count = COUNT_OF(list_keys)},
};

static size_t count(void)
{
    return COUNT_OF(entries);
}

static const struct catalogue_entry *entry(size_t index)
{
    return &entries[index];
}

const struct catalogue catalogue_samplers = {
    .kind = "sampler", .plural = "samplers", .count = count, .entry = entry};
