/* schedulers.c - the schedulers that `search.scheduler` can name. */
#include "common/catalogue/catalogue.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static const struct catalogue_key sha_keys[] = {
    {.name = "eta",
     .type = KEY_INTEGER,
     .fallback = "3",
     .low = 2,
     .high = 1000,
     .text = "one candidate in eta is promoted, to eta times the budget"},
    {.name = "min_budget",
     .type = KEY_REAL,
     .low = 0,
     .low_open = true,
     .high = 1e12,
     .text = "budget of the first rung, in search.unit"},
};

static const struct catalogue_entry entries[] = {
    {.name = "none", .text = "every candidate is trained to max_budget"},
    {.name = "sha",
     .text = "synchronous successive halving: the best of a rung go on to the next",
     .source = "Jamieson and Talwalkar 2016; Li et al. 2020, algorithm 1",
     .keys = sha_keys,
     .key_count = COUNT_OF(sha_keys)},
};

static size_t count(void)
{
    return COUNT_OF(entries);
}

static const struct catalogue_entry *entry(size_t index)
{
    return &entries[index];
}

const struct catalogue catalogue_schedulers = {
    .kind = "scheduler", .plural = "schedulers", .count = count, .entry = entry};
