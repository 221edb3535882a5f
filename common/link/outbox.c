/* outbox.c - messages to one peer, in order, that the link does not take yet. */
#include "common/link/outbox.h"

#include <stdlib.h>
#include <string.h>

bool outbox_post(struct outbox *outbox, struct link *link, int peer, bool to_worker,
                 const struct message *message)
{
    struct error error;
    if (outbox->count == 0 && link_send(link, peer, to_worker, message, &error))
        return true;
    if (outbox->count == outbox->room) {
        size_t room = outbox->room ? 2 * outbox->room : 16;
        struct message *messages = realloc(outbox->messages, room * sizeof *messages);
        if (!messages)
            return false;
        outbox->messages = messages;
        outbox->room = room;
    }
    message_copy(&outbox->messages[outbox->count++], message);
    return true;
}

void outbox_flush(struct outbox *outbox, struct link *link, int peer, bool to_worker)
{
    struct error error;
    size_t sent = 0;
    while (sent < outbox->count &&
           link_send(link, peer, to_worker, &outbox->messages[sent], &error))
        sent++;
    if (sent == 0)
        return;
    outbox->count -= sent;
    memmove(outbox->messages, outbox->messages + sent, outbox->count * sizeof *outbox->messages);
}

void outbox_clear(struct outbox *outbox)
{
    free(outbox->messages);
    *outbox = (struct outbox){0};
}
