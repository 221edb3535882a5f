/* store_files.h - the files of a study in DIR: made whole or not at all, and removed without
 * touching what is not ours. */
#ifndef LRSWEEP_COORDINATOR_STUDY_STORE_FILES_H
#define LRSWEEP_COORDINATOR_STUDY_STORE_FILES_H

#include "common/error.h"

#include <jansson.h>

/* "DIR/name"; sqlite3_free it. NULL: out of memory. */
char *store_path(const char *dir, const char *name);

/* Makes DIR with the parents that are missing, and DIR/checkpoints. *made: DIR was not there. */
bool store_make_directories(const char *dir, bool *made, struct error *error);

/* Takes back what store_make_directories made, as far as it is empty. */
void store_remove_directories(const char *dir);

/* Fails when a study, or something else, stands where the new one would be put. `overwrite`: a
 * study of lrsweep may be there. */
bool store_check_free(const char *dir, bool overwrite, struct error *error);

/* Writes a new study beside the place where it will be seen, then removes the files of the old one
 * (if any), then puts the new one in its place. To be called with DIR's lock held. */
bool store_make_study(const char *dir, const json_t *document, struct error *error);

#endif
