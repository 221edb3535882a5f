/* protobuf.c - tags, varints and little-endian numbers. */
#include "coordinator/export/protobuf.h"

#include <stdlib.h>
#include <string.h>

enum wire { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_LENGTH = 2, WIRE_32 = 5 };

#define ROOM_FIRST 256

void protobuf_destroy(struct protobuf *message)
{
    free(message->bytes);
    *message = (struct protobuf){0};
}

bool protobuf_good(const struct protobuf *message)
{
    return !message->lost;
}

void protobuf_raw(struct protobuf *message, const void *bytes, size_t length)
{
    if (length == 0)
        return;
    if (message->used + length > message->room) {
        size_t room = message->room ? message->room : ROOM_FIRST;
        while (room < message->used + length)
            room *= 2;
        unsigned char *more = realloc(message->bytes, room);
        message->lost = message->lost || !more;
        if (!more)
            return;
        message->bytes = more;
        message->room = room;
    }
    memcpy(message->bytes + message->used, bytes, length);
    message->used += length;
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

static void little_endian(struct protobuf *message, uint64_t value, size_t count)
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
    little_endian(message, bits, sizeof bits);
}

void protobuf_float(struct protobuf *message, unsigned field, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    tag(message, field, WIRE_32);
    little_endian(message, bits, sizeof bits);
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
    message->lost = message->lost || inner->lost;
    protobuf_bytes(message, field, inner->bytes, inner->used);
    protobuf_destroy(inner);
}
