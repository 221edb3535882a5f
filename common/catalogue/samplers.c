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
