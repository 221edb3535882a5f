/* networks.c - opens each network with each optimizer. */
#include "networks.h"

#include "peak.h"

#include <stdio.h>

static const struct bench_network networks[] = {
    {"784-32-10",
     "[{\"type\":\"dense\",\"units\":32,\"activation\":\"relu\"},"
     "{\"type\":\"dense\",\"units\":10}]",
     64},
    {"784-128-10",
     "[{\"type\":\"dense\",\"units\":128,\"activation\":\"relu\"},"
     "{\"type\":\"dense\",\"units\":10}]",
     64},
    {"784-256-256-10",
     "[{\"type\":\"dense\",\"units\":256,\"activation\":\"relu\"},"
     "{\"type\":\"dense\",\"units\":256,\"activation\":\"relu\"},"
     "{\"type\":\"dense\",\"units\":10}]",
     128},
    {"784-512-512-10",
     "[{\"type\":\"dense\",\"units\":512,\"activation\":\"relu\"},"
     "{\"type\":\"dense\",\"units\":512,\"activation\":\"relu\"},"
     "{\"type\":\"dense\",\"units\":10}]",
     128},
    {"cnn 16-32",
     "[{\"type\":\"conv2d\",\"filters\":16,\"kernel_size\":3,\"padding\":1,\"activation\":\"relu\"}"
     ","
     "{\"type\":\"max_pool\",\"kernel_size\":2},"
     "{\"type\":\"conv2d\",\"filters\":32,\"kernel_size\":3,\"padding\":1,\"activation\":\"relu\"},"
     "{\"type\":\"max_pool\",\"kernel_size\":2},{\"type\":\"flatten\"},"
     "{\"type\":\"dense\",\"units\":128,\"activation\":\"relu\"},"
     "{\"type\":\"dense\",\"units\":10}]",
     64},
};

static const struct bench_optimizer optimizers[] = {
    {"sgd momentum", "{\"optimizer\":\"sgd\",\"momentum\":0.9}", "{\"lr\":0.05}"},
    {"adam", "{\"optimizer\":\"adam\"}", "{\"lr\":0.001}"},
};

static void ignore_report(void *context, const struct training_report *report)
{
    (void)context;
    (void)report;
}

static bool never(void *context)
{
    (void)context;
    return false;
}

double bench_samples_per_s(struct trial *trial, double seconds)
{
    const struct training_watch watch = {.report = ignore_report, .interrupted = never};
    uint64_t chunk = trial->candidate.steps_per_epoch / 4;
    double best = 0;
    for (double started = bench_now_s(); best == 0 || bench_now_s() - started < seconds;) {
        double before = trial->seconds;
        if (training_run(trial, trial->step + chunk, &watch) != TRAINING_REACHED)
            break;
        double rate = (double)(chunk * trial->candidate.batch_size) / (trial->seconds - before);
        best = rate > best ? rate : best;
    }
    return best;
}

static bool measure_one(const struct bench_network *network,
                        const struct bench_optimizer *optimizer, const char *folder,
                        bool (*measure)(struct bench_case *bench))
{
    json_t *train = json_loads(optimizer->train, 0, NULL);
    (void)json_object_set_new(train, "batch_size", json_integer(network->batch_size));
    json_t *study = json_pack("{s:{s:s, s:s, s:i}, s:{s:o}, s:o, s:{s:s, s:f}}", "data", "format",
                              "idx", "path", folder, "validation", 10000, "model", "layers",
                              json_loads(network->layers, 0, NULL), "train", train, "search",
                              "unit", "epochs", "max_budget", 100.0);
    json_t *params = json_loads(optimizer->params, 0, NULL);
    struct bench_case bench = {.network = network, .optimizer = optimizer};
    struct refusal refusal;
    bool good = model_create(&bench.model, study, &refusal);
    if (good) {
        good = trial_create(&bench.trial, &bench.model, params, 1, &refusal.error);
        if (good) {
            good = measure(&bench);
            trial_destroy(&bench.trial);
        }
        model_destroy(&bench.model);
    }
    if (!good)
        (void)fprintf(stderr, "%s, %s: %s\n", network->name, optimizer->name, refusal.error.text);
    json_decref(params);
    json_decref(study);
    return good;
}

bool bench_each(const char *folder, bool (*measure)(struct bench_case *bench))
{
    for (size_t i = 0; i < sizeof networks / sizeof networks[0]; i++)
        for (size_t j = 0; j < sizeof optimizers / sizeof optimizers[0]; j++)
            if (!measure_one(&networks[i], &optimizers[j], folder, measure))
                return false;
    return true;
}
