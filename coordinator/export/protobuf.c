/* protobuf.c - tags, varints and little-endian numbers. */
#include "coordinator/export/protobuf.h"

#include <stdlib.h>
#include <string.h>

enum wire { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_LENGTH = 2, WIRE_32 = 5 };

void protobuf_destroy(struct protobuf *message)
{
    free(message->bytes.text);
    *message = (struct protobuf){0};
}

void protobuf_raw(struct protobuf *message, const void *bytes, size_t length)
{
    text_buffer_add(&message->bytes, bytes, length);
}

static void varint(struct protobuf *message, uint64_t value)
{
    unsigned char bytes[10];
    size_t length = 0;
    do {
        bytes[length] = (unsigned char)(value & 0x7f);
        value >>= 7;
        bytes[length] |= value ? 0x80 : 0;
        length++;
    } while (value);
    protobuf_raw(message, bytes, length);
}

static void tag(struct protobuf *message, unsigned field, enum wire wire)
{
    varint(message, (uint64_t)field << 3 | (unsigned)wire);
}

void protobuf_little_endian(struct protobuf *message, uint64_t value, size_t count)
{
    unsigned char bytes[8];
    for (size_t i = 0; i < count; i++)
        bytes[i] = (unsigned char)(value >> (8 * i));
    protobuf_raw(message, bytes, count);
}

void protobuf_whole(struct protobuf *message, unsigned field, int64_t value)
{
    tag(message, field, WIRE_VARINT);
    varint(message, (uint64_t)value);
}

void protobuf_double(struct protobuf *message, unsigned field, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    tag(message, field, WIRE_64);
    protobuf_little_endian(message, bits, sizeof bits);
}

void protobuf_float(struct protobuf *message, unsigned field, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    tag(message, field, WIRE_32);
    protobuf_little_endian(message, bits, sizeof bits);
}

void protobuf_bytes(struct protobuf *message, unsigned field, const void *bytes, size_t length)
{
    tag(message, field, WIRE_LENGTH);
    varint(message, length);
    protobuf_raw(message, bytes, length);
}

void protobuf_text(struct protobuf *message, unsigned field, const char *text)
{
    protobuf_bytes(message, field, text, strlen(text));
}

void protobuf_inner(struct protobuf *message, unsigned field, struct protobuf *inner)
{
    message->bytes.failed = message->bytes.failed || inner->bytes.failed;
    protobuf_bytes(message, field, inner->bytes.text, inner->bytes.length);
    protobuf_destroy(inner);
}
