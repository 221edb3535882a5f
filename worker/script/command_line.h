/* command_line.h - the command line of a user's script: a candidate's values in the place of
 * {names}.
 *
 * A placeholder is a name in braces: {lr}, {schedule.gamma}. Other braces stand for themselves.
 * Known are the names of the study's space; {schedule} and {optimizer}, where they are groups, are
 * their types and their parameters follow a dot, empty where the candidate has none; and {steps},
 * how far to train, {seed} and {trial}. */
#ifndef LRSWEEP_WORKER_SCRIPT_COMMAND_LINE_H
#define LRSWEEP_WORKER_SCRIPT_COMMAND_LINE_H

#include "common/error.h"

#include <jansson.h>

/* Whether every placeholder of `words` (a list of strings) is known in the study. */
bool command_line_check(const json_t *words, const json_t *study, struct error *error);

/* The words for a "train" of the protocol: NULL-terminated, released by command_line_destroy. NULL:
 * memory ran out. */
char **command_line_fill(const json_t *words, const json_t *train);
void command_line_destroy(char **arguments);

#endif
