/* clocks.c - asks other ranks for the time. */
#include "common/link/clocks.h"

#include <math.h>
#include <mpi.h>
#include <time.h>

enum { ROUNDS = 10, TAG = 1 };

static double wall_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* On the world's own communicator: the link's receives are posted on another (link.c). */
struct clock_offset clocks_ask(int rank)
{
    struct clock_offset best = {.error_s = INFINITY};
    for (int i = 0; i < ROUNDS; i++) {
        double there = 0, before = wall_s();
        MPI_Send(&before, 1, MPI_DOUBLE, rank, TAG, MPI_COMM_WORLD);
        MPI_Recv(&there, 1, MPI_DOUBLE, rank, TAG, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        double after = wall_s();
        if ((after - before) / 2 < best.error_s)
            best = (struct clock_offset){there - (before + after) / 2, (after - before) / 2};
    }
    return best;
}

void clocks_answer(void)
{
    for (int i = 0; i < ROUNDS; i++) {
        double asked, here;
        MPI_Recv(&asked, 1, MPI_DOUBLE, 0, TAG, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        here = wall_s();
        MPI_Send(&here, 1, MPI_DOUBLE, 0, TAG, MPI_COMM_WORLD);
    }
}
