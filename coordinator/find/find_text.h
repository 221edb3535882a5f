/* find_text.h - a range test's outcome for a person, and as a piece of a study file. */
#ifndef LRSWEEP_COORDINATOR_FIND_FIND_TEXT_H
#define LRSWEEP_COORDINATOR_FIND_FIND_TEXT_H

#include "coordinator/find/find_result.h"

#include <stdio.h>

/* The advice, the curve, and every suggestion with its interval over the seeds. */
void find_text_print(FILE *stream, const struct find_result *find, bool colour);

/* The study's space with the bounds found for lr; only where the status is RANGE_SOUND. */
void find_text_print_space(FILE *stream, const struct find_result *find);

#endif
