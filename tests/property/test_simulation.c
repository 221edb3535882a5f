/* test_simulation.c - the real dispatcher and the real workers on virtual time, with everything
 * happening to them that may happen.
 *
 * Every seed makes a study, a job of some ranks, and what goes wrong: ranks die, stand still and
 * come back; connections are held up or cut; messages are late or come twice; trainers crash, hang
 * and babble; commits are slow; the whole job is killed, at a commit or between, or told to end,
 * and resumed with other ranks. What must hold whatever happens:
 *   - what an assignment rests on is committed before the assignment is sent;
 *   - a checkpoint is there when the attempt that goes on from it begins, on ranks that do not see
 *     DIR too, which keep two files a trainer at most, and removed when nobody needs it any more;
 *   - every attempt ends once, no result is counted twice, and none goes beyond the largest budget;
 *   - the search ends as long as a worker lives, and no worker outlives rank 0;
 *   - a job with a deadline is over by then, and begins nothing when all are to stop;
 *   - replay gives the search that the study tells of;
 *   - the best of those that had the full budget is recommended;
 *   - the table is that of an undisturbed search, if its scheduler does not ask who comes first.
 *
 * usage: test_simulation [SEEDS [FIRST]]; a failing seed is named, and told again with SEEDS = 1.
 */
#include "common/random.h"
#include "common/study_document.h"
#include "coordinator/dispatch/state.h"
#include "tests/support/memory_store.h"
#include "tests/support/virtual_cluster.h"
#include "tests/support/virtual_link.h"
#include "tests/support/virtual_trainers.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SAMPLES    10 /* of batches of ten: an epoch is one step */
#define RANKS_MAX  5
#define FAULTS_MAX 8
#define TIMEOUT_S  2.0
#define LOOK_S     50e-6
#define LONGEST_S  2000.0
#define RUNS_MAX   5                 /* of one study; the last one is left in peace */
#define SETTLED_S  (1.5 * TIMEOUT_S) /* after so long in good health a rank was heard */
#define FAREWELL_S 60.0

static unsigned long seeds = 2000, first_seed = 1;

/* The schedulers, in each of their ways. */
struct way {
    const char *scheduler;
    const char *variant; /* NULL: the default */
    bool asynchronous;   /* the key */
    bool ordered;        /* the table depends on who comes first */
};

static const struct way ways[] = {
    {.scheduler = "sha"},
    {.scheduler = "none"},
    {.scheduler = "hyperband"},
    {.scheduler = "pbt"},
    {.scheduler = "asha", .ordered = true},
    {.scheduler = "asha", .variant = "stopping", .ordered = true},
    {.scheduler = "hyperband", .asynchronous = true, .ordered = true},
    {.scheduler = "median", .ordered = true},
    {.scheduler = "pbt", .asynchronous = true, .ordered = true},
};

enum { WAYS = sizeof ways / sizeof ways[0] };

enum fault_kind { KILL_RANK, STOP_RANK, FREEZE_RANK, HOLD, CUT };

struct fault {
    enum fault_kind kind;
    int rank;
    double at_s, until_s;
    bool begun, over;
};

enum rank_state { UP, STOPPED, DEAD };

struct rank {
    enum rank_state state;
    void *worker;
    bool worker_ended, again, lost, gave_up; /* the last two as they were at the last turn */
    double looked_s, jitter_s, busy_until_s;
    double well_since_s; /* UP and connected */
    bool connected;
};

struct simulation {
    uint64_t seed;
    struct random_stream random, distance;
    json_t *document; /* the study as it was begun */
    json_t *allowed;  /* the same with the retries that the jobs allow */
    struct trainer_world world;
    const struct way *way;
    bool retries_suffice; /* for whatever happens */
    bool closes;          /* a rule may end the search early */
    bool repeats;         /* there are finalists */
    /* The job. */
    int ranks;
    bool local_worker;
    double slow_commits;
    struct rank rank[RANKS_MAX];
    struct fault faults[FAULTS_MAX];
    size_t fault_count;
    double crash_s, signal_s, deadline_s; /* INFINITY: not */
    unsigned crash_commit; /* counts down to the commit at which rank 0 dies; 0: not */
    bool crash_keeps;      /* that commit is durable */
    double now_s;
    unsigned long turns;
    struct virtual_net *net;
    struct search *search;
    struct dispatch *dispatch;
    struct dispatch_options dispatch_options;
    struct rank_options rank_options[RANKS_MAX];
    bool far[RANKS_MAX]; /* does not see DIR */
    struct store *store;
    bool crashed, dispatch_ended;
    bool
        straggles; /* somebody may still leave what nobody waits for: a rank was lost in this job */
    bool swept;    /* the search is finished, no checkpoint is left */
};

static void violation(const struct simulation *simulation, const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fail_msg("seed %llu, at %.6f s: %s", (unsigned long long)simulation->seed, simulation->now_s,
             text);
}

static bool happens(struct simulation *simulation, double probability)
{
    return random_uniform(&simulation->random) < probability;
}

static double between(struct simulation *simulation, double low, double high)
{
    return low + (high - low) * random_uniform(&simulation->random);
}

/* --- what the world tells
 * ---------------------------------------------------------------------------
 */

static double delay(void *context, int from, int to, const struct message *message, bool *twice)
{
    struct simulation *simulation = context;
    if (from == 0 && simulation->crashed)
        return NAN;
    if (from == to)
        return 0;
    /* An assignment or READY that came twice would be a second one: no link does that. */
    *twice = message->kind != MESSAGE_TRAIN && message->kind != MESSAGE_TEST &&
             message->kind != MESSAGE_READY && message->kind != MESSAGE_CREDIT &&
             happens(simulation, 0.03);
    return happens(simulation, 0.02) ? between(simulation, 0, 0.2 * TIMEOUT_S)
                                     : between(simulation, 1e-5, 3e-3);
}

static void witness(void *context, int from, int to, bool to_worker, const struct message *message)
{
    struct simulation *simulation = context;
    (void)to;
    if (from != 0 || !to_worker || simulation->crashed)
        return;
    if (message->kind != MESSAGE_TRAIN && message->kind != MESSAGE_TEST)
        return;
    if (memory_store_pending(simulation->store) > 0)
        violation(simulation, "trial %u is sent out before what led to it is durable",
                  message->trial);
    const struct deadline *deadline = &simulation->dispatch->deadline;
    if (message->kind == MESSAGE_TRAIN &&
        !deadline_allows(deadline, simulation->dispatch->trainers, simulation->dispatch->now_s, 1))
        violation(simulation, "trial %u is begun though it cannot be saved in time",
                  message->trial);
    const struct search_trial *trial = search_trial(simulation->search, message->trial);
    const struct message_assignment *assignment = &message->body.assignment;
    if (message->kind == MESSAGE_TRAIN &&
        (assignment->from >= assignment->to || assignment->to > trial->target))
        violation(simulation, "trial %u is sent from step %llu to %llu", message->trial,
                  (unsigned long long)assignment->from, (unsigned long long)assignment->to);
    if (message->kind == MESSAGE_TRAIN &&
        (trial->state != TRIAL_RUNNING || trial->attempts != message->attempt))
        violation(simulation, "trial %u is sent out as attempt %u, which it is not at",
                  message->trial, message->attempt);
}

static void commits(void *context)
{
    struct simulation *simulation = context;
    if (simulation->crash_commit > 0 && --simulation->crash_commit == 0) {
        simulation->crashed = true;
        if (!simulation->crash_keeps)
            memory_store_freeze(simulation->store);
        return;
    }
    double takes_s = happens(simulation, simulation->slow_commits)
                         ? between(simulation, 0, 0.25 * TIMEOUT_S)
                         : 1e-4;
    struct rank *rank = &simulation->rank[0];
    rank->busy_until_s = fmax(rank->busy_until_s, simulation->now_s) + takes_s;
    if (simulation->net)
        virtual_net_set_time(simulation->net, rank->busy_until_s);
}

static void missing(void *context, uint32_t number, uint32_t attempt)
{
    struct simulation *simulation = context;
    if (simulation->crashed || simulation->dispatch_ended)
        return;
    if (attempt == 0) {
        if (dispatch_outcome(simulation->dispatch) == DISPATCH_RUNNING)
            violation(simulation, "trial %u is to be tested without its checkpoint", number);
        return;
    }
    /* A straggler's attempt may find nothing any more. */
    const struct search_trial *trial = search_trial(simulation->search, number);
    if (trial->state == TRIAL_RUNNING && trial->attempts == attempt)
        violation(simulation, "attempt %u of trial %u begins without its checkpoint", attempt,
                  number);
}

static bool removing(void *context, uint32_t trial, uint32_t attempt)
{
    struct simulation *simulation = context;
    if (simulation->crashed)
        return false;
    if (memory_store_pending(simulation->store) > 0)
        violation(simulation, "the checkpoint %u-%u is removed before that is durable", trial,
                  attempt);
    return true;
}

/* --- the study
 * ----------------------------------------------------------------------------------------
 */

static void set_integer(json_t *document, const char *group, const char *key, json_int_t value)
{
    json_object_set_new(json_object_get(document, group), key, json_integer(value));
}

/* What only depends on who comes first may end such a search early. */
static void draw_rules(struct simulation *simulation)
{
    struct random_stream *random = &simulation->random;
    json_t *document = simulation->document;
    simulation->closes = simulation->way->ordered && happens(simulation, 0.3);
    if (!simulation->closes)
        return;
    if (happens(simulation, 0.3))
        set_integer(document, "search", "patience", 1 + random_below(random, 6));
    if (happens(simulation, 0.4))
        virtual_study_set(document, "total_epochs", json_real(1 + random_below(random, 100)));
    if (happens(simulation, 0.3))
        virtual_study_set(document, "target", json_real(between(simulation, 0, 1)));
    if (happens(simulation, 0.3))
        virtual_study_set(document, "wall_time", json_real(between(simulation, 1, 20)));
}

static json_t *study_of(struct simulation *simulation)
{
    struct random_stream *random = &simulation->random;
    const struct way *way = simulation->way;
    double least = 1 + random_below(random, 4);
    json_t *document =
        virtual_study(way->scheduler, 1 + (int)random_below(random, 20),
                      2 + (int)random_below(random, 3), least, least + random_below(random, 40));
    if (way->variant)
        virtual_study_set(document, "variant", json_string(way->variant));
    virtual_study_set(document, "asynchronous", json_boolean(way->asynchronous));
    virtual_study_set(document, "interval", json_real(1 + random_below(random, 10)));
    virtual_study_set(document, "grace", json_real(random_below(random, 4)));
    virtual_study_set(document, "quantile", json_real(between(simulation, 0, 0.5)));
    return document;
}

static void draw_study(struct simulation *simulation)
{
    struct random_stream *random = &simulation->random;
    simulation->way = &ways[random_below(random, WAYS)];
    simulation->retries_suffice = !happens(simulation, 0.15);
    simulation->document = study_of(simulation);
    bool more = happens(simulation, 0.4);
    set_integer(simulation->document, "run", "retries",
                simulation->retries_suffice && !more ? 100000 : 1);
    json_object_set_new(json_object_get(simulation->document, "run"), "heartbeat_timeout",
                        json_real(TIMEOUT_S));
    draw_rules(simulation);
    simulation->allowed = json_deep_copy(simulation->document);
    if (simulation->retries_suffice)
        set_integer(simulation->allowed, "run", "retries", 100000);
    bool troubled = happens(simulation, 0.5);
    simulation->world = (struct trainer_world){
        .seed = simulation->seed,
        .step_s = between(simulation, 0.002, 0.05),
        .start_s = between(simulation, 0.001, 0.3),
        .report_every = happens(simulation, 0.2) ? 1 : 7,
        .diverging = happens(simulation, 0.5) ? between(simulation, 0, 0.6) : 0,
        .crashing = troubled ? between(simulation, 0, 0.1) : 0,
        .hanging = troubled ? between(simulation, 0, 0.03) : 0,
        .babbling = troubled ? between(simulation, 0, 0.03) : 0,
        .refusing = troubled && happens(simulation, 0.3) ? between(simulation, 0, 0.2) : 0,
        .samples = SAMPLES,
        .missing = missing,
        .removing = removing,
        .context = simulation,
    };
    /* Where repeats are lost the core's recommendation depends on their order. */
    simulation->repeats =
        simulation->world.diverging == 0 && simulation->retries_suffice && happens(simulation, 0.4);
    if (simulation->repeats)
        set_integer(simulation->document, "search", "finalists", 1 + random_below(random, 3));
    simulation->slow_commits = happens(simulation, 0.3) ? 0.1 : 0;
}

/* --- a job
 * ----------------------------------------------------------------------------------------------
 */

static void draw_faults(struct simulation *simulation)
{
    simulation->fault_count = random_below(&simulation->random, FAULTS_MAX + 1);
    for (size_t i = 0; i < simulation->fault_count; i++) {
        struct fault *fault = &simulation->faults[i];
        *fault = (struct fault){
            .kind = (enum fault_kind)random_below(&simulation->random, 5),
            .rank = (int)random_below(&simulation->random, (uint32_t)simulation->ranks),
            .at_s = simulation->now_s + between(simulation, 0, 6),
        };
        double lasts_s = between(simulation, 0.05, 2.5 * TIMEOUT_S);
        fault->until_s = fault->at_s + lasts_s;
        /* Rank 0's death is the job's, drawn elsewhere; it has no connection to itself. */
        if (fault->rank == 0 && fault->kind != FREEZE_RANK)
            fault->kind = STOP_RANK;
    }
    if (happens(simulation, 0.25))
        simulation->crash_s = simulation->now_s + between(simulation, 0, 8);
    else if (happens(simulation, 0.4))
        simulation->crash_commit = 1 + random_below(&simulation->random, 40);
    else if (happens(simulation, 0.2))
        simulation->signal_s = simulation->now_s + between(simulation, 0, 8);
    else if (happens(simulation, 0.4))
        simulation->deadline_s = simulation->now_s + between(simulation, 0, 30);
    simulation->crash_keeps = happens(simulation, 0.5);
}

static void start_job(struct simulation *simulation, bool resume, bool in_peace)
{
    struct error error;
    simulation->ranks = 1 + (int)random_below(&simulation->random, RANKS_MAX);
    simulation->local_worker = simulation->ranks == 1 || !happens(simulation, 0.3);
    simulation->crash_s = simulation->signal_s = simulation->deadline_s = INFINITY;
    simulation->crash_commit = 0;
    simulation->fault_count = 0;
    simulation->crashed = simulation->dispatch_ended = false;
    simulation->straggles = simulation->swept = false;
    if (!in_peace)
        draw_faults(simulation);
    else
        virtual_trainers_refuse(0);
    simulation->net = virtual_net_create(simulation->ranks, delay, witness, simulation);
    virtual_net_set_time(simulation->net, simulation->now_s);
    simulation->search = search_create(simulation->document, SAMPLES, &error);
    assert_non_null(simulation->search);
    unsigned trainers = 1 + random_below(&simulation->random, 3);
    for (int i = 0; i < simulation->ranks; i++) {
        static const char *const scratch[RANKS_MAX] = {NULL, "s1", "s2", "s3", "s4"};
        /* Of a stream of its own: without far ranks a seed tells what it told before there were. */
        simulation->far[i] = i > 0 && random_uniform(&simulation->distance) < 0.4;
        simulation->rank_options[i] = (struct rank_options){
            .document = simulation->allowed,
            .dir = "d",
            .scratch = simulation->far[i] ? scratch[i] : NULL,
            .trainers = trainers,
            .program = "",
        };
    }
    simulation->dispatch_options = (struct dispatch_options){
        .document = simulation->allowed,
        .search_retries = study_integer(simulation->document, "run", "retries"),
        .dir = "d",
        .link = virtual_net_link(simulation->net, 0),
        .search = simulation->search,
        .store = simulation->store,
        .progress = progress_create(stderr, true),
        .deadline_s = simulation->deadline_s,
        .train_samples = SAMPLES,
        .local_worker = simulation->local_worker,
        .resume = resume,
    };
    simulation->dispatch = dispatch_create(&simulation->dispatch_options, &error);
    if (!simulation->dispatch)
        violation(simulation, "the study cannot be opened: %s", error.text);
    for (int i = 0; i < simulation->ranks; i++) {
        struct rank *rank = &simulation->rank[i];
        *rank = (struct rank){.looked_s = simulation->now_s,
                              .connected = true,
                              .well_since_s = simulation->now_s,
                              .worker_ended = true};
        if (i == 0 && !simulation->local_worker)
            continue;
        virtual_trainers_enter(i, simulation->now_s);
        rank->worker = worker_create(virtual_net_link(simulation->net, i),
                                     &simulation->rank_options[i], &error);
        assert_non_null(rank->worker);
        rank->worker_ended = false;
    }
}

static void end_job(struct simulation *simulation)
{
    for (int i = 0; i < simulation->ranks; i++) {
        virtual_trainers_kill(i);
        worker_destroy(simulation->rank[i].worker);
    }
    dispatch_destroy(simulation->dispatch);
    progress_destroy(simulation->dispatch_options.progress);
    search_destroy(simulation->search);
    virtual_net_destroy(simulation->net);
    virtual_scratch_clear();
    simulation->dispatch = NULL;
    simulation->search = NULL;
    simulation->net = NULL;
}

/* --- what goes wrong
 * ------------------------------------------------------------------------------------
 */

/* Of faults that overlap the worst counts. */
static void set_channel(struct simulation *simulation, int number)
{
    enum channel_state state = CHANNEL_OPEN;
    for (size_t i = 0; i < simulation->fault_count; i++) {
        const struct fault *fault = &simulation->faults[i];
        if (fault->rank != number || !fault->begun || fault->over)
            continue;
        if (fault->kind == CUT)
            state = CHANNEL_CUT;
        else if (fault->kind == HOLD && state == CHANNEL_OPEN)
            state = CHANNEL_HELD;
    }
    simulation->rank[number].connected = state == CHANNEL_OPEN;
    virtual_net_set_channel(simulation->net, 0, number, state);
}

static void begin_fault(struct simulation *simulation, const struct fault *fault)
{
    struct rank *rank = &simulation->rank[fault->rank];
    if (rank->state == DEAD)
        return;
    switch (fault->kind) {
    case KILL_RANK:
        rank->state = DEAD;
        virtual_trainers_kill(fault->rank);
        virtual_net_kill(simulation->net, fault->rank);
        break;
    case FREEZE_RANK:
        virtual_trainers_freeze(fault->rank, simulation->now_s, true);
        rank->state = STOPPED;
        break;
    case STOP_RANK:
        rank->state = STOPPED;
        break;
    case HOLD:
    case CUT:
        set_channel(simulation, fault->rank);
        break;
    }
}

/* What another fault still wants stays. */
static void end_fault(struct simulation *simulation, const struct fault *ended)
{
    struct rank *rank = &simulation->rank[ended->rank];
    bool stopped = false, frozen = false;
    for (size_t i = 0; i < simulation->fault_count; i++) {
        const struct fault *fault = &simulation->faults[i];
        if (fault->rank != ended->rank || !fault->begun || fault->over)
            continue;
        stopped = stopped || fault->kind == STOP_RANK || fault->kind == FREEZE_RANK;
        frozen = frozen || fault->kind == FREEZE_RANK;
    }
    if (rank->state == DEAD)
        return;
    if (!frozen)
        virtual_trainers_freeze(ended->rank, simulation->now_s, false);
    if (!stopped)
        rank->state = UP;
    if (ended->rank > 0)
        set_channel(simulation, ended->rank);
    if (!stopped && rank->connected)
        rank->well_since_s = simulation->now_s;
}

/* MPI loses no message while both ends go on: where messages are lost, one of the two has been
 * missed before they meet again. Ranks that stand still themselves take longer to miss another. */
static bool holds_on(const struct simulation *simulation, const struct fault *fault)
{
    const struct rank *rank = &simulation->rank[fault->rank];
    return fault->kind == CUT && rank->state != DEAD && !rank->worker_ended &&
           !simulation->dispatch_ended &&
           simulation->dispatch->leases.entries[fault->rank].state == LEASE_HELD;
}

static double next_fault(const struct simulation *simulation)
{
    double next = fmin(simulation->crash_s, INFINITY);
    for (size_t i = 0; i < simulation->fault_count; i++) {
        const struct fault *fault = &simulation->faults[i];
        if (!fault->over)
            next = fmin(next, fault->begun ? fault->until_s : fault->at_s);
    }
    return next;
}

static void apply_faults(struct simulation *simulation)
{
    for (size_t i = 0; i < simulation->fault_count; i++) {
        struct fault *fault = &simulation->faults[i];
        if (!fault->begun && fault->at_s <= simulation->now_s) {
            fault->begun = true;
            begin_fault(simulation, fault);
        }
        if (!fault->begun || fault->over || fault->until_s > simulation->now_s)
            continue;
        if (holds_on(simulation, fault)) {
            fault->until_s += 0.1 * TIMEOUT_S;
        } else {
            fault->over = true;
            end_fault(simulation, fault);
        }
    }
    if (simulation->crash_s <= simulation->now_s)
        simulation->crashed = true;
}

/* --- time
 * -----------------------------------------------------------------------------------------------
 */

static bool lives(const struct simulation *simulation, int number)
{
    const struct rank *rank = &simulation->rank[number];
    if (rank->state != UP)
        return false;
    return !rank->worker_ended || (number == 0 && !simulation->dispatch_ended);
}

static double next_turn(const struct simulation *simulation, int number)
{
    const struct rank *rank = &simulation->rank[number];
    if (!lives(simulation, number))
        return INFINITY;
    if (rank->again)
        return fmax(rank->looked_s + LOOK_S, rank->busy_until_s);
    double next = fmin(virtual_net_next(simulation->net, number), virtual_trainers_next(number));
    if (number == 0 && !simulation->dispatch_ended)
        next = fmin(next, dispatch_role.wake(simulation->dispatch));
    if (!rank->worker_ended)
        next = fmin(next, worker_role.wake(rank->worker));
    next = fmax(fmax(next, rank->looked_s + 1e-3) + rank->jitter_s, rank->busy_until_s);
    return fmin(next, rank->looked_s + 1.0);
}

struct delivery {
    struct simulation *simulation;
    int rank;
};

static void deliver(void *context, int peer, bool to_worker, const struct message *message)
{
    const struct delivery *delivery = context;
    struct simulation *simulation = delivery->simulation;
    struct rank *rank = &simulation->rank[delivery->rank];
    if (to_worker && rank->worker)
        worker_role.deliver(rank->worker, peer, message);
    else if (!to_worker && delivery->rank == 0 && !simulation->dispatch_ended)
        dispatch_role.deliver(simulation->dispatch, peer, message);
}

static void bad(void *context, int peer, const struct error *error)
{
    const struct delivery *delivery = context;
    violation(delivery->simulation, "rank %d sent nonsense: %s", peer, error->text);
}

/* Whoever is well and can be heard is not given up, and does not give up. */
static void check_losses(struct simulation *simulation, int number)
{
    struct rank *rank = &simulation->rank[number];
    const struct rank *first = &simulation->rank[0];
    double well_s = simulation->now_s - rank->well_since_s;
    bool well =
        rank->state == UP && rank->connected && !simulation->dispatch_ended && well_s > SETTLED_S;
    /* A rank 0 that stands still for too long is given up, but gives up nobody. */
    bool first_well = first->state == UP && simulation->now_s - first->well_since_s > SETTLED_S;
    bool lost = simulation->dispatch->leases.entries[number].state == LEASE_LOST;
    if (well && lost && !rank->lost && !rank->worker_ended)
        violation(simulation, "rank %d is lost though it works", number);
    if (well && first_well && rank->worker_ended && !rank->gave_up && worker_error(rank->worker))
        violation(simulation, "rank %d gives up (%s) though rank 0 works", number,
                  worker_error(rank->worker)->text);
    rank->lost = lost;
    simulation->straggles = simulation->straggles || lost;
    rank->gave_up = rank->worker_ended;
}

/* A rank 0 that is well stops all in time, and has left by the deadline if that was long enough. */
static void check_deadline(const struct simulation *simulation)
{
    const struct rank *first = &simulation->rank[0];
    const struct dispatch *dispatch = simulation->dispatch;
    double stop_s = deadline_stop_s(&dispatch->deadline, dispatch->trainers);
    if (dispatch->now_s >= stop_s && dispatch->phase < STOPPING)
        violation(simulation, "trainers go on though it is time to save");
    if (simulation->dispatch_ended || first->state != UP ||
        simulation->now_s - first->well_since_s < SETTLED_S)
        return;
    if (simulation->now_s > simulation->deadline_s + 0.5 * TIMEOUT_S &&
        simulation->deadline_s - dispatch->deadline.begun_s > 8)
        violation(simulation, "the job goes on after its deadline");
}

static bool is_needed(void *context, uint32_t number, uint32_t attempt)
{
    const struct simulation *simulation = context;
    const struct search_trial *trial = search_trial(simulation->search, number);
    bool kept = trial->step > 0 && trial->kept == attempt && !trial->dropped;
    uint32_t best;
    if (trial->state == TRIAL_COMPLETE && !trial->repeat && !simulation->repeats)
        kept = kept && search_best(simulation->search, &best) && best == number;
    return kept || (trial->state == TRIAL_RUNNING && trial->attempts == attempt);
}

/* When all is durable, what nobody goes on from is removed. */
static void check_checkpoints(struct simulation *simulation)
{
    const struct dispatch *dispatch = simulation->dispatch;
    uint32_t trial = 0, attempt = 0;
    if (simulation->crashed || simulation->swept)
        return;
    if (dispatch_outcome(dispatch) == DISPATCH_FINISHED) {
        simulation->swept = true;
        if (virtual_files(0) > 0)
            violation(simulation, "%d checkpoints are left at the end", virtual_files(0));
    } else if (dispatch->phase <= TESTING && !dispatch->record.dirty && !simulation->straggles &&
               virtual_checkpoint_other(is_needed, simulation, &trial, &attempt)) {
        violation(simulation, "the checkpoint %u-%u is kept, though nobody needs it", trial,
                  attempt);
    }
}

static void take_turn(struct simulation *simulation, int number)
{
    struct rank *rank = &simulation->rank[number];
    struct delivery delivery = {simulation, number};
    bool signalled = simulation->signal_s <= simulation->now_s;
    virtual_net_set_time(simulation->net, simulation->now_s);
    virtual_trainers_enter(number, simulation->now_s);
    rank->looked_s = simulation->now_s;
    rank->again =
        link_receive(virtual_net_link(simulation->net, number), deliver, bad, &delivery) > 0;
    if (number == 0 && !simulation->dispatch_ended && !simulation->crashed) {
        enum role_state state =
            dispatch_role.turn(simulation->dispatch, simulation->now_s, signalled);
        simulation->dispatch_ended = state == ROLE_ENDED;
        rank->again = rank->again || state == ROLE_BUSY;
        check_checkpoints(simulation);
    }
    if (!rank->worker_ended && !simulation->crashed) {
        enum role_state state = worker_role.turn(rank->worker, simulation->now_s, signalled);
        rank->worker_ended = state == ROLE_ENDED;
        rank->again = rank->again || state == ROLE_BUSY;
    }
    if (simulation->far[number] &&
        virtual_files(number) > 2 * (int)simulation->rank_options[number].trainers)
        violation(simulation, "rank %d keeps %d files", number, virtual_files(number));
    rank->jitter_s = between(simulation, 0, 1e-3);
    for (int i = 1; i < simulation->ranks; i++)
        check_losses(simulation, i);
    if (number == 0 && isfinite(simulation->deadline_s) && !simulation->crashed)
        check_deadline(simulation);
}

/* Goes on to the next thing that happens. False: nothing will. */
static bool pass(struct simulation *simulation)
{
    double next = next_fault(simulation);
    int who = -1;
    for (int i = 0; i < simulation->ranks; i++) {
        double at = next_turn(simulation, i);
        if (at < next) {
            next = at;
            who = i;
        }
    }
    if (isinf(next))
        return false;
    simulation->now_s = fmax(simulation->now_s, next);
    virtual_trainers_advance(simulation->now_s);
    if (who < 0)
        apply_faults(simulation);
    else
        take_turn(simulation, who);
    if (simulation->crashed)
        memory_store_freeze(simulation->store);
    simulation->turns++;
    return true;
}

/* --- what must hold
 * -------------------------------------------------------------------------------------
 */

static bool same_number(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

/* Every attempt begins once, in order, and ends once; every result is there once. */
static void check_events(const struct simulation *simulation)
{
    size_t count;
    const struct event_row *events = memory_store_events(simulation->store, &count);
    uint32_t attempts[1024] = {0};
    uint64_t done[1024] = {0};
    bool open[1024] = {false};
    for (size_t i = 0; i < count; i++) {
        const struct event_row *event = &events[i];
        uint32_t trial = event->trial;
        if (strncmp(event->kind, "worker_", strlen("worker_")) == 0 ||
            strcmp(event->kind, "time_over") == 0)
            continue;
        if (strcmp(event->kind, "assigned") == 0) {
            if (open[trial] || event->attempt != attempts[trial] + 1)
                violation(simulation, "attempt %u of trial %u begins in another", event->attempt,
                          trial);
            attempts[trial]++;
            open[trial] = true;
            continue;
        }
        if (!open[trial] || event->attempt != attempts[trial])
            violation(simulation, "attempt %u of trial %u is told of (%s) when it does not run",
                      event->attempt, trial, event->kind);
        if (strcmp(event->kind, "validated") == 0)
            continue;
        open[trial] = false;
        if (strcmp(event->kind, "done") == 0) {
            if (event->step <= done[trial])
                violation(simulation, "step %llu of trial %u is counted twice",
                          (unsigned long long)event->step, trial);
            done[trial] = event->step;
        }
    }
}

static bool stands(const struct search_trial *trial, const struct trial_row *row)
{
    bool ran = row->state == TRIAL_RUNNING;
    bool state = ran ? trial->state == TRIAL_PAUSED || trial->state == TRIAL_WAITING
                     : trial->state == row->state;
    /* A search that was being closed is so with the last attempt that is given up. */
    bool closed = row->state < TRIAL_COMPLETE && trial->stop == SEARCH_STOP_CLOSED;
    return (state || closed) && trial->rung == row->rung && trial->step == row->step &&
           trial->verdict == row->verdict && same_number(trial->final, row->final) &&
           same_number(trial->metric, row->metric);
}

/* Kills the job where it stands and begins another that goes on. */
static void resume(struct simulation *simulation, bool in_peace)
{
    struct trial_row rows[1024];
    uint32_t count = 0;
    const struct trial_row *row;
    end_job(simulation);
    memory_store_crash(simulation->store);
    while ((row = memory_store_trial(simulation->store, count)) != NULL)
        rows[count++] = *row;
    simulation->now_s += between(simulation, 0.1, 3);
    start_job(simulation, true, in_peace);
    if (search_trial_count(simulation->search) != count)
        violation(simulation, "replay makes %u trials of %u",
                  search_trial_count(simulation->search), count);
    for (uint32_t i = 0; i < count; i++)
        if (!stands(search_trial(simulation->search, i), &rows[i]))
            violation(simulation, "replay gives another trial %u than the study tells of", i);
}

static enum fate undisturbed(void *context, uint32_t trial, uint32_t attempt, uint64_t from,
                             uint64_t to, uint64_t *step, double *value)
{
    const struct trainer_world *world = context;
    uint64_t lost_at = virtual_divergence(world, trial);
    (void)attempt;
    *value = virtual_value(world, trial, to);
    *step = to;
    if (lost_at == 0 || lost_at > to)
        return FATE_REACHES;
    *step = lost_at > from ? lost_at : from;
    return FATE_DIVERGES;
}

static void check_table(struct simulation *simulation)
{
    struct error error;
    struct virtual_cluster cluster = {
        .search = search_create(simulation->document, SAMPLES, &error),
        .fate = undisturbed,
        .context = &simulation->world,
    };
    assert_non_null(cluster.search);
    virtual_cluster_run(&cluster, 1, 0);
    uint32_t count = search_trial_count(cluster.search), best = 0, found = 0;
    if (search_trial_count(simulation->search) != count)
        violation(simulation, "there are %u trials, not %u", search_trial_count(simulation->search),
                  count);
    for (uint32_t i = 0; i < count; i++) {
        const struct search_trial *a = search_trial(cluster.search, i);
        const struct search_trial *b = search_trial(simulation->search, i);
        if (a->state != b->state || a->verdict != b->verdict || a->rung != b->rung ||
            a->step != b->step || !same_number(a->final, b->final) ||
            !same_number(a->metric, b->metric))
            violation(simulation, "trial %u ends otherwise than in an undisturbed search", i);
    }
    if (search_best(cluster.search, &best) != search_best(simulation->search, &found) ||
        best != found)
        violation(simulation, "trial %u is recommended in the place of %u", found, best);
    search_destroy(cluster.search);
    free(cluster.events);
}

/* What was recorded, fed to another search. */
static void check_replay(struct simulation *simulation)
{
    struct error error;
    struct record record;
    struct search *again = search_create(simulation->document, SAMPLES, &error);
    assert_non_null(again);
    record_create(&record, again, simulation->store, simulation->allowed);
    if (!record_replay(&record, &error))
        violation(simulation, "what was recorded cannot be replayed: %s", error.text);
    uint32_t count = search_trial_count(simulation->search), one = 0, other = 0;
    if (search_trial_count(again) != count || !search_finished(again))
        violation(simulation, "replay makes %u trials of %u", search_trial_count(again), count);
    for (uint32_t i = 0; i < count; i++) {
        const struct search_trial *a = search_trial(simulation->search, i);
        const struct search_trial *b = search_trial(again, i);
        if (a->state != b->state || a->rung != b->rung || a->step != b->step ||
            a->attempts != b->attempts || a->kept != b->kept || a->parent != b->parent ||
            a->begun != b->begun || a->stop != b->stop || !same_number(a->final, b->final) ||
            !same_number(a->metric, b->metric))
            violation(simulation, "replay ends with another trial %u", i);
    }
    if (search_best(simulation->search, &one) != search_best(again, &other) || one != other)
        violation(simulation, "replay recommends trial %u in the place of %u", other, one);
    record_destroy(&record);
    search_destroy(again);
}

/* The search is over. */
static void check_end(struct simulation *simulation)
{
    const struct search *search = simulation->search;
    uint64_t most =
        search_study_steps(search, study_number(simulation->document, "search", "max_budget"));
    uint32_t best = 0;
    bool recommends = search_best(search, &best);
    bool repeated = search_finalist_count(search) > 0;
    check_replay(simulation);
    for (uint32_t i = 0; i < search_trial_count(search); i++) {
        const struct search_trial *trial = search_trial(search, i);
        if (trial->step > most || trial->state < TRIAL_COMPLETE)
            violation(simulation, "trial %u is trained beyond its budget, or not to its end", i);
        if (trial->state != TRIAL_COMPLETE || trial->repeat)
            continue;
        if (!recommends)
            violation(simulation, "trial %u is complete, and none is recommended", i);
        const struct search_trial *other = search_trial(search, best);
        if (!repeated &&
            (other->final > trial->final || (other->final == trial->final && best > i)))
            violation(simulation, "trial %u is recommended, though trial %u is better", best, i);
    }
}

/* Whether rank 0 had reason to say that nobody is left. */
static void check_desertion(const struct simulation *simulation)
{
    if (simulation->world.refusing > 0 &&
        strstr(dispatch_error(simulation->dispatch)->text, "no trainer is left"))
        return;
    for (int i = 0; i < simulation->ranks; i++) {
        const struct rank *rank = &simulation->rank[i];
        if (rank->state == UP && rank->connected && !rank->worker_ended &&
            simulation->now_s - rank->well_since_s > SETTLED_S)
            violation(simulation, "the search failed (%s) though rank %d works",
                      dispatch_error(simulation->dispatch)->text, i);
    }
}

/* Rank 0 has left: the others end, told or not, and their trainers with them. */
static void check_farewell(struct simulation *simulation)
{
    double left_s = simulation->now_s;
    if (!simulation->rank[0].worker_ended && simulation->rank[0].state == UP)
        virtual_trainers_kill(0);
    simulation->rank[0].worker_ended = true;
    simulation->crash_s = INFINITY;
    while (pass(simulation))
        if (simulation->now_s - left_s > FAREWELL_S)
            violation(simulation, "a worker outlives rank 0");
    for (int i = 0; i < simulation->ranks; i++)
        if (virtual_trainers_alive(i) > 0)
            violation(simulation, "trainers of rank %d are left", i);
}

static void run_to_the_end(struct simulation *simulation)
{
    for (int run = 1;; run++) {
        while (!simulation->crashed && !simulation->dispatch_ended) {
            if (!pass(simulation) || simulation->now_s > LONGEST_S)
                violation(simulation, "the search does not end");
        }
        check_events(simulation);
        enum dispatch_outcome outcome = dispatch_outcome(simulation->dispatch);
        if (!simulation->crashed) {
            if (outcome == DISPATCH_FAILED)
                check_desertion(simulation);
            struct error error;
            simulation->crash_commit = 0;
            store_commit(simulation->store, &error);
            check_farewell(simulation);
            if (outcome == DISPATCH_FINISHED && simulation->retries_suffice && !virtual_best())
                violation(simulation, "the best weights are not in DIR");
            if (outcome == DISPATCH_FINISHED || outcome == DISPATCH_NO_SURVIVOR)
                return;
        }
        if (memory_store_finished(simulation->store))
            return; /* it died after the last commit */
        if (run == RUNS_MAX)
            violation(simulation, "a run that nothing disturbs does not finish");
        resume(simulation, run + 1 == RUNS_MAX);
    }
}

static void simulate(uint64_t seed)
{
    struct simulation *simulation = calloc(1, sizeof *simulation);
    simulation->seed = seed;
    random_open(&simulation->random, seed, RANDOM_SEARCH, 1);
    random_open(&simulation->distance, seed, RANDOM_SEARCH, 2);
    draw_study(simulation);
    simulation->store = memory_store_create(commits, simulation);
    virtual_trainers_begin(&simulation->world);
    start_job(simulation, false, happens(simulation, 0.05));
    run_to_the_end(simulation);
    check_events(simulation);
    check_end(simulation);
    if (simulation->retries_suffice && !simulation->way->ordered)
        check_table(simulation);
    end_job(simulation);
    memory_store_destroy(simulation->store);
    json_decref(simulation->document);
    json_decref(simulation->allowed);
    free(simulation);
}

static void whatever_happens_the_search_ends_in_the_table_of_an_undisturbed_one(void **state)
{
    (void)state;
    for (unsigned long i = 0; i < seeds; i++)
        simulate(first_seed + i);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        seeds = strtoul(argv[1], NULL, 10);
    if (argc > 2)
        first_seed = strtoul(argv[2], NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_happens_the_search_ends_in_the_table_of_an_undisturbed_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
