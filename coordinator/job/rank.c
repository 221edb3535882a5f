/* rank.c - one rank's loop.
 *
 * MPI offers no descriptor to wait for, so with other ranks about the loop looks again after 50 us
 * when something has just happened, and after up to 1 ms when it is quiet. A rank that is alone
 * gets news from its trainers' pipes only, and sleeps until one comes. */
#define _GNU_SOURCE /* ppoll */
#include "coordinator/job/rank.h"

#include "common/monotonic.h"
#include "coordinator/exit_status.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define WAIT_SHORTEST_S 50e-6
#define WAIT_LONGEST_S  1e-3
#define WAIT_GROWTH     1.3
#define SLEEP_LONGEST_S 1.0
#define SEND_PATIENCE_S 1.0 /* for the last messages, when all roles have ended */
#define DESCRIPTORS_MAX 4096
#define SAME_SIGNAL_S   0.2 /* timeout(1) sends one to the process, and to its group */

static volatile sig_atomic_t told_to_end;

static void on_signal(int number)
{
    static double first_s; /* handlers do not interrupt each other */
    double now_s = monotonic_s();
    if (!told_to_end)
        first_s = now_s;
    else if (number == SIGINT && now_s - first_s > SAME_SIGNAL_S)
        _exit(EXIT_INTERRUPTED);
    told_to_end = 1;
}

/* The signals are blocked but while the rank waits, so that none is missed in between. */
static void catch_signals(sigset_t *while_waiting)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGUSR1};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigset_t blocked;
    sigemptyset(&blocked);
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        sigaddset(&blocked, numbers[i]);
        sigaddset(&action.sa_mask, numbers[i]);
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        sigaction(numbers[i], &action, NULL);
    sigprocmask(SIG_BLOCK, &blocked, while_waiting);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        sigdelset(while_waiting, numbers[i]);
}

struct delivery {
    const struct rank_role *roles;
    size_t count;
};

static void deliver(void *context, int peer, bool to_worker, const struct message *message)
{
    const struct delivery *delivery = context;
    for (size_t i = 0; i < delivery->count; i++)
        if ((delivery->roles[i].class == &worker_role) == to_worker)
            delivery->roles[i].class->deliver(delivery->roles[i].role, peer, message);
}

static void drop(void *context, int peer, const struct error *error)
{
    (void)context;
    (void)peer;
    (void)
        error; /* a job that mixes versions is refused when the study is shared: nobody sends any */
}

static void wait_for_news(const struct rank_role *roles, size_t count, const bool *ended,
                          struct pollfd *list, double longest_s, const sigset_t *mask)
{
    size_t descriptors = 0;
    for (size_t i = 0; i < count; i++)
        if (!ended[i])
            descriptors += roles[i].class->descriptors(roles[i].role, list + descriptors,
                                                       DESCRIPTORS_MAX - descriptors);
    double seconds = floor(longest_s);
    struct timespec timeout = {.tv_sec = (time_t)seconds,
                               .tv_nsec = (long)((longest_s - seconds) * 1e9)};
    (void)ppoll(list, (nfds_t)descriptors, &timeout, mask); /* EINTR: the flag is set */
}

void rank_run(struct link *link, const struct rank_role *roles, size_t count)
{
    static struct pollfd list[DESCRIPTORS_MAX];
    struct delivery delivery = {roles, count};
    bool ended[RANK_ROLES_MAX] = {false};
    bool alone = link_size(link) == 1;
    double wait_s = WAIT_SHORTEST_S;
    size_t left = count;
    double ended_s = INFINITY, now_s = 0;
    sigset_t mask;
    catch_signals(&mask);
    while (left > 0 || (link_sending(link) && now_s - ended_s < SEND_PATIENCE_S)) {
        bool busy = link_receive(link, deliver, drop, &delivery) > 0;
        double wake_s = INFINITY;
        now_s = monotonic_s();
        for (size_t i = 0; i < count; i++) {
            if (ended[i])
                continue;
            enum role_state state = roles[i].class->turn(roles[i].role, now_s, told_to_end != 0);
            busy = busy || state == ROLE_BUSY;
            if (state == ROLE_ENDED) {
                ended[i] = true;
                left--;
                ended_s = now_s;
            }
            wake_s = fmin(wake_s, roles[i].class->wake(roles[i].role));
        }
        wait_s = busy ? WAIT_SHORTEST_S : fmin(wait_s * WAIT_GROWTH, WAIT_LONGEST_S);
        double longest_s = fmax(0, fmin(SLEEP_LONGEST_S, wake_s - now_s));
        if (busy && alone)
            longest_s = 0;
        else if (!alone || link_sending(link))
            longest_s = fmin(longest_s, wait_s);
        wait_for_news(roles, count, ended, list, longest_s, &mask);
    }
    /* What follows is safe at any instant: a second SIGINT may end it. */
    sigprocmask(SIG_SETMASK, &mask, NULL);
}
