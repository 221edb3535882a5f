/* peak.h - this machine's own limit: one core's single-precision matrix product. */
#ifndef LRSWEEP_TESTS_BENCH_PEAK_H
#define LRSWEEP_TESTS_BENCH_PEAK_H

#include <stddef.h>

/* Monotonic seconds. */
double bench_now_s(void);

/* Floating-point operations a second of C[rows][columns] = A[rows][inner] B[inner][columns]
 * (transposed: A is [inner][rows]), the best of repetitions that take about `seconds` together. */
double bench_gemm_flops(size_t rows, size_t columns, size_t inner, int transposed, double seconds);

/* The same for the product of two square matrices of 2048. */
double bench_peak_flops(double seconds);

#endif
