/* peak.c - times sgemm. */
#include "peak.h"

#include <cblas.h>
#include <stdlib.h>
#include <time.h>

double bench_now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static float *matrix(size_t count)
{
    float *values = aligned_alloc(64, (count * sizeof *values + 63) / 64 * 64);
    if (!values)
        abort();
    for (size_t i = 0; i < count; i++)
        values[i] = (float)(i % 17) / 17.0F;
    return values;
}

double bench_gemm_flops(size_t rows, size_t columns, size_t inner, int transposed, double seconds)
{
    float *a = matrix(rows * inner), *b = matrix(inner * columns), *c = matrix(rows * columns);
    double flops = 2.0 * (double)rows * (double)columns * (double)inner, best = 0;
    int repetitions = flops > 1e9 ? 1 : (int)(1e9 / flops);
    for (double started = bench_now_s(); best == 0 || bench_now_s() - started < seconds;) {
        double before = bench_now_s();
        for (int i = 0; i < repetitions; i++)
            cblas_sgemm(CblasRowMajor, transposed ? CblasTrans : CblasNoTrans, CblasNoTrans,
                        (int)rows, (int)columns, (int)inner, 1, a, (int)(transposed ? rows : inner),
                        b, (int)columns, 0, c, (int)columns);
        double rate = flops * repetitions / (bench_now_s() - before);
        best = rate > best ? rate : best;
    }
    free(a);
    free(b);
    free(c);
    return best;
}

double bench_peak_flops(double seconds)
{
    return bench_gemm_flops(2048, 2048, 2048, 0, seconds);
}
