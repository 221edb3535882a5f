/* link.c - messages between ranks: pre-posted receives, bounded non-blocking sends. */
#include "common/link/link.h"

#include "common/cores.h"
#include "common/launcher.h"
#include "common/link/patience.h"

#include <limits.h>
#include <mpi.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    RECEIVES = 32, /* enough for millions of messages a second */
    TO_WORKER = 1, /* the tags: which role of the receiving rank is meant */
    TO_COORDINATOR = 2,
    MEETING_S = 180,      /* for all ranks to come to the same place; then this one gives up */
    FINALIZE_PATIENCE = 5 /* seconds; then the process ends without MPI's consent */
};

struct receive {
    uint64_t posted; /* grows with every posting */
    struct message_long buffer;
};

struct send {
    int peer;
    size_t room; /* bytes */
    void *bytes;
};

struct link {
    MPI_Comm world; /* a duplicate: no message of another library gets in between */
    int rank, size;
    int node;            /* lowest rank of this rank's node */
    unsigned node_cores; /* of its ranks together */
    unsigned cores;      /* of these, this rank's */
    uint64_t posted;
    struct receive receives[RECEIVES];
    MPI_Request receive_requests[RECEIVES];
    struct send **sends; /* [send_room], the first send_count are under way */
    MPI_Request *send_requests;
    size_t send_count, send_room;
    unsigned *sends_to; /* [size] */
    bool *lost;         /* [size] */
    int *neighbours;    /* [size]: process id of a rank of this node, 0: it runs elsewhere */
};

static void post(struct link *link, int slot)
{
    link->receives[slot].posted = link->posted++;
    MPI_Irecv(&link->receives[slot].buffer, (int)sizeof(struct message_long), MPI_BYTE,
              MPI_ANY_SOURCE, MPI_ANY_TAG, link->world, &link->receive_requests[slot]);
}

/* Which process is which rank of this node, and which of its cores are this rank's. */
static bool look_at_node(struct link *link, bool first_trains, struct error *error)
{
    struct tenant {
        int rank, pid;
        struct cores_claim claim;
    } mine = {.rank = link->rank, .pid = (int)getpid()};
    MPI_Comm node;
    int node_rank, node_size;
    if (link->rank > 0 || first_trains)
        cores_claim(&mine.claim);
    MPI_Comm_split_type(link->world, MPI_COMM_TYPE_SHARED, link->rank, MPI_INFO_NULL, &node);
    MPI_Comm_rank(node, &node_rank);
    MPI_Comm_size(node, &node_size);
    struct tenant *all = malloc((size_t)node_size * sizeof *all);
    struct cores_claim *claims = malloc((size_t)node_size * sizeof *claims);
    unsigned *shares = malloc((size_t)node_size * sizeof *shares);
    bool room = all && claims && shares;
    if (room)
        MPI_Allgather(&mine, (int)sizeof mine, MPI_BYTE, all, (int)sizeof mine, MPI_BYTE, node);
    MPI_Comm_free(&node);
    for (int i = 0; room && i < node_size; i++) {
        link->neighbours[all[i].rank] = all[i].pid;
        claims[i] = all[i].claim;
    }
    if (room) {
        link->node_cores = cores_divide(claims, (size_t)node_size, shares);
        link->cores = shares[node_rank];
        link->node = all[0].rank;
    }
    free(all);
    free(claims);
    free(shares);
    return room || error_set(error, "out of memory");
}

/* Open MPI's parameters for a process that no launcher started. Left alone it would start a daemon
 * beside itself and look at every network: half of the time that a short search takes. Other MPIs
 * do not read these; what the user has set stays. */
static void expect_no_company(void)
{
    (void)setenv("OMPI_MCA_ess_singleton_isolated", "1", 0);
    (void)setenv("OMPI_MCA_pml", "ob1", 0);
    (void)setenv("OMPI_MCA_btl", "self", 0);
}

static void release(struct link *link)
{
    for (size_t i = 0; i < link->send_room; i++) {
        free(link->sends[i]->bytes);
        free(link->sends[i]);
    }
    free(link->sends);
    free(link->send_requests);
    free(link->sends_to);
    free(link->lost);
    free(link->neighbours);
    free(link);
}

struct link *link_open(bool launched, bool first_trains, struct error *error)
{
    signal(SIGPIPE, SIG_IGN); /* Open MPI's TCP transport raises it when a peer dies */
    struct link *link = calloc(1, sizeof *link);
    if (!link) {
        error_set(error, "out of memory");
        return NULL;
    }
    if (launched)
        cores_undo_default_binding();
    else
        expect_no_company();
    bool bounded = patience_begin(MEETING_S);
    if (MPI_Init(NULL, NULL) != MPI_SUCCESS) {
        error_set(error, "MPI could not be started");
        free(link);
        return NULL;
    }
    MPI_Comm_dup(MPI_COMM_WORLD, &link->world);
    MPI_Comm_set_errhandler(link->world, MPI_ERRORS_RETURN);
    MPI_Comm_rank(link->world, &link->rank);
    MPI_Comm_size(link->world, &link->size);
    size_t size = (size_t)link->size;
    link->sends_to = calloc(size, sizeof *link->sends_to);
    link->lost = calloc(size, sizeof *link->lost);
    link->neighbours = calloc(size, sizeof *link->neighbours);
    if (!link->sends_to || !link->lost || !link->neighbours ||
        !look_at_node(link, first_trains, error)) {
        error_set(error, "out of memory");
        release(link);
        return NULL;
    }
    patience_end(bounded);
    for (int slot = 0; slot < RECEIVES; slot++)
        post(link, slot);
    return link;
}

int link_rank(const struct link *link)
{
    return link->rank;
}

int link_size(const struct link *link)
{
    return link->size;
}

unsigned link_cores(const struct link *link)
{
    return link->cores;
}

int link_node(const struct link *link)
{
    return link->node;
}

unsigned link_node_cores(const struct link *link)
{
    return link->node_cores;
}

void link_library(char *text, size_t bytes)
{
    char words[MPI_MAX_LIBRARY_VERSION_STRING] = "";
    int length;
    MPI_Get_library_version(words, &length);
    for (char *at = words; *at; at++)
        *at = *at == '\t' ? ' ' : *at;
    (void)snprintf(text, bytes, "%.*s", (int)strcspn(words, ",\n"), words);
}

void link_collect(struct link *link, const void *mine, size_t bytes, void *all)
{
    bool bounded = patience_begin(MEETING_S);
    MPI_Gather(mine, (int)bytes, MPI_BYTE, all, (int)bytes, MPI_BYTE, 0, link->world);
    patience_end(bounded);
}

/* The others' copy, or rank 0's text. */
static char *broadcast(const struct link *link, const char *text)
{
    unsigned long long bytes = link->rank == 0 ? strlen(text) + 1 : 0;
    MPI_Bcast(&bytes, 1, MPI_UNSIGNED_LONG_LONG, 0, link->world);
    if (bytes == 0 || bytes > INT_MAX)
        return NULL;
    char *copy = malloc(bytes);
    if (!copy) {
        MPI_Abort(link->world, 1); /* the others wait in the same collective */
        abort();
    }
    if (link->rank == 0)
        memcpy(copy, text, bytes);
    MPI_Bcast(copy, (int)bytes, MPI_CHAR, 0, link->world);
    return copy;
}

char *link_share(struct link *link, const char *text, unsigned work_s)
{
    bool bounded = patience_begin(link->rank == 0 ? MEETING_S : MEETING_S + work_s);
    char *copy = broadcast(link, text);
    patience_end(bounded);
    return copy;
}

static bool make_room(struct link *link, struct error *error)
{
    if (link->send_count < link->send_room)
        return true;
    size_t room = link->send_room ? 2 * link->send_room : 16;
    MPI_Request *requests = realloc(link->send_requests, room * sizeof(MPI_Request));
    if (requests)
        link->send_requests = requests;
    struct send **sends = realloc(link->sends, room * sizeof(struct send *));
    if (sends)
        link->sends = sends;
    if (!requests || !sends)
        return error_set(error, "out of memory");
    for (size_t i = link->send_room; i < room; i++) {
        sends[i] = calloc(1, sizeof **sends);
        if (!sends[i])
            return error_set(error, "out of memory");
        link->send_room = i + 1;
    }
    return true;
}

bool link_send(struct link *link, int peer, bool to_worker, const struct message *message,
               struct error *error)
{
    if (link->sends_to[peer] >= LINK_SENDS_PER_PEER)
        return error_set(error, "rank %d does not take its messages", peer);
    if (!make_room(link, error))
        return false;
    struct send *send = link->sends[link->send_count];
    size_t bytes = MESSAGE_FIXED_BYTES + message->text_bytes;
    if (send->room < bytes) {
        size_t room = bytes > sizeof(struct message) ? bytes : sizeof(struct message);
        void *grown = realloc(send->bytes, room);
        if (!grown)
            return error_set(error, "out of memory");
        send->bytes = grown;
        send->room = room;
    }
    send->peer = peer;
    memcpy(send->bytes, message, bytes);
    int status =
        MPI_Isend(send->bytes, (int)bytes, MPI_BYTE, peer, to_worker ? TO_WORKER : TO_COORDINATOR,
                  link->world, &link->send_requests[link->send_count]);
    if (status != MPI_SUCCESS)
        return error_set(error, "a message to rank %d could not be sent", peer);
    link->send_count++;
    link->sends_to[peer]++;
    return true;
}

static void complete_sends(struct link *link)
{
    for (size_t i = link->send_count; i > 0; i--) {
        int done = 0;
        MPI_Test(&link->send_requests[i - 1], &done, MPI_STATUS_IGNORE);
        if (!done)
            continue;
        struct send *send = link->sends[i - 1];
        link->sends_to[send->peer]--;
        link->send_count--;
        link->sends[i - 1] = link->sends[link->send_count];
        link->sends[link->send_count] = send;
        link->send_requests[i - 1] = link->send_requests[link->send_count];
    }
}

size_t link_receive(struct link *link,
                    void (*deliver)(void *context, int peer, bool to_worker,
                                    const struct message *message),
                    void (*bad)(void *context, int peer, const struct error *error), void *context)
{
    int count = 0, slots[RECEIVES];
    MPI_Status statuses[RECEIVES];
    complete_sends(link);
    MPI_Testsome(RECEIVES, link->receive_requests, &count, slots, statuses);
    if (count <= 0)
        return 0;
    /* Testsome tells slots in any order. Messages of one sender match receives in the order in
     * which these were posted (MPI-3.1, section 3.5), so they are delivered in that order. */
    for (int i = 1; i < count; i++) {
        int slot = slots[i];
        MPI_Status status = statuses[i];
        int j = i;
        for (; j > 0 && link->receives[slots[j - 1]].posted > link->receives[slot].posted; j--) {
            slots[j] = slots[j - 1];
            statuses[j] = statuses[j - 1];
        }
        slots[j] = slot;
        statuses[j] = status;
    }
    for (int i = 0; i < count; i++) {
        const struct message *message = &link->receives[slots[i]].buffer.message;
        struct error error;
        int bytes = 0;
        MPI_Get_count(&statuses[i], MPI_BYTE, &bytes);
        if (message_check(message, bytes > 0 ? (size_t)bytes : 0, &error))
            deliver(context, statuses[i].MPI_SOURCE, statuses[i].MPI_TAG == TO_WORKER, message);
        else
            bad(context, statuses[i].MPI_SOURCE, &error);
        post(link, slots[i]);
    }
    return (size_t)count;
}

bool link_sending(const struct link *link)
{
    return link->send_count > 0;
}

static volatile sig_atomic_t status_on_alarm;

static void end_now(int signal_number)
{
    (void)signal_number;
    _exit(status_on_alarm);
}

void link_mark_lost(struct link *link, int peer, bool lost)
{
    link->lost[peer] = lost;
}

/* Rank 0 leaves last, with everything durable. Open MPI's mpirun with recovery on waits for every
 * process that it started: those of this node that hang are ended here; one on another node takes
 * mpirun with it. Without recovery mpirun ends the job when a process leaves without MPI_Finalize,
 * if all of its daemons live; srun does not wait. */
static void leave_without_finalize(const struct link *link, int exit_status)
{
    bool far = false;
    for (int rank = 0; link->rank == 0 && rank < link->size; rank++) {
        if (!link->lost[rank])
            continue;
        far = far || link->neighbours[rank] == 0;
        if (link->neighbours[rank] > 0 && launcher_started(link->neighbours[rank]))
            (void)kill(link->neighbours[rank], SIGKILL);
    }
    if (far && launcher_is_mpirun())
        launcher_end();
    _exit(exit_status);
}

static bool any_lost(const struct link *link)
{
    bool any = false;
    for (int rank = 0; rank < link->size; rank++)
        any = any || link->lost[rank];
    return any;
}

void link_close(struct link *link, int exit_status)
{
    /* Rank 0's leaving ends the others where the launcher does not; they must not leave before it:
     * without recovery that would end rank 0 in the middle of its work. */
    if (any_lost(link) && (link->rank == 0 || launcher_recovers()))
        leave_without_finalize(link, exit_status);
    status_on_alarm = exit_status;
    signal(SIGALRM, end_now);
    alarm(FINALIZE_PATIENCE);
    for (int slot = 0; slot < RECEIVES; slot++) {
        MPI_Cancel(&link->receive_requests[slot]);
        MPI_Wait(&link->receive_requests[slot], MPI_STATUS_IGNORE);
    }
    MPI_Comm_free(&link->world);
    MPI_Finalize();
    alarm(0);
    release(link);
}
