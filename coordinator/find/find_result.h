/* find_result.h - the outcome of a range test, gathered from the study that it left. */
#ifndef LRSWEEP_COORDINATOR_FIND_FIND_RESULT_H
#define LRSWEEP_COORDINATOR_FIND_FIND_RESULT_H

#include "common/error.h"
#include "coordinator/find/range_study.h"
#include "coordinator/find/range_summary.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct find_result {
    struct range_test test;
    const json_t *document; /* the user's study, borrowed */
    json_t *fixed;          /* range_study_fixed */
    size_t steps, seeds;    /* of the test */
    double *lr;             /* [steps] */
    double *loss;           /* [seeds][steps]; NaN: not finite, or not reached */
    double *smoothed;       /* [seeds][steps] */
    double *middle;         /* [steps], median of the seeds' smoothed losses; NaN where no more than
                               half of them have one */
    uint64_t *seed;         /* [seeds] */
    struct range_result *result; /* [seeds] */
    struct range_summary summary;
};

/* Reads the study in `dir` that range_study_make made of `document`. */
struct find_result *find_result_read(const char *dir, const struct range_test *test,
                                     const json_t *document, struct error *error);
void find_result_destroy(struct find_result *find);

/* The bounds for a search, rounded outwards to two digits. Only where the status is RANGE_SOUND. */
void find_result_bounds(const struct find_result *find, double *low, double *high);

/* The recommendation, or why there is none and what to do: a sentence or two. */
void find_result_advice(const struct find_result *find, char *text, size_t text_bytes);

/* What find.json holds; a new reference, NULL: out of memory. */
json_t *find_result_json(const struct find_result *find);

/* A setting of train, as it stood in the test. */
const json_t *find_result_setting(const struct find_result *find, const char *key);

#endif
