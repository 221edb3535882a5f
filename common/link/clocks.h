/* clocks.h - how far the clocks of other ranks are from rank 0's. */
#ifndef LRSWEEP_COMMON_LINK_CLOCKS_H
#define LRSWEEP_COMMON_LINK_CLOCKS_H

struct clock_offset {
    double ahead_s; /* of rank 0's clock */
    double error_s; /* at most */
};

/* Rank 0 asks `rank` for the time, several times, and takes the fastest answer, whose error is half
 * of what it took (Cristian 1989). `rank` calls clocks_answer meanwhile. Both wait for each other:
 * at the start of a job only. */
struct clock_offset clocks_ask(int rank);
void clocks_answer(void);

#endif
