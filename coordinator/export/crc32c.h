/* crc32c.h - the checksum of TFRecord files. */
#ifndef LRSWEEP_COORDINATOR_EXPORT_CRC32C_H
#define LRSWEEP_COORDINATOR_EXPORT_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32C (Castagnoli): reflected polynomial 0x82f63b78, as in RFC 3720, section 12.1, whose test
 * vectors stand in its appendix B.4. zlib's crc32 has another polynomial. */
uint32_t crc32c(const void *bytes, size_t length);

/* As TFRecord stores it, so that a checksum of data that hold checksums is not weak:
 * rotated right by 15 bits, plus 0xa282ead8 (tensorflow/core/lib/hash/crc32c.h). */
uint32_t crc32c_masked(const void *bytes, size_t length);

#endif
