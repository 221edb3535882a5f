/* packed_file.h - reads a file that may be gzipped (RFC 1952), or a member of a zip archive, start
 * to end.
 *
 * The compressed bytes are mapped and inflated straight to where the caller wants them: no buffer
 * in between. Offsets in errors count unpacked bytes. */
#ifndef LRSWEEP_WORKER_DATA_PACKED_FILE_H
#define LRSWEEP_WORKER_DATA_PACKED_FILE_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct packed_file;

/* NULL and an error when it cannot be opened or is no regular file. */
struct packed_file *packed_file_open(const char *path, struct error *error);

/* The same for a member (stored or deflated, below 4 GiB) of the zip archive at `path`. */
struct packed_file *packed_file_open_member(const char *path, const char *name,
                                            struct error *error);

/* Whether the archive holds a member of that name; false: it is no archive. */
bool packed_file_has_member(const char *path, const char *name, bool *found, struct error *error);

void packed_file_close(struct packed_file *file);

/* Reads exactly `bytes`. A file that ends before is an error that names the offset of its end. */
bool packed_file_read(struct packed_file *file, void *destination, size_t bytes,
                      struct error *error);

/* Refuses a file that goes on, and, when it is packed, one whose checksum is wrong. */
bool packed_file_end(struct packed_file *file, struct error *error);

/* How many unpacked bytes were read. */
uint64_t packed_file_offset(const struct packed_file *file);

/* True: *bytes is the number of unpacked bytes (a plain file). False: it is a bound that they
 * cannot exceed (deflate packs at most 1032 to 1), to refuse a header before room is made for it.
 */
bool packed_file_size(const struct packed_file *file, uint64_t *bytes);

/* Unpacks the rest of the file to count its bytes, checks its end, and starts again at byte 0. */
bool packed_file_count(struct packed_file *file, uint64_t *bytes, struct error *error);

/* Reads the rest of the file, of a length not known before, into *text (NUL-terminated; to be
 * freed), and checks its end. */
bool packed_file_read_all(struct packed_file *file, char **text, size_t *bytes,
                          struct error *error);

const char *packed_file_path(const struct packed_file *file);

#endif
