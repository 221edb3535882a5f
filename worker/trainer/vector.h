/* vector.h - passes over arrays of numbers that more than one module needs. */
#ifndef LRSWEEP_WORKER_TRAINER_VECTOR_H
#define LRSWEEP_WORKER_TRAINER_VECTOR_H

#include "worker/trainer/real.h"

#include <stddef.h>

/* Sum of squares, and of squared differences, added up in double. */
double vector_squares(const real *values, size_t count);
double vector_squared_distance(const real *first, const real *second, size_t count);

void vector_scale(real *values, size_t count, real factor);

/* sum[columns] += the rows of matrix[rows][columns] */
void vector_add_rows(const real *restrict matrix, real *restrict sum, size_t rows, size_t columns);

/* Moves what is beyond -limit or limit there; what is not a number stays. */
void vector_clamp(real *values, size_t count, real limit);

#endif
