/* open_files.h - how many files this process may open. */
#ifndef LRSWEEP_COORDINATOR_JOB_OPEN_FILES_H
#define LRSWEEP_COORDINATOR_JOB_OPEN_FILES_H

#include "common/error.h"

/* Raises the soft limit towards the hard one: every trainer takes three descriptors. Fails where
 * not even MPI and the study's files could be opened, which would end in the words of others. */
bool open_files_allow(struct error *error);

#endif
