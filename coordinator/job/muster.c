/* muster.c - the ranks of a job, node by node. */
#include "coordinator/job/muster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NODES_TOLD = 64, HOSTS_NAMED = 8 };

bool muster_call(struct muster *muster, struct link *link, unsigned trainers, bool sees_dir,
                 struct error *error)
{
    struct muster_entry mine;
    memset(&mine, 0, sizeof mine); /* its padding is sent, too */
    (void)gethostname(mine.host, sizeof mine.host - 1);
    mine.node = link_node(link);
    mine.node_cores = link_node_cores(link);
    mine.trainers = trainers;
    mine.sees_dir = sees_dir;
    *muster = (struct muster){.count = link_size(link)};
    if (link_rank(link) == 0)
        muster->entries = calloc((size_t)muster->count, sizeof *muster->entries);
    if (link_rank(link) == 0 && !muster->entries)
        return error_set(error, "out of memory");
    link_collect(link, &mine, sizeof mine, muster->entries);
    return true;
}

void muster_destroy(struct muster *muster)
{
    free(muster->entries);
    *muster = (struct muster){.entries = NULL};
}

/* Adds to a text what there is room for. */
static void add(char *text, size_t text_bytes, const char *more)
{
    size_t length = strlen(text);
    (void)snprintf(text + length, text_bytes - length, "%s", more);
}

/* Which ranks of a node belong to a list. */
typedef bool belongs(const struct muster_entry *entry);

static bool is_any(const struct muster_entry *entry)
{
    (void)entry;
    return true;
}

static bool is_blind(const struct muster_entry *entry)
{
    return !entry->sees_dir;
}

/* "rank 3", "ranks 0-3, 8". */
static void list_ranks(const struct muster *muster, int node, belongs *in, char *text,
                       size_t text_bytes)
{
    char item[32], list[MUSTER_LINE_BYTES / 2] = "";
    int count = 0;
    for (int first = 0, after; first < muster->count; first = after) {
        after = first + 1;
        const struct muster_entry *entry = &muster->entries[first];
        if (entry->node != node || !in(entry))
            continue;
        while (after < muster->count && muster->entries[after].node == node &&
               in(&muster->entries[after]))
            after++;
        (void)snprintf(item, sizeof item, after - first > 1 ? "%s%d-%d" : "%s%d",
                       count > 0 ? ", " : "", first, after - 1);
        add(list, sizeof list, item);
        count += after - first;
    }
    (void)snprintf(text, text_bytes, "rank%s %s", count == 1 ? "" : "s", list);
}

static void tell_node(const struct muster *muster, int node, char *line)
{
    unsigned cores = muster->entries[node].node_cores, trainers = 0;
    bool blind = false;
    char ranks[MUSTER_LINE_BYTES / 2];
    for (int rank = node; rank < muster->count; rank++) {
        const struct muster_entry *entry = &muster->entries[rank];
        if (entry->node != node)
            continue;
        trainers += entry->trainers;
        blind = blind || !entry->sees_dir;
    }
    list_ranks(muster, node, is_any, ranks, sizeof ranks);
    (void)snprintf(line, MUSTER_LINE_BYTES, "%s: %s, %u core%s, %u trainer%s%s",
                   muster->entries[node].host, ranks, cores, cores == 1 ? "" : "s", trainers,
                   trainers == 1 ? "" : "s", blind ? ", checkpoints over MPI" : "");
}

void muster_tell(const struct muster *muster, void (*tell)(void *context, const char *line),
                 void *context)
{
    char line[MUSTER_LINE_BYTES];
    int nodes = 0;
    for (int rank = 0; rank < muster->count; rank++) {
        if (muster->entries[rank].node != rank)
            continue;
        if (nodes++ >= NODES_TOLD)
            continue;
        tell_node(muster, rank, line);
        tell(context, line);
    }
    if (nodes <= NODES_TOLD)
        return;
    (void)snprintf(line, sizeof line, "and %d more nodes", nodes - NODES_TOLD);
    tell(context, line);
}

int muster_name_blind(const struct muster *muster, char *text, size_t text_bytes)
{
    char item[MUSTER_LINE_BYTES], ranks[MUSTER_LINE_BYTES / 2];
    int hosts = 0;
    text[0] = '\0';
    for (int node = 0; node < muster->count; node++) {
        bool blind = false;
        for (int rank = node; rank < muster->count; rank++)
            blind =
                blind || (muster->entries[rank].node == node && is_blind(&muster->entries[rank]));
        if (muster->entries[node].node != node || !blind || hosts++ >= HOSTS_NAMED)
            continue;
        list_ranks(muster, node, is_blind, ranks, sizeof ranks);
        (void)snprintf(item, sizeof item, "%s%s (%s)", hosts > 1 ? ", " : "",
                       muster->entries[node].host, ranks);
        add(text, text_bytes, item);
    }
    if (hosts > HOSTS_NAMED) {
        (void)snprintf(item, sizeof item, " and %d more", hosts - HOSTS_NAMED);
        add(text, text_bytes, item);
    }
    return hosts;
}
