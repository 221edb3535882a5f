/* sgemm_peak.c - one core's sgemm by shape, as JSON lines: what training is measured against. */
#include "peak.h"

#include <cblas.h>
#include <stdio.h>

int main(void)
{
    static const struct {
        size_t rows, columns, inner;
        int transposed;
        const char *what;
    } shapes[] = {
        {2048, 2048, 2048, 0, "peak"},
        {64, 128, 784, 0, "forward 784-128, batch 64"},
        {784, 128, 64, 1, "weight gradient 784-128, batch 64"},
        {64, 32, 784, 0, "forward 784-32, batch 64"},
        {784, 32, 64, 1, "weight gradient 784-32, batch 64"},
        {128, 512, 784, 0, "forward 784-512, batch 128"},
        {784, 512, 128, 1, "weight gradient 784-512, batch 128"},
        {500, 128, 784, 0, "evaluation 784-128"},
    };
    openblas_set_num_threads(1);
    double peak = bench_peak_flops(0.5);
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        double rate = bench_gemm_flops(shapes[i].rows, shapes[i].columns, shapes[i].inner,
                                       shapes[i].transposed, 0.3);
        printf("{\"bench\":\"sgemm_peak\",\"what\":\"%s\",\"blas\":\"%s\",\"m\":%zu,\"n\":%zu,"
               "\"k\":%zu,\"gflops\":%.1f,\"of_peak\":%.3f}\n",
               shapes[i].what, openblas_get_corename(), shapes[i].rows, shapes[i].columns,
               shapes[i].inner, rate / 1e9, rate / peak);
    }
    return 0;
}
