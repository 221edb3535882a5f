/* option_value.h - numbers as the options of commands take them. */
#ifndef LRSWEEP_COORDINATOR_COMMANDS_OPTION_VALUE_H
#define LRSWEEP_COORDINATOR_COMMANDS_OPTION_VALUE_H

#include <stdbool.h>

/* A whole number from `least` to `most`, and nothing else. */
bool option_whole_number(const char *text, unsigned least, unsigned most, unsigned *value);

/* A finite number, and nothing else. */
bool option_number(const char *text, double *value);

#endif
