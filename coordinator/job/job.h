/* job.h - one study trained by all ranks of an MPI job: what `run` and `find` share.
 *
 * Every rank calls job_run. Rank 0 reads the study, asks a trainer whether it accepts it (while MPI
 * starts), makes the study's directory and shares the resolved study; then each rank plays its
 * roles, and rank 0 concludes. */
#ifndef LRSWEEP_COORDINATOR_JOB_JOB_H
#define LRSWEEP_COORDINATOR_JOB_JOB_H

#include "common/error.h"
#include "coordinator/job/study_argument.h"

#include <jansson.h>
#include <stdbool.h>

#define JOB_TRAINERS_MAX 1024 /* of one rank */

struct job_options {
    const struct study_argument *argument; /* the study file and its --set */
    const char *out;                       /* DIR; NULL: results/NAME, NAME from the study */
    const char *folder;                    /* of DIR that the study is kept in; NULL: DIR itself */
    unsigned trainers;    /* of each rank; 0: what the study says, else the cores */
    const char *deadline; /* as deadline_text.h reads it; NULL: what the study says, if anything */
    bool resume, overwrite, coordinator_only, quiet;
    bool untested;    /* nothing is recommended: no test set is looked at, no weights are kept */
    const char *kind; /* of the study, kept in its table `study`; NULL: a search */
    /* Rank 0: the study to train in the place of the file's (a new reference), or NULL with an
     * error. NULL: the file's own. */
    json_t *(*derive)(void *context, const json_t *document, struct error *error);
    /* Rank 0, after the study in `dir` was closed: tells what it holds. `status` is how the
     * training ended; returns the exit status. Not called when nothing was started. */
    int (*conclude)(void *context, const char *dir, int status);
    void *context;
};

/* Returns the exit status (enum exit_status). Prints errors to standard error. */
int job_run(const struct job_options *options);

#endif
