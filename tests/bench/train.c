/* train.c - training and evaluation speed on Fashion-MNIST, as JSON lines, against the sgemm peak
 * that the same run measures. usage: train [DATA-FOLDER] */
#include "common/portability.h"
#include "peak.h"
#include "worker/trainer/evaluate.h"
#include "worker/trainer/training.h"

#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *name, *layers;
    int batch_size;
} networks[] = {
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

static const struct {
    const char *name, *train, *params;
} optimizers[] = {
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

/* Trains for about `seconds` with reports and the monitor, as a search does, but without
 * validations. */
static double samples_per_s(struct trial *trial, double seconds)
{
    const struct training_watch watch = {.report = ignore_report, .interrupted = never};
    enum verdict verdict;
    uint64_t chunk = trial->candidate.steps_per_epoch / 4;
    double best = 0;
    for (double started = bench_now_s(); best == 0 || bench_now_s() - started < seconds;) {
        double before = trial->seconds;
        if (training_run(trial, trial->step + chunk, &watch, &verdict) != TRAINING_REACHED)
            break;
        double rate = (double)(chunk * trial->candidate.batch_size) / (trial->seconds - before);
        best = rate > best ? rate : best;
    }
    return best;
}

static double evaluated_per_s(struct trial *trial)
{
    const struct model *model = trial->model;
    double best = 0;
    for (int i = 0; i < 5; i++) {
        double before = bench_now_s();
        (void)evaluate(&model->network, &model->loss, trial->weights, &trial->activations,
                       &model->dataset, SPLIT_VALIDATION);
        double rate =
            (double)model->dataset.split[SPLIT_VALIDATION].count / (bench_now_s() - before);
        best = rate > best ? rate : best;
    }
    return best;
}

static double forward_flops(const struct network *network)
{
    double sum = 0, flops[3];
    for (size_t i = 0; i < network->layer_count; i++) {
        network->layer[i].class->flops(&network->layer[i], flops);
        sum += flops[0];
    }
    return sum;
}

static bool bench(size_t which, size_t optimizer, const char *folder)
{
    json_t *study = json_pack("{s:{s:s, s:s, s:i}, s:{s:o}, s:o, s:{s:s, s:f}}", "data", "format",
                              "idx", "path", folder, "validation", 10000, "model", "layers",
                              json_loads(networks[which].layers, 0, NULL), "train",
                              json_loads(optimizers[optimizer].train, 0, NULL), "search", "unit",
                              "epochs", "max_budget", 100.0);
    (void)json_object_set_new(json_object_get(study, "train"), "batch_size",
                              json_integer(networks[which].batch_size));
    json_t *params = json_loads(optimizers[optimizer].params, 0, NULL);
    struct model model;
    struct refusal refusal;
    struct trial trial;
    struct error error;
    double opened = bench_now_s();
    bool good = model_create(&model, study, &refusal);
    opened = bench_now_s() - opened;
    if (!good) {
        (void)fprintf(stderr, "%s\n", refusal.error.text);
    } else if (!(good = trial_create(&trial, &model, params, 1, &error))) {
        (void)fprintf(stderr, "%s\n", error.text);
    } else {
        double peak = bench_peak_flops(0.3);
        double trained = samples_per_s(&trial, 2), evaluated = evaluated_per_s(&trial);
        double after = bench_peak_flops(0.3);
        peak = after > peak ? after : peak;
        printf("{\"bench\":\"train\",\"network\":\"%s\",\"batch_size\":%d,\"optimizer\":\"%s\","
               "\"blas\":\"%s\",\"peak_gflops\":%.1f,\"samples_per_s\":%.0f,\"of_peak\":%.3f,"
               "\"evaluated_per_s\":%.0f,\"evaluation_of_peak\":%.3f,\"open_s\":%.3f}\n",
               networks[which].name, networks[which].batch_size, optimizers[optimizer].name,
               openblas_get_corename(), peak / 1e9, trained,
               trained * network_flops(&model.network) / peak, evaluated,
               evaluated * forward_flops(&model.network) / peak, opened);
        (void)fflush(stdout);
        trial_destroy(&trial);
    }
    if (model.study)
        model_destroy(&model);
    json_decref(params);
    json_decref(study);
    return good;
}

int main(int argument_count, char **arguments)
{
    const char *folder = argument_count > 1 ? arguments[1] : "/usr/share/datasets/fashion-mnist";
    openblas_set_num_threads(1);
    FLUSH_DENORMALS();
    for (size_t i = 0; i < sizeof networks / sizeof networks[0]; i++)
        for (size_t j = 0; j < sizeof optimizers / sizeof optimizers[0]; j++)
            if (!bench(i, j, folder))
                return EXIT_FAILURE;
    return EXIT_SUCCESS;
}
