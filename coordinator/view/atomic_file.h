/* atomic_file.h - replaces a file so that a reader finds the old content or the new, never a part.
 */
#ifndef LRSWEEP_COORDINATOR_VIEW_ATOMIC_FILE_H
#define LRSWEEP_COORDINATOR_VIEW_ATOMIC_FILE_H

#include "common/error.h"

#include <stddef.h>

/* Writes DIR/name.new, syncs it, renames it to DIR/name and syncs DIR. On failure DIR/name is as it
 * was. */
bool atomic_file_write(const char *dir, const char *name, const void *bytes, size_t length,
                       struct error *error);

/* The same without waiting for the disk: for many files that can be made again. After a power cut
 * such a file may be empty. */
bool atomic_file_put(const char *dir, const char *name, const void *bytes, size_t length,
                     struct error *error);

#endif
