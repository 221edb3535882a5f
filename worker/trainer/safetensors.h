/* safetensors.h - a file of named tensors with text beside them.
 *
 * The safetensors format: 8 bytes of little-endian header length, a JSON header, the tensors'
 * bytes. Anything that reads safetensors can read these. Added in `__metadata__`: crc32, the CRC-32
 * of the whole file with that value's eight digits set to 0. */
#ifndef LRSWEEP_WORKER_TRAINER_SAFETENSORS_H
#define LRSWEEP_WORKER_TRAINER_SAFETENSORS_H

#include "common/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define SAFETENSORS_RANK_MAX 4

struct safetensors_tensor {
    const char *name;
    const char *dtype; /* "F32", "F64" ... */
    size_t rank;
    size_t shape[SAFETENSORS_RANK_MAX];
    const void *data; /* row-major */
};

/* Writes all or nothing: to a temporary name beside `path`, synced, renamed, and the folder synced.
 * metadata: an object of strings. */
bool safetensors_write(const char *path, const struct safetensors_tensor *tensors, size_t count,
                       const json_t *metadata, struct error *error);

struct safetensors;

/* Reads a whole file and checks all of it: structure, sizes and checksum. NULL and an error that
 * names the file when anything is wrong with it. */
struct safetensors *safetensors_open(const char *path, struct error *error);
void safetensors_close(struct safetensors *file);

/* The bytes of a tensor, valid until the file is closed (not aligned). NULL and an error when it is
 * not there or of another type or shape than `expected` (whose data is not looked at). */
const void *safetensors_find(const struct safetensors *file,
                             const struct safetensors_tensor *expected, struct error *error);

/* A text of the metadata; NULL if it is not there. */
const char *safetensors_text(const struct safetensors *file, const char *key);

/* The number of tensors. */
size_t safetensors_count(const struct safetensors *file);

#endif
