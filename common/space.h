/* space.h - the search space: the parameters that are searched, and candidates as points in it.
 *
 * A candidate is an array of doubles, one a parameter, in the order of the study file. A choice or
 * a grid is held as an index, an integer as its value, and a parameter that its candidate does not
 * have (the gamma of a schedule that was not chosen) as NaN. A parameter comes after the choice
 * that it depends on. */
#ifndef LRSWEEP_COMMON_SPACE_H
#define LRSWEEP_COMMON_SPACE_H

#include "common/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define SPACE_MAX            32
#define SPACE_NAME_MAX_BYTES 64

enum distribution {
    DISTRIBUTION_UNIFORM,
    DISTRIBUTION_LOG_UNIFORM,
    DISTRIBUTION_INT, /* both ends included */
    DISTRIBUTION_CHOICE,
    DISTRIBUTION_GRID
};

struct parameter {
    char name[SPACE_NAME_MAX_BYTES]; /* "lr", "schedule[2].gamma", "optimizer[0].beta1" */
    enum distribution distribution;
    double low, high;     /* uniform, log_uniform, int */
    size_t count;         /* choice and grid: how many values */
    const json_t *values; /* choice and grid: the list, borrowed from the document */
    int parent;           /* index of the choice that it depends on, -1: none */
    size_t parent_choice; /* the parent's index that brings it */
};

struct space {
    const json_t *document; /* the resolved study's "space", borrowed */
    size_t count;
    struct parameter parameters[SPACE_MAX];
};

/* `document`: the whole resolved study; it must outlive the space. */
bool space_create(struct space *space, const json_t *document, struct error *error);

/* Whether the list that stands under this key of `space` holds alternatives, of which a candidate
 * has one: schedules, optimizers. The elements of any other list belong together. */
bool space_is_choice_of_groups(const char *key);

/* The candidates that a grid over the parameters makes that hang on `choice` of `parent` (-1: on
 * nothing), and on those in turn: every combination of them. A parameter that comes with one choice
 * only (a schedule's) multiplies that choice alone. 0 where one of them has no list of values. */
double space_combinations(const struct space *space, int parent, size_t choice);

/* Maps u in [0, 1) to a value of parameter `index`. */
double space_value(const struct space *space, size_t index, double u);

/* Sets to NaN what this candidate does not have. */
void space_deactivate(const struct space *space, double *values);

/* Whether these values can be a candidate of the space: those that it has are finite, and what
 * numbers an alternative numbers one that there is. Values that come in a message are asked first.
 */
bool space_accepts(const struct space *space, const double *values);

/* The candidate as a trainer gets it: {"lr": 0.03, "schedule": {"type": "step", ...},
 * "optimizer": {"type": "adam", ...}, ...}. New reference; NULL only when memory ran out. The
 * values are such that space_accepts. */
json_t *space_params(const struct space *space, const double *values);

/* The point of a candidate, the reverse of space_params: `values` [space->count]. Where several
 * alternatives fit, the first. False: it is no candidate of this space. */
bool space_point(const struct space *space, const json_t *params, double *values);

#endif
