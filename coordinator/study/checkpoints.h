/* checkpoints.h - the files that trials leave in DIR/checkpoints, as rank 0 handles them.
 *
 * Each attempt leaves its own file, TRIAL-ATTEMPT.safetensors, and the one before it stays until
 * the event that tells of the new one is durable: whenever a run is killed, the checkpoint of the
 * step that the study knows of is there. */
#ifndef LRSWEEP_COORDINATOR_STUDY_CHECKPOINTS_H
#define LRSWEEP_COORDINATOR_STUDY_CHECKPOINTS_H

#include "common/error.h"

#include <stdbool.h>
#include <stdint.h>

/* Removes an attempt's checkpoint, if it left one. */
void checkpoints_remove(const char *dir, uint32_t trial, uint32_t attempt);

/* Gives `trial`, before its first attempt, the checkpoint that attempt `kept` of `parent` left.
 * Both may go on: a trainer replaces its checkpoint as a whole and never writes into it. Doing it
 * again changes nothing. A checkpoint that somebody has removed is no error here: the trial gets
 * none, its trainer says so, and it fails alone. */
bool checkpoints_branch(const char *dir, uint32_t parent, uint32_t kept, uint32_t trial,
                        struct error *error);

/* Removes the checkpoints that are not `needed`, and what writers that were killed have left of
 * checkpoints and of the best weights; no other files. needed NULL: none is. */
bool checkpoints_clean(const char *dir,
                       bool (*needed)(void *context, uint32_t trial, uint32_t attempt),
                       void *context, struct error *error);

#endif
