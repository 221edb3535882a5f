/* checkpoint.h - a trial's whole state in a file, and its weights alone for others to read.
 *
 * A checkpoint is a safetensors file (safetensors.h): "weights.NAME" and "optimizer.STATE.NAME" for
 * every parameter (weights: every running statistic too) in this engine's own layout, "monitor" and
 * "trial" and "optimizer" as float64. Going on from it gives bit for bit what going on without it
 * would have.
 *
 * A branch goes on with other parameters (a rate, a momentum, a schedule), as PyTorch does where
 * those of an optimizer's groups are changed: its states stay. One that the parent had no use for
 * starts at 0, one that the branch has no use for is dropped; what a schedule learned from
 * validations counts for the same type of schedule alone. */
#ifndef LRSWEEP_WORKER_TRAINER_CHECKPOINT_H
#define LRSWEEP_WORKER_TRAINER_CHECKPOINT_H

#include "worker/trainer/trial.h"

bool checkpoint_save(const struct trial *trial, const char *path, struct error *error);

/* Reads into a trial that was created with the same study, optimizer and seed, and with the same
 * parameters unless it is a branch; refuses a file of another study, optimizer or seed, and
 * anything damaged. After a failure the trial must not be used. */
bool checkpoint_load(struct trial *trial, const char *path, struct error *error);

/* Writes the weights under PyTorch's names and in its layout: "layers.0.weight" [out][in]. Beside
 * running statistics stands "num_batches_tracked", as PyTorch has it: the steps trained. `about`:
 * an object of texts that are added to the file's metadata; NULL: none. */
bool checkpoint_export(const struct trial *trial, const char *path, const json_t *about,
                       struct error *error);

#endif
