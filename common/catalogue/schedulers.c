/* schedulers.c - the schedulers that `search.scheduler` can name. */
#include "common/catalogue/catalogue.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

/* Keys that several schedulers have. */
#define ETA                                                                                        \
    {                                                                                              \
        .name = "eta", .type = KEY_INTEGER, .fallback = "3", .low = 2, .high = 1000,               \
        .text = "one candidate in eta is promoted, to eta times the budget"                        \
    }
#define MIN_BUDGET                                                                                 \
    {                                                                                              \
        .name = "min_budget", .type = KEY_REAL, .low = 0, .low_open = true, .high = 1e12,          \
        .text = "budget of the first rung, in search.unit"                                         \
    }
#define INTERVAL(words)                                                                            \
    {                                                                                              \
        .name = "interval", .type = KEY_REAL, .fallback = "1.0", .low = 0, .low_open = true,       \
        .high = 1e12, .text = (words)                                                              \
    }
#define ASYNCHRONOUS                                                                               \
    {                                                                                              \
        .name = "asynchronous", .type = KEY_BOOL, .fallback = "false",                             \
        .text = "decide by what is known, in place of waiting until all have come"                 \
    }

static const struct catalogue_key sha_keys[] = {ETA, MIN_BUDGET};

static const struct catalogue_key asha_keys[] = {
    ETA,
    MIN_BUDGET,
    {.name = "variant",
     .type = KEY_TEXT,
     .fallback = "promotion",
     .choices = "promotion stopping",
     .text =
         "promotion: trials wait until they are among the best of their rung; stopping: they go "
         "on at once or never"},
};

static const struct catalogue_key hyperband_keys[] = {ETA, MIN_BUDGET, ASYNCHRONOUS};

static const struct catalogue_key median_keys[] = {
    INTERVAL("budget between two looks at a trial, in search.unit"),
    {.name = "grace",
     .type = KEY_REAL,
     .fallback = "0.0",
     .low = 0,
     .high = 1e12,
     .text = "budget before the first look, in search.unit"},
    {.name = "min_trials",
     .type = KEY_INTEGER,
     .fallback = "3",
     .low = 1,
     .high = 1000000,
     .text = "others that must have come so far before a trial is stopped"},
};

static const struct catalogue_key pbt_keys[] = {
    INTERVAL("budget of a generation, in search.unit"),
    {.name = "quantile",
     .type = KEY_REAL,
     .fallback = "0.2",
     .low = 0,
     .low_open = true,
     .high = 0.5,
     .text = "share of the population that is replaced by copies of as many of the best"},
    {.name = "shrink",
     .type = KEY_REAL,
     .fallback = "0.8",
     .low = 0,
     .low_open = true,
     .high = 1,
     .text = "a copy's parameters are multiplied by it or by grow"},
    {.name = "grow",
     .type = KEY_REAL,
     .fallback = "1.2",
     .low = 1,
     .high = 1000,
     .text = "a copy's parameters are multiplied by it or by shrink"},
    {.name = "resample_probability",
     .type = KEY_REAL,
     .fallback = "0.25",
     .low = 0,
     .high = 1,
     .text = "that a parameter of a copy is drawn from the space instead"},
    ASYNCHRONOUS,
};

#define ENTRY(id, what, paper)                                                                     \
    {                                                                                              \
        .name = #id, .text = (what), .source = (paper), .keys = id##_keys,                         \
        .key_count = COUNT_OF(id##_keys)                                                           \
    }

static const struct catalogue_entry entries[] = {
    {.name = "none", .text = "every candidate is trained to max_budget"},
    ENTRY(sha, "synchronous successive halving: the best of a rung go on to the next",
          "Jamieson and Talwalkar 2016; Li et al. 2020, algorithm 1"),
    ENTRY(asha, "asynchronous successive halving: no trainer waits for a rung to fill",
          "Li et al. 2020, algorithm 2"),
    ENTRY(hyperband,
          "successive halving in brackets from many candidates and small budgets to few and large; "
          "without candidates: one pass over all brackets",
          "Li et al. 2018, algorithm 1"),
    ENTRY(median, "stops a trial whose best is worse than the median of the others' averages",
          "Golovin et al. 2017"),
    ENTRY(
        pbt,
        "population-based training: the worst of all candidates go on as copies of the best, with "
        "changed parameters",
        "Jaderberg et al. 2017"),
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
