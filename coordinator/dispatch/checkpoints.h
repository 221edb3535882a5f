/* checkpoints.h - the files that trials leave in DIR/checkpoints, as rank 0 handles them. */
#ifndef LRSWEEP_COORDINATOR_DISPATCH_CHECKPOINTS_H
#define LRSWEEP_COORDINATOR_DISPATCH_CHECKPOINTS_H

#include "common/error.h"

#include <stdint.h>

/* Removes a trial's checkpoint, if it has one. */
void checkpoint_release(const char *dir, uint32_t trial);

/* Gives `trial` the checkpoint of `parent` as its own. Both may go on: a trainer replaces its
 * checkpoint as a whole and never writes into it. Doing it again changes nothing. */
bool checkpoint_branch(const char *dir, uint32_t parent, uint32_t trial, struct error *error);

#endif
