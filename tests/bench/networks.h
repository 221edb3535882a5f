/* networks.h - the networks and optimizers that tests/bench measures, on Fashion-MNIST. */
#ifndef LRSWEEP_TESTS_BENCH_NETWORKS_H
#define LRSWEEP_TESTS_BENCH_NETWORKS_H

#include "worker/trainer/training.h"

struct bench_network {
    const char *name, *layers; /* layers: the study's, as JSON */
    int batch_size;
};

struct bench_optimizer {
    const char *name, *train, *params; /* the study's train and a candidate, as JSON */
};

struct bench_case {
    const struct bench_network *network;
    const struct bench_optimizer *optimizer;
    struct model model;
    struct trial trial; /* at its first step */
};

/* Calls `measure` with every network and optimizer in turn, until one returns false or cannot be
 * opened, which is told on standard error. */
bool bench_each(const char *folder, bool (*measure)(struct bench_case *bench));

/* Samples trained in a second, the best of many chunks, in about `seconds`: with reports and the
 * monitor, as a search trains, but without validations. */
double bench_samples_per_s(struct trial *trial, double seconds);

#endif
