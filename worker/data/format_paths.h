/* format_paths.h - finds the files that a study names. */
#ifndef LRSWEEP_WORKER_DATA_FORMAT_PATHS_H
#define LRSWEEP_WORKER_DATA_FORMAT_PATHS_H

#include "common/error.h"
#include "worker/data/format.h"

#include <jansson.h>

/* Resolves data.KEY, a file or a folder that must be there; `what` says in an error what it is. */
bool format_path(const json_t *data, const char *key, const char *what,
                 char path[FORMAT_PATH_BYTES], struct error *error);

/* The same for a key that may be left out: *path is then "". */
bool format_path_optional(const json_t *data, const char *key, char path[FORMAT_PATH_BYTES],
                          struct error *error);

/* FOLDER/NAME, or FOLDER/NAME.gz where only that is there. */
bool format_file_find(const char *folder, const char *name, char path[FORMAT_PATH_BYTES],
                      struct error *error);

/* The same for a file that need not be there: *path is then "". */
bool format_file_optional(const char *folder, const char *name, char path[FORMAT_PATH_BYTES],
                          struct error *error);

bool format_path_is_folder(const char *path);

#endif
