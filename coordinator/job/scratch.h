/* scratch.h - a directory of this process alone, for the files of trainers that do not see the
 * study's directory. */
#ifndef LRSWEEP_COORDINATOR_JOB_SCRATCH_H
#define LRSWEEP_COORDINATOR_JOB_SCRATCH_H

#include "common/error.h"

struct scratch;

/* Makes lrsweep-scratch-UID-XXXXXX in $TMPDIR (/tmp), with a folder for checkpoints. It is locked
 * as long as this process lives; those of processes that were killed are removed. */
struct scratch *scratch_create(struct error *error);

const char *scratch_path(const struct scratch *scratch);

/* Removes it with all that is in it. scratch may be NULL. */
void scratch_destroy(struct scratch *scratch);

#endif
