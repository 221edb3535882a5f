/* split.h - which samples are trained on, which choose between candidates, which judge the winner.
 *
 * Validation and test samples come from their own files where there are such, otherwise out of the
 * training files: a count, or a fraction below 1. They are the last of them (test samples behind
 * validation samples), or drawn, keyed by the study's seed, if data.shuffled asks for it; with
 * data.stratified each class gives its share of them. */
#ifndef LRSWEEP_WORKER_DATA_SPLIT_H
#define LRSWEEP_WORKER_DATA_SPLIT_H

#include "common/error.h"
#include "worker/data/format.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

enum split { SPLIT_TRAIN, SPLIT_VALIDATION, SPLIT_TEST, SPLIT_COUNT };

#define SETTING_AT_BYTES 128

/* The splits stand in the copy one behind the other: training, validation, test. */
struct split_plan {
    uint64_t first[SPLIT_COUNT], count[SPLIT_COUNT];
    uint64_t pool;          /* samples of the training files */
    uint64_t held[2];       /* of them held out for validation and for test */
    bool drawn, stratified; /* they are not simply the last */
};

/* Reads validation, test, shuffled and stratified of `data`. `at` gets the setting at fault. */
bool split_plan_make(struct split_plan *plan, const struct data_layout *layout, const json_t *data,
                     char at[SETTING_AT_BYTES], struct error *error);

/* Brings unpacked samples into the plan's order, where that is another than the files'. */
bool split_arrange(const struct split_plan *plan, const struct data_layout *layout,
                   const struct data_room *room, uint64_t seed, struct error *error);

#endif
