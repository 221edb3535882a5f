/* vector.c - passes over arrays, left to the compiler to vectorise. */
#include "worker/trainer/vector.h"

#include "common/portability.h"

MULTIVERSION double vector_squares(const real *values, size_t count)
{
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < count; i++)
        sum += (double)values[i] * (double)values[i];
    return sum;
}

MULTIVERSION double vector_squared_distance(const real *first, const real *second, size_t count)
{
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < count; i++) {
        double difference = (double)first[i] - (double)second[i];
        sum += difference * difference;
    }
    return sum;
}

MULTIVERSION void vector_scale(real *values, size_t count, real factor)
{
    for (size_t i = 0; i < count; i++)
        values[i] *= factor;
}

MULTIVERSION void vector_add_rows(const real *restrict matrix, real *restrict sum, size_t rows,
                                  size_t columns)
{
    for (size_t i = 0; i < rows; i++, matrix += columns)
        for (size_t j = 0; j < columns; j++)
            sum[j] += matrix[j];
}

MULTIVERSION void vector_clamp(real *values, size_t count, real limit)
{
    for (size_t i = 0; i < count; i++) {
        real value = values[i] > limit ? limit : values[i];
        values[i] = value < -limit ? -limit : value;
    }
}
