/* checkpoint_seeds.h - the trials whose checkpoints the fuzzer starts from: tests/fuzz/checkpoint.
 *
 * A checkpoint of a former format is refused before anything in it is looked at: when the format
 * changes, the files are to be made anew (checkpoint_save after a few steps). test_checkpoint.c
 * tells. */
#ifndef LRSWEEP_TESTS_FUZZ_CHECKPOINT_SEEDS_H
#define LRSWEEP_TESTS_FUZZ_CHECKPOINT_SEEDS_H

#include "tests/unit/model_fixture.h"

static inline void checkpoint_seeds_model(struct model_fixture *fixture)
{
    enum { SAMPLES = 16, FEATURES = 2, CLASSES = 2 };
    model_fixture_create(fixture,
                         "[{\"type\":\"dense\",\"units\":3,\"activation\":\"relu\"},"
                         "{\"type\":\"batch_norm\"},{\"type\":\"dense\",\"units\":2}]",
                         "{\"batch_size\":8,\"report_every\":1000000,\"validate_every\":1000000}",
                         SAMPLES, FEATURES, CLASSES);
}

static const struct {
    const char *name; /* of the file */
    const char *params;
} checkpoint_seeds[] = {
    {"momentum", "{\"lr\":0.05,\"momentum\":0.9,\"schedule\":{\"type\":\"plateau\"}}"},
    {"amsgrad", "{\"lr\":0.01,\"optimizer\":\"adam\",\"amsgrad\":true}"},
    {"nadam", "{\"lr\":0.01,\"optimizer\":\"nadam\"}"}};

enum { CHECKPOINT_SEEDS = sizeof checkpoint_seeds / sizeof checkpoint_seeds[0] };

#endif
