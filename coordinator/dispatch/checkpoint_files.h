/* checkpoint_files.h - the files of DIR/checkpoints. */
#ifndef LRSWEEP_COORDINATOR_DISPATCH_CHECKPOINT_FILES_H
#define LRSWEEP_COORDINATOR_DISPATCH_CHECKPOINT_FILES_H

#include "common/error.h"

#include <stdint.h>

/* Removes what `attempt` of `trial` left, if it is there. */
void checkpoint_file_remove(const char *dir, uint32_t trial, uint32_t attempt);

/* Gives `trial` (as its attempt 0) what `attempt` of `parent` left. Doing it again changes nothing.
 */
bool checkpoint_file_branch(const char *dir, uint32_t parent, uint32_t attempt, uint32_t trial,
                            struct error *error);

/* Removes every checkpoint, finished or half written, that `keeps` does not want. Other files stay.
 */
void checkpoint_files_sweep(const char *dir,
                            bool (*keeps)(void *context, uint32_t trial, uint32_t attempt),
                            void *context);

#endif
