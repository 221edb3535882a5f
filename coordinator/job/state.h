/* state.h - the state of a job, for the files of this folder that play it. */
#ifndef LRSWEEP_COORDINATOR_JOB_STATE_H
#define LRSWEEP_COORDINATOR_JOB_STATE_H

#include "coordinator/dispatch/dispatch.h"
#include "coordinator/exit_status.h"
#include "coordinator/job/assembly.h"
#include "coordinator/job/job.h"
#include "coordinator/job/setting.h"
#include "coordinator/job/time_left.h"
#include "coordinator/probe/probe.h"

#include <limits.h>

struct job {
    const struct job_options *options;
    struct setting setting;
    struct link *link;
    struct assembly assembly; /* of several ranks */
    char program[PATH_MAX];   /* the built-in trainer */
    double started_s;

    /* Rank 0's. */
    struct study_file *file;
    json_t *document;   /* that is trained */
    json_t *begun;      /* as the study was begun, if this job resumes it; NULL: `document` is it */
    char dir[PATH_MAX]; /* of the study; absolute once it exists */
    struct probe probe;
    struct time_left time_left;
    bool resumes;                           /* there is a study to go on with */
    bool without_survivor;                  /* it is finished, and no candidate was left */
    double earlier_wall_s, earlier_train_s; /* of the runs that this one resumes */
    char *earlier_losses;
    struct search *search;
    struct store *store;
};

/* Prints the error to standard error; returns `status`. */
int job_complain(const struct error *error, int status);

/* job_study.c: rank 0's study. The first three return the exit status, and print what is wrong.
 * job_prepare reads the file, names DIR and starts the probe: nothing is made. */
int job_prepare(struct job *job);

/* Waits for the trainer's judgement. */
int job_hear_probe(struct job *job);

/* Makes the study or, to resume, opens it. *finished: there is nothing left to do. */
int job_open_study(struct job *job, bool *finished);

/* Writes how it ended, and what it took: the search lasted searched_s, and rank 0 was busy cpu_s of
 * them. */
bool job_close_study(struct job *job, const struct dispatch *dispatch, double searched_s,
                     double cpu_s, struct error *error);

/* Closes a study that no search was begun in, as far as that can be done; what stands in it stays.
 */
void job_fail_study(struct job *job);

/* roles.c: what a rank plays from here to the end. `envelope`: as rank 0 shared it. */
int job_play_worker(struct job *job, const json_t *envelope);

/* Coordinator, and worker too unless --coordinator-only. */
int job_play_coordinator(struct job *job);

/* How many trainers this rank starts, if it is a worker. */
unsigned job_trainers(const struct job *job, const json_t *document);

#endif
