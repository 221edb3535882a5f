/* templates.h - many sentences that differ by their numbers alone, in little space. */
#ifndef LRSWEEP_COORDINATOR_REPORT_TEMPLATES_H
#define LRSWEEP_COORDINATOR_REPORT_TEMPLATES_H

#include <jansson.h>
#include <stdbool.h>

/* Stands in a template for a number. */
#define TEMPLATE_HOLE '\x01'

/* {"templates": ["Stopped after \x01 epochs.", ...], "rows": ["0 3", ...]}: a row is the number of
 * its template and the numbers for its holes, as they were written. Nothing is lost but control
 * characters, which become spaces (figure_clean). A new reference; NULL: out of memory. */
json_t *templates_create(void);

/* Adds a row. False: out of memory. */
bool templates_add(json_t *templates, const char *text);

/* Ends the adding: removes the index that templates_add used. */
void templates_finish(json_t *templates);

#endif
