/* command.h - the commands of lrsweep. One file a command, one row of main.c's table. */
#ifndef LRSWEEP_COORDINATOR_COMMANDS_COMMAND_H
#define LRSWEEP_COORDINATOR_COMMANDS_COMMAND_H

#include "coordinator/exit_status.h"

#include <stdbool.h>

struct command {
    const char *name;
    const char *arguments; /* "FILE [OPTION]..." */
    const char *summary;   /* one line */
    const char *help;      /* what stands below usage and summary */
    int (*run)(const struct command *self, int argc, char **argv); /* argv[0]: "lrsweep NAME" */
};

extern const struct command command_run;
extern const struct command command_check;
extern const struct command command_plan;
extern const struct command command_find;
extern const struct command command_status;
extern const struct command command_report;
extern const struct command command_export;
extern const struct command command_doctor;
extern const struct command command_list;

/* Prints `lrsweep NAME --help` to standard output. */
void command_print_help(const struct command *command);

/* Prints "lrsweep NAME: <message>" and where help is to standard error; returns EXIT_USAGE. */
int command_usage_error(const struct command *command, const char *format, ...);

/* Adds where help is to what getopt said of a wrong option; returns EXIT_USAGE. */
int command_option_error(const struct command *command);

/* Writes out what stands in standard output's buffer: `status`, or EXIT_FAILED, said on standard
 * error, if any of the output could not be written. */
int command_end_output(int status);

#endif
