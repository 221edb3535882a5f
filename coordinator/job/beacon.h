/* beacon.h - whether all ranks see the same directory: a file that rank 0 leaves there at the start
 * of a job, for the others to look for. */
#ifndef LRSWEEP_COORDINATOR_JOB_BEACON_H
#define LRSWEEP_COORDINATOR_JOB_BEACON_H

#include <stdbool.h>

enum { BEACON_NAME_BYTES = 64 };

/* Leaves a file in `dir` under a name that was never there: no client of a network file system has
 * remembered that it is not. False: it cannot be written. */
bool beacon_light(const char *dir, char name[BEACON_NAME_BYTES]);
void beacon_put_out(const char *dir, const char *name);

/* Puts out those of jobs that died before they did so themselves: nobody looks for them any more.
 */
void beacon_sweep(const char *dir);

/* Whether this process sees the file and may write in `folder` of `dir` ("": in `dir`). Waits two
 * seconds for it: `dir` itself may be new to a client that has remembered what is above it. */
bool beacon_seen(const char *dir, const char *name, const char *folder);

#endif
