/* npy_array.h - reads an array that numpy.save has written.
 *
 * Format: numpy.lib.format, versions 1.0 to 3.0: a magic, the header's length, a Python dictionary
 * of descr, fortran_order and shape, then the numbers. Arrays of booleans, integers and floats of
 * either byte order are read; the first dimension counts the samples. */
#ifndef LRSWEEP_WORKER_DATA_NPY_ARRAY_H
#define LRSWEEP_WORKER_DATA_NPY_ARRAY_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NPY_RANK_MAX 8

struct npy_array {
    struct packed_file *file;
    char kind;    /* numpy's: b, i, u, f */
    size_t bytes; /* of a number */
    bool big_endian, fortran_order;
    size_t rank;
    uint64_t size[NPY_RANK_MAX];
    uint64_t samples, sample_count; /* size[0], and the numbers in a sample */
};

/* Opens the file at `path`, or that member of the archive at `path` unless `member` is NULL, and
 * reads its header. A header whose numbers the file cannot hold is refused. */
bool npy_array_open(struct npy_array *array, const char *path, const char *member,
                    struct error *error);
void npy_array_close(struct npy_array *array);

/* Reads all numbers into destination[samples][sample_count], in C order whatever the file's, and
 * checks the end of the file. What is not finite is refused with its byte, sample and place. */
bool npy_array_read_doubles(struct npy_array *array, double *destination, struct error *error);
bool npy_array_read_floats(struct npy_array *array, float *destination, struct error *error);
/* Only for an array of unsigned bytes. */
bool npy_array_read_bytes(struct npy_array *array, uint8_t *destination, struct error *error);

#endif
