/* train.c - training and evaluation speed on Fashion-MNIST, as JSON lines, against the sgemm peak
 * that the same run measures. usage: train [DATA-FOLDER] */
#include "common/portability.h"
#include "networks.h"
#include "peak.h"
#include "worker/trainer/evaluate.h"

#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>

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

static bool measure(struct bench_case *bench)
{
    const struct network *network = &bench->model.network;
    double peak = bench_peak_flops(0.3);
    double trained = bench_samples_per_s(&bench->trial, 2),
           evaluated = evaluated_per_s(&bench->trial);
    double after = bench_peak_flops(0.3);
    peak = after > peak ? after : peak;
    printf("{\"bench\":\"train\",\"network\":\"%s\",\"batch_size\":%d,\"optimizer\":\"%s\","
           "\"blas\":\"%s\",\"peak_gflops\":%.1f,\"samples_per_s\":%.0f,\"of_peak\":%.3f,"
           "\"evaluated_per_s\":%.0f,\"evaluation_of_peak\":%.3f}\n",
           bench->network->name, bench->network->batch_size, bench->optimizer->name,
           openblas_get_corename(), peak / 1e9, trained, trained * network_flops(network) / peak,
           evaluated, evaluated * forward_flops(network) / peak);
    (void)fflush(stdout);
    return true;
}

int main(int argument_count, char **arguments)
{
    const char *folder = argument_count > 1 ? arguments[1] : "/usr/share/datasets/fashion-mnist";
    openblas_set_num_threads(1);
    FLUSH_DENORMALS();
    return bench_each(folder, measure) ? EXIT_SUCCESS : EXIT_FAILURE;
}
