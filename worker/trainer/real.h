/* real.h - the number that the engine calculates with.
 *
 * float in the trainer. The engine is compiled a second time with LRSWEEP_DOUBLE for the tests that
 * compare gradients with finite differences, which float cannot resolve. */
#ifndef LRSWEEP_WORKER_TRAINER_REAL_H
#define LRSWEEP_WORKER_TRAINER_REAL_H

#ifdef LRSWEEP_DOUBLE
typedef double real;
#define REAL_GEMM  cblas_dgemm
#define REAL_SQRT  sqrt
#define REAL_DTYPE "F64" /* its name in a safetensors file */
#else
typedef float real;
#define REAL_GEMM  cblas_sgemm
#define REAL_SQRT  sqrtf /* of <math.h> */
#define REAL_DTYPE "F32"
#endif

#endif
