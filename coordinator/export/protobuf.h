/* protobuf.h - encodes messages in protobuf's wire format: as much of it as event files need.
 *
 * https://protobuf.dev/programming-guides/encoding/. A message is built field by field; one inside
 * another is built first and then added as bytes. After memory ran out everything that is added is
 * dropped, and bytes.failed is set. */
#ifndef LRSWEEP_COORDINATOR_EXPORT_PROTOBUF_H
#define LRSWEEP_COORDINATOR_EXPORT_PROTOBUF_H

#include "coordinator/view/text_buffer.h"

#include <stdint.h>

struct protobuf {
    struct text_buffer bytes;
};

/* Zero-initialised is empty. */
void protobuf_destroy(struct protobuf *message);

/* int64, int32, uint64, enum and bool. */
void protobuf_whole(struct protobuf *message, unsigned field, int64_t value);
void protobuf_double(struct protobuf *message, unsigned field, double value);
void protobuf_float(struct protobuf *message, unsigned field, float value);

/* string and bytes. */
void protobuf_bytes(struct protobuf *message, unsigned field, const void *bytes, size_t length);
void protobuf_text(struct protobuf *message, unsigned field, const char *text);

/* A message inside: takes it over, `inner` is empty afterwards. */
void protobuf_inner(struct protobuf *message, unsigned field, struct protobuf *inner);

/* Bytes without a field, for framing; the lowest `count` bytes of a number. */
void protobuf_raw(struct protobuf *message, const void *bytes, size_t length);
void protobuf_little_endian(struct protobuf *message, uint64_t value, size_t count);

#endif
