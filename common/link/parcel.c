/* parcel.c - sends and takes a file chunk by chunk. */
#include "common/link/parcel.h"

#include <zlib.h>

static uint32_t checksum(const void *data, size_t bytes)
{
    return (uint32_t)crc32(crc32(0, NULL, 0), data, (uInt)bytes);
}

/* A message about the same attempt as another. */
static void label(struct message *message, enum message_kind kind, uint32_t trial, uint32_t attempt,
                  uint32_t trainer)
{
    message_begin(message, kind);
    message->trial = trial;
    message->attempt = attempt;
    message->trainer = trainer;
}

static bool is_about(const struct parcel *parcel, const struct message *message)
{
    return parcel->file && parcel->trial == message->trial && parcel->attempt == message->attempt &&
           parcel->kind == (enum parcel_kind)message->body.chunk.kind;
}

void parcel_drop(struct parcel *parcel)
{
    parcel_file_close(parcel->file);
    *parcel = (struct parcel){.file = NULL};
}

static void open_parcel(struct parcel *parcel, enum parcel_kind kind, const struct message *about)
{
    parcel_drop(parcel);
    parcel->kind = kind;
    parcel->trial = about->trial;
    parcel->attempt = about->attempt;
    parcel->trainer = about->trainer;
}

bool parcel_begin(struct parcel *parcel, const char *path, enum parcel_kind kind,
                  const struct message *about, struct error *error)
{
    open_parcel(parcel, kind, about);
    parcel->file = parcel_file_open(path, &parcel->total, error);
    return parcel->file != NULL;
}

static bool make_chunk(const struct parcel *parcel, struct message_long *room, struct error *error)
{
    struct message *chunk = &room->message;
    uint64_t left = parcel->total - parcel->sent;
    size_t bytes = left < MESSAGE_CHUNK_MAX_BYTES ? (size_t)left : MESSAGE_CHUNK_MAX_BYTES;
    unsigned char *data = (unsigned char *)room + MESSAGE_FIXED_BYTES;
    label(chunk, MESSAGE_CHUNK, parcel->trial, parcel->attempt, parcel->trainer);
    if (!parcel_file_read(parcel->file, parcel->sent, data, bytes, error))
        return false;
    chunk->text_bytes = (uint32_t)bytes;
    chunk->body.chunk = (struct message_chunk){.offset = parcel->sent,
                                               .total = parcel->total,
                                               .crc = checksum(data, bytes),
                                               .kind = (uint32_t)parcel->kind};
    return true;
}

bool parcel_continue(struct parcel *parcel, struct link *link, int peer, bool to_worker,
                     uint32_t value, bool *sent, struct error *error)
{
    struct message_long room;
    struct error full;
    *sent = false;
    while (parcel->file && !parcel->all_sent &&
           parcel->sent - parcel->taken < (uint64_t)PARCEL_WINDOW * MESSAGE_CHUNK_MAX_BYTES) {
        if (!make_chunk(parcel, &room, error))
            return false;
        room.message.value = value;
        if (!link_send(link, peer, to_worker, &room.message, &full))
            break; /* the link is full: later */
        parcel->sent += room.message.text_bytes;
        parcel->all_sent = parcel->sent == parcel->total;
        *sent = true;
    }
    return true;
}

enum parcel_answer parcel_hear(struct parcel *parcel, const struct message *taken)
{
    const struct message_chunk *body = &taken->body.chunk;
    if (!is_about(parcel, taken))
        return PARCEL_UNDER_WAY;
    if (body->total == PARCEL_REFUSED) {
        parcel_drop(parcel);
        return PARCEL_RETURNED;
    }
    if (body->offset > parcel->taken && body->offset <= parcel->sent)
        parcel->taken = body->offset;
    if (!parcel->all_sent || body->offset != parcel->total)
        return PARCEL_UNDER_WAY;
    parcel_drop(parcel);
    return PARCEL_ARRIVED;
}

static enum parcel_progress write_chunk(struct parcel *parcel, const struct message *chunk,
                                        struct error *error)
{
    if (!parcel_file_append(parcel->file, message_data(chunk), chunk->text_bytes, error)) {
        parcel_drop(parcel);
        return PARCEL_FAILED;
    }
    parcel->taken += chunk->text_bytes;
    if (parcel->taken < parcel->total)
        return PARCEL_TAKEN;
    bool finished = parcel_file_finish(parcel->file, error);
    *parcel = (struct parcel){.file = NULL};
    return finished ? PARCEL_WHOLE : PARCEL_FAILED;
}

enum parcel_progress parcel_take(struct parcel *parcel, const char *path,
                                 const struct message *chunk, struct error *error)
{
    const struct message_chunk *body = &chunk->body.chunk;
    size_t bytes = chunk->text_bytes;
    if (body->total == PARCEL_REFUSED || body->offset > body->total ||
        bytes > body->total - body->offset || (bytes == 0 && body->total > 0))
        return PARCEL_IGNORED;
    if (body->offset == 0) {
        open_parcel(parcel, (enum parcel_kind)body->kind, chunk);
        parcel->total = body->total;
        parcel->file = parcel_file_make(path, error);
        if (!parcel->file)
            return PARCEL_FAILED;
    }
    if (!is_about(parcel, chunk) || body->offset != parcel->taken || body->total != parcel->total)
        return PARCEL_IGNORED;
    if (checksum(message_data(chunk), bytes) != body->crc) {
        parcel_drop(parcel);
        return PARCEL_DAMAGED;
    }
    return write_chunk(parcel, chunk, error);
}

void parcel_acknowledge(struct message *taken, const struct message *chunk,
                        enum parcel_progress progress)
{
    if (progress == PARCEL_DAMAGED) {
        parcel_refuse(taken, MESSAGE_TAKEN, chunk, NULL);
        return;
    }
    label(taken, MESSAGE_TAKEN, chunk->trial, chunk->attempt, chunk->trainer);
    taken->body.chunk =
        (struct message_chunk){.offset = chunk->body.chunk.offset + chunk->text_bytes,
                               .total = chunk->body.chunk.total,
                               .kind = chunk->body.chunk.kind};
}

void parcel_refuse(struct message *message, enum message_kind kind, const struct message *about,
                   const char *reason)
{
    label(message, kind, about->trial, about->attempt, about->trainer);
    message->body.chunk = (struct message_chunk){
        .total = PARCEL_REFUSED,
        .kind = about->kind == MESSAGE_CHUNK ? about->body.chunk.kind : PARCEL_CHECKPOINT};
    message_set_text(message, reason);
}
