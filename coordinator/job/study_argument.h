/* study_argument.h - the study file and --set options, as several commands take them. */
#ifndef LRSWEEP_COORDINATOR_JOB_STUDY_ARGUMENT_H
#define LRSWEEP_COORDINATOR_JOB_STUDY_ARGUMENT_H

#include "common/study/study_file.h"

#include <stdbool.h>
#include <stddef.h>

struct study_argument {
    const char *path;
    const char **settings; /* [setting_count], owned; the texts are argv's */
    size_t setting_count;
};

/* Keeps one --set. False: memory ran out, which is said on standard error. */
bool study_argument_add(struct study_argument *argument, const char *setting);
void study_argument_destroy(struct study_argument *argument);

/* Reads and checks the study; on problems prints all of them to standard error and returns NULL. */
struct study_file *study_argument_read(const struct study_argument *argument);

/* Prints why the study's trainer cannot be started; returns the exit status: a program that the
 * study names is a problem of the study. */
int study_argument_not_started(const struct study_file *file, const struct error *error);

/* Prints a trainer's refusal with the place of the setting at fault. */
void study_argument_print_refusal(const struct study_file *file, const char *at,
                                  const char *message);

#endif
