/* crc32c.c - bit by bit: event files are small. */
#include "coordinator/export/crc32c.h"

#define POLYNOMIAL 0x82f63b78u
#define MASK_DELTA 0xa282ead8u

uint32_t crc32c(const void *bytes, size_t length)
{
    const unsigned char *next = bytes;
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < length; i++) {
        crc ^= next[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
    }
    return ~crc;
}

uint32_t crc32c_masked(const void *bytes, size_t length)
{
    uint32_t crc = crc32c(bytes, length);
    return (crc >> 15 | crc << 17) + MASK_DELTA;
}
