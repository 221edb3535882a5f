/* message.c - makes and checks messages. */
#include "common/message.h"

#include <string.h>

void message_begin(struct message *message, enum message_kind kind)
{
    memset(message, 0, MESSAGE_FIXED_BYTES);
    message->version = MESSAGE_VERSION;
    message->kind = (uint16_t)kind;
}

void message_set_text(struct message *message, const char *text)
{
    size_t length = text ? strlen(text) : 0;
    if (length > MESSAGE_TEXT_MAX_BYTES) {
        length = MESSAGE_TEXT_MAX_BYTES;
        while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
            length--;
    }
    if (length > 0)
        memcpy(message->text, text, length);
    message->text_bytes = (uint32_t)length;
}

void message_text(const struct message *message, char *out)
{
    memcpy(out, message->text, message->text_bytes);
    out[message->text_bytes] = '\0';
}

void message_copy(struct message *to, const struct message *from)
{
    memcpy(to, from, MESSAGE_FIXED_BYTES + from->text_bytes);
}

const void *message_data(const struct message *message)
{
    return (const unsigned char *)message + MESSAGE_FIXED_BYTES;
}

bool message_check(const struct message *message, size_t bytes, struct error *error)
{
    if (bytes < MESSAGE_FIXED_BYTES)
        return error_set(error, "a message of %zu bytes, shorter than the shortest (%zu)", bytes,
                         MESSAGE_FIXED_BYTES);
    if (message->version != MESSAGE_VERSION)
        return error_set(error,
                         "a message of version %u, this build speaks %d: the job mixes builds",
                         message->version, MESSAGE_VERSION);
    if (message->kind < MESSAGE_READY || message->kind > MESSAGE_LAST)
        return error_set(error, "a message of unknown kind %u", message->kind);
    size_t most = message->kind == MESSAGE_CHUNK ? MESSAGE_CHUNK_MAX_BYTES : MESSAGE_TEXT_MAX_BYTES;
    if (message->text_bytes > most || bytes != MESSAGE_FIXED_BYTES + message->text_bytes)
        return error_set(error, "a message of %zu bytes that claims %u bytes of text", bytes,
                         message->text_bytes);
    return true;
}
