/* file.h - what is written arrives whole, and what a directory lists is durable. */
#ifndef LRSWEEP_COMMON_FILE_H
#define LRSWEEP_COMMON_FILE_H

#include "common/error.h"

#include <stddef.h>

/* Writes all of bytes[count] to a file or a pipe, waiting for room in one that does not block.
 * False: it cannot; errno tells why. */
bool file_write(int descriptor, const void *bytes, size_t count);

/* Makes the entries of a directory durable, as a rename in it needs. A file system that cannot do
 * so for directories is no error: nothing more can be done there. */
bool file_sync_directory(const char *directory, struct error *error);

/* The same for the directory that `path` stands in, as far as it can be done. */
void file_sync_parent(const char *path);

#endif
