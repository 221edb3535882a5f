/* export.h - writes a study in a form that other programs open. */
#ifndef LRSWEEP_COORDINATOR_EXPORT_EXPORT_H
#define LRSWEEP_COORDINATOR_EXPORT_EXPORT_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct export_request {
    const char *dir;  /* of the study */
    const char *to;   /* an exporter's name */
    const char *path; /* where to; NULL: DIR and the exporter's own name; "-": `stream` */
    FILE *stream;     /* for a path of "-" */
    long long trial;  /* for exporters of one candidate; -1: the recommended one */
    bool overwrite;   /* of files that are there already */
};

/* How it ended: a wrong request writes nothing. */
enum export_end { EXPORT_DONE, EXPORT_WRONG, EXPORT_FAILED };

/* Reads the study as it stands, finished or not, and writes it. One file is written aside, synced
 * and renamed: it is seen whole or not at all. A folder must not be there yet, or be empty; with
 * overwrite, files in it are replaced one by one and others are left alone. `written` becomes the
 * path that was written. */
enum export_end export_study(const struct export_request *request, char *written,
                             size_t written_bytes, struct error *error);

#endif
