/* range_study.h - the study that a range test trains, made from the user's. */
#ifndef LRSWEEP_COORDINATOR_FIND_RANGE_STUDY_H
#define LRSWEEP_COORDINATOR_FIND_RANGE_STUDY_H

#include <jansson.h>
#include <stddef.h>

struct range_test {
    double from, to; /* rates of the first and the last step */
    unsigned steps, seeds;
};

/* A resolved study (study_document.h) of test->seeds candidates that differ by their seed alone,
 * each trained for test->steps steps under an exponential warm-up from test->from to test->to, a
 * report a step, ended by nothing but a loss that is not finite. Data, model and train are those of
 * `document`. What its space searches stands still: a choice (of optimizers too) or a grid at its
 * first value, a range at its middle (by logarithm, where it is searched so). A new reference;
 * NULL: out of memory. */
json_t *range_study_make(const json_t *document, const struct range_test *test);

/* The parameters of train that `document` searches, with the values at which they stand still: an
 * object, often empty. A new reference; NULL: out of memory. */
json_t *range_study_fixed(const json_t *document);

/* The space of `document` with lr between two bounds. A new reference; NULL: out of memory. */
json_t *range_study_space(const json_t *document, double low, double high);

/* The rate of step `step` (from 0). */
double range_study_lr(const struct range_test *test, size_t step);

#endif
