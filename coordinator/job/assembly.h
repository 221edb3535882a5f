/* assembly.h - the ranks of a job come together: who they are, and whether they see the study's
 * directory. */
#ifndef LRSWEEP_COORDINATOR_JOB_ASSEMBLY_H
#define LRSWEEP_COORDINATOR_JOB_ASSEMBLY_H

#include "coordinator/job/beacon.h"
#include "coordinator/job/muster.h"

#include <jansson.h>

struct assembly {
    struct muster muster;           /* rank 0's, after the call */
    char beacon[BEACON_NAME_BYTES]; /* rank 0's: in DIR; "": none */
    bool made_dir;                  /* rank 0: DIR was not there */
    bool sees_dir;                  /* this rank */
};

/* Rank 0, before the others are told of DIR: makes it and leaves the beacon. `dir` [PATH_MAX]
 * becomes absolute. What goes wrong here does so again, and is told, when the study is opened. */
void assembly_prepare(struct assembly *assembly, char *dir);

/* All ranks: rank 0 learns of the others. `beacon`: as rank 0 told it. */
bool assembly_call(struct assembly *assembly, struct link *link, unsigned trainers, const char *dir,
                   const char *beacon, struct error *error);

/* Whether run.checkpoints lets ranks that do not see DIR take part. */
bool assembly_allows_far(const json_t *document);

/* Rank 0: whether the study can be trained by these ranks; the error names the hosts that it cannot
 * be trained on. */
bool assembly_fits(const struct assembly *assembly, const json_t *document, const char *dir,
                   struct error *error);

/* Rank 0, when all have looked: removes the beacon, with those of jobs that died, and DIR too if it
 * was made for nothing. `dir`: "" on other ranks. */
void assembly_tidy(struct assembly *assembly, const char *dir, bool for_nothing);

#endif
