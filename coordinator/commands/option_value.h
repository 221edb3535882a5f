/* option_value.h - numbers as the options of commands take them. */
#ifndef LRSWEEP_COORDINATOR_COMMANDS_OPTION_VALUE_H
#define LRSWEEP_COORDINATOR_COMMANDS_OPTION_VALUE_H

#include "coordinator/commands/command.h"

#include <stdbool.h>

/* The value of --name: a whole number from `least` to `most`, and nothing else. EXIT_OK, or what
 * was found and what is allowed is said: EXIT_USAGE. */
int option_whole_number(const struct command *command, const char *name, const char *text,
                        unsigned least, unsigned most, unsigned *value);

/* A finite number, and nothing else. */
bool option_number(const char *text, double *value);

#endif
