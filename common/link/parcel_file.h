/* parcel_file.h - the two ends of a parcel (parcel.h): a file that is read, a file that is made. */
#ifndef LRSWEEP_COMMON_LINK_PARCEL_FILE_H
#define LRSWEEP_COMMON_LINK_PARCEL_FILE_H

#include "common/error.h"

#include <stddef.h>
#include <stdint.h>

struct parcel_file;

/* Opens a file to be read, and tells how long it is. NULL: it cannot be. */
struct parcel_file *parcel_file_open(const char *path, uint64_t *bytes, struct error *error);

bool parcel_file_read(struct parcel_file *file, uint64_t offset, void *data, size_t bytes,
                      struct error *error);

/* Makes a file beside `path`; it takes the name when it is finished. */
struct parcel_file *parcel_file_make(const char *path, struct error *error);

bool parcel_file_append(struct parcel_file *file, const void *data, size_t bytes,
                        struct error *error);

/* The contents are on disk before the name points to them. Closes the file, whatever comes. */
bool parcel_file_finish(struct parcel_file *file, struct error *error);

/* Closes the file; one that was not finished is removed. NULL: nothing. */
void parcel_file_close(struct parcel_file *file);

bool parcel_file_exists(const char *path);
void parcel_file_remove(const char *path);

#endif
