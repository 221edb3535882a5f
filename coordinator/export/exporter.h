/* exporter.h - one way to write a study for another program.
 *
 * An exporter's row in the catalogue (common/catalogue/exporters.c) tells users of it; its file in
 * exporters/ does the work. All see the same: a snapshot and the reports. What they write must be
 * right for any text and any number in a study: names are escaped, what is not finite is written in
 * the way of the format. */
#ifndef LRSWEEP_COORDINATOR_EXPORT_EXPORTER_H
#define LRSWEEP_COORDINATOR_EXPORT_EXPORTER_H

#include "coordinator/view/report_list.h"
#include "coordinator/view/study_facts.h"

#include <stdio.h>

struct export_source {
    const struct snapshot *snapshot;
    const struct report_list *reports;
    struct study_facts facts;
    const struct trial_row *trial; /* for exporters of one candidate; NULL: there is none */
};

/* A folder that is being written. */
struct export_folder;

/* Writes PATH/name, which may name a folder that is not there yet: "trial-0001/data.csv". */
bool export_folder_put(struct export_folder *folder, const char *name, const void *bytes,
                       size_t length, struct error *error);

struct exporter {
    const char *name; /* its row in the catalogue */
    const char *path; /* what it is called in DIR where no PATH is given; of one candidate: with an
                         ending, "best.cfg" */
    bool one;         /* exports one candidate: source->trial is there */
    /* One of the two: writes one file, which is seen when it is whole; or a folder of files. What a
     * stream refuses is looked at by the caller. */
    bool (*print)(const struct export_source *source, FILE *stream, struct error *error);
    bool (*fill)(const struct export_source *source, struct export_folder *folder,
                 struct error *error);
};

extern const struct exporter exporter_csv;
extern const struct exporter exporter_json;
extern const struct exporter exporter_tensorboard;
extern const struct exporter exporter_optuna;
extern const struct exporter exporter_config;
extern const struct exporter exporter_pytorch;

#endif
