/* virtual_link.c - ranks in one process that send messages on virtual time. */
#include "tests/support/virtual_link.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct parcel {
    double due_s;
    bool to_worker, counts; /* counts: as a send under way */
    struct message *message;
};

/* From one rank to another: a queue in the order of sending. */
struct channel {
    enum channel_state state;
    struct parcel *parcels;
    size_t first, count, room;
    unsigned under_way;
    double last_due_s;
};

struct link {
    struct virtual_net *net;
    int rank;
    bool dead;
};

struct virtual_net {
    int ranks;
    virtual_delay *delay;
    virtual_witness *witness;
    void *context;
    double now_s;
    struct link *links;       /* [ranks] */
    struct channel *channels; /* [ranks][ranks]: from, to */
};

static struct channel *channel_of(const struct virtual_net *net, int from, int to)
{
    return &net->channels[from * net->ranks + to];
}

struct virtual_net *virtual_net_create(int ranks, virtual_delay *delay, virtual_witness *witness,
                                       void *context)
{
    struct virtual_net *net = calloc(1, sizeof *net);
    *net = (struct virtual_net){
        .ranks = ranks, .delay = delay, .witness = witness, .context = context};
    net->links = calloc((size_t)ranks, sizeof *net->links);
    net->channels = calloc((size_t)ranks * (size_t)ranks, sizeof *net->channels);
    for (int rank = 0; rank < ranks; rank++)
        net->links[rank] = (struct link){.net = net, .rank = rank};
    return net;
}

static void drop(struct channel *channel)
{
    for (size_t i = 0; i < channel->count; i++)
        free(channel->parcels[channel->first + i].message);
    channel->first = channel->count = 0;
}

void virtual_net_destroy(struct virtual_net *net)
{
    if (!net)
        return;
    for (int i = 0; i < net->ranks * net->ranks; i++) {
        drop(&net->channels[i]);
        free(net->channels[i].parcels);
    }
    free(net->channels);
    free(net->links);
    free(net);
}

struct link *virtual_net_link(struct virtual_net *net, int rank)
{
    return &net->links[rank];
}

void virtual_net_set_time(struct virtual_net *net, double now_s)
{
    net->now_s = now_s;
}

void virtual_net_set_channel(struct virtual_net *net, int a, int b, enum channel_state state)
{
    channel_of(net, a, b)->state = state;
    channel_of(net, b, a)->state = state;
}

void virtual_net_kill(struct virtual_net *net, int rank)
{
    net->links[rank].dead = true;
}

double virtual_net_next(const struct virtual_net *net, int rank)
{
    double next = INFINITY;
    for (int from = 0; from < net->ranks; from++) {
        const struct channel *channel = channel_of(net, from, rank);
        if (channel->count > 0 && channel->state == CHANNEL_OPEN)
            next = fmin(next, channel->parcels[channel->first].due_s);
    }
    return next;
}

static void enqueue(struct virtual_net *net, struct channel *channel, double delay_s,
                    bool to_worker, const struct message *message, bool counts)
{
    if (channel->first + channel->count == channel->room) {
        if (channel->first > channel->room / 2) {
            memmove(channel->parcels, channel->parcels + channel->first,
                    channel->count * sizeof *channel->parcels);
            channel->first = 0;
        } else {
            channel->room = channel->room ? 2 * channel->room : 32;
            channel->parcels = realloc(channel->parcels, channel->room * sizeof *channel->parcels);
        }
    }
    size_t bytes = MESSAGE_FIXED_BYTES + message->text_bytes;
    struct message *copy = malloc(bytes);
    memcpy(copy, message, bytes);
    channel->last_due_s = fmax(channel->last_due_s, net->now_s + delay_s);
    channel->parcels[channel->first + channel->count++] =
        (struct parcel){channel->last_due_s, to_worker, counts, copy};
    channel->under_way += counts;
}

int link_rank(const struct link *link)
{
    return link->rank;
}

int link_size(const struct link *link)
{
    return link->net->ranks;
}

bool link_send(struct link *link, int peer, bool to_worker, const struct message *message,
               struct error *error)
{
    struct virtual_net *net = link->net;
    struct channel *channel = channel_of(net, link->rank, peer);
    bool twice = false;
    if (channel->under_way >= LINK_SENDS_PER_PEER)
        return error_set(error, "rank %d does not take its messages", peer);
    if (net->witness)
        net->witness(net->context, link->rank, peer, to_worker, message);
    double delay_s = net->delay ? net->delay(net->context, link->rank, peer, message, &twice) : 0;
    if (channel->state == CHANNEL_CUT || isnan(delay_s))
        return true;
    enqueue(net, channel, delay_s, to_worker, message, true);
    if (twice)
        enqueue(net, channel, delay_s, to_worker, message, false);
    return true;
}

size_t link_receive(struct link *link,
                    void (*deliver)(void *context, int peer, bool to_worker,
                                    const struct message *message),
                    void (*bad)(void *context, int peer, const struct error *error), void *context)
{
    struct virtual_net *net = link->net;
    size_t received = 0;
    struct error error;
    for (int from = 0; from < net->ranks; from++) {
        struct channel *channel = channel_of(net, from, link->rank);
        while (channel->count > 0 && channel->state == CHANNEL_OPEN &&
               channel->parcels[channel->first].due_s <= net->now_s) {
            struct parcel parcel = channel->parcels[channel->first++];
            channel->count--;
            channel->under_way -= parcel.counts;
            received++;
            if (message_check(parcel.message, MESSAGE_FIXED_BYTES + parcel.message->text_bytes,
                              &error))
                deliver(context, from, parcel.to_worker, parcel.message);
            else
                bad(context, from, &error);
            free(parcel.message);
        }
    }
    return received;
}

bool link_sending(const struct link *link)
{
    for (int to = 0; to < link->net->ranks; to++)
        if (channel_of(link->net, link->rank, to)->under_way > 0)
            return true;
    return false;
}

void link_mark_lost(struct link *link, int peer, bool lost)
{
    (void)link;
    (void)peer;
    (void)lost;
}
