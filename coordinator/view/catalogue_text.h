/* catalogue_text.h - the catalogues as text: `lrsweep list WHAT`. */
#ifndef LRSWEEP_COORDINATOR_VIEW_CATALOGUE_TEXT_H
#define LRSWEEP_COORDINATOR_VIEW_CATALOGUE_TEXT_H

#include "common/error.h"

#include <stdbool.h>
#include <stdio.h>

/* Prints the entries of the catalogue whose plural is `what` (optimizers, schedules, settings ...),
 * each with its source and its parameters: name, default, range, meaning. Fails if there is none
 * such. */
bool catalogue_text_print(FILE *stream, const char *what, struct error *error);

/* Prints what can be listed, one a line: its name and where a study file names such a thing. */
void catalogue_text_print_kinds(FILE *stream);

#endif
