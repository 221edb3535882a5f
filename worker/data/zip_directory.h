/* zip_directory.h - finds a member of a zip archive that is in memory.
 *
 * Format: PKWARE, APPNOTE.TXT 6.3, sections 4.3.7, 4.3.12 and 4.3.16. Only the central directory is
 * believed, and nothing of it that points outside the archive. */
#ifndef LRSWEEP_WORKER_DATA_ZIP_DIRECTORY_H
#define LRSWEEP_WORKER_DATA_ZIP_DIRECTORY_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct zip_member {
    size_t offset, packed_bytes; /* in the archive */
    bool deflated;               /* or stored */
    uint32_t checksum;           /* CRC-32 of the unpacked bytes */
};

/* *found: whether there is a member of that name. False and an error that names `path` and a byte
 * when the archive is none or is damaged, and for a member of 4 GiB or more. */
bool zip_member_find(const char *path, const unsigned char *bytes, size_t count, const char *name,
                     struct zip_member *member, bool *found, struct error *error);

#endif
