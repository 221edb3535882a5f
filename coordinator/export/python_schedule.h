/* python_schedule.h - a schedule as a Python function of the step. */
#ifndef LRSWEEP_COORDINATOR_EXPORT_PYTHON_SCHEDULE_H
#define LRSWEEP_COORDINATOR_EXPORT_PYTHON_SCHEDULE_H

#include "common/schedule/schedule.h"

#include <stdio.h>

/* Prints `LR = ...` and `def learning_rate(step):`, which needs Python's module math alone and
 * gives what schedule_lr gives. Of one that follows the validation loss it is the rate without
 * that. */
void python_schedule_print(FILE *stream, const struct schedule *schedule);

/* The value of one of the schedule's own parameters, times in steps, by its key. */
double python_schedule_parameter(const struct schedule *schedule, const char *key);

#endif
