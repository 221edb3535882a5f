/* virtual_trainers.h - trainers on virtual time, in the place of child processes.
 *
 * A test links this object in the place of worker/trainer_process.c, of the files of
 * common/link/parcel_file.c and of the dispatcher's coordinator/study/checkpoints.c. DIR is "d",
 * the scratch directory of rank 3 "s3". A trainer does what its command says: a step takes step_s,
 * the value at a step is a function of trial and step, and so is whether the trial diverges. How an
 * attempt fares (it crashes, hangs, talks garbage) is a function of trial and attempt; a trainer
 * may crash after it, too. Checkpoints are kept as the steps that they hold. */
#ifndef LRSWEEP_TESTS_SUPPORT_VIRTUAL_TRAINERS_H
#define LRSWEEP_TESTS_SUPPORT_VIRTUAL_TRAINERS_H

#include <stdbool.h>
#include <stdint.h>

struct trainer_world {
    uint64_t seed;
    double step_s, start_s;
    uint32_t report_every;
    double diverging, crashing, hanging, babbling; /* probabilities */
    double refusing;                               /* that a trainer cannot be started (again) */
    uint64_t samples;                              /* that a trainer tells of */
    bool any_length; /* files that arrive may have another length than they should */
    /* Called when a checkpoint that is to be read is not there, or holds another step. NULL: not.
     */
    void (*missing)(void *context, uint32_t trial, uint32_t attempt);
    /* Called before a checkpoint is removed. False: the process is dead, nothing happens. NULL: not
     * called. */
    bool (*removing)(void *context, uint32_t trial, uint32_t attempt);
    void *context;
};

/* There is one world at a time. Without processes and checkpoints at first. */
void virtual_trainers_begin(const struct trainer_world *world);

/* Trainers that are started now belong to `rank`. */
void virtual_trainers_enter(int rank, double now_s);

/* Another probability that a trainer cannot be started, from now on. */
void virtual_trainers_refuse(double refusing);

/* Everything that trainers do up to now. */
void virtual_trainers_advance(double now_s);

/* When a trainer of `rank` has something to say next, or has said it already. */
double virtual_trainers_next(int rank);

/* The trainers of a rank die with it, stand still, or go on. */
void virtual_trainers_kill(int rank);
void virtual_trainers_freeze(int rank, double now_s, bool frozen);

int virtual_trainers_alive(int rank);

/* The checkpoints that are there: in DIR (0), or in the scratch directory of a rank; and whether
 * DIR holds the best weights. */
int virtual_files(int rank);
bool virtual_best(void);

/* Scratch directories are gone with their job. */
void virtual_scratch_clear(void);

/* A checkpoint in DIR that is not `needed`. False: there is none. */
bool virtual_checkpoint_other(bool (*needed)(void *context, uint32_t trial, uint32_t attempt),
                              void *context, uint32_t *trial, uint32_t *attempt);

/* How training `trial` goes: its value at `step`; the step at which it diverges, 0: never. */
double virtual_value(const struct trainer_world *world, uint32_t trial, uint64_t step);
uint64_t virtual_divergence(const struct trainer_world *world, uint32_t trial);

#endif
