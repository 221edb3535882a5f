/* study_text.h - the resolved study as a study file. */
#ifndef LRSWEEP_COORDINATOR_VIEW_STUDY_TEXT_H
#define LRSWEEP_COORDINATOR_VIEW_STUDY_TEXT_H

#include <jansson.h>
#include <stdio.h>

/* Prints the resolved study (study_document.h) in the study file's own syntax, every default
 * written out: a study file that resolves to the same document. */
void study_text_print(FILE *stream, const json_t *document);

/* Prints one group of it, such as space. */
void study_text_print_group(FILE *stream, const char *name, const json_t *group);

#endif
