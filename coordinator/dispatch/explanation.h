/* explanation.h - why the search left a trial behind, in a sentence. */
#ifndef LRSWEEP_COORDINATOR_DISPATCH_EXPLANATION_H
#define LRSWEEP_COORDINATOR_DISPATCH_EXPLANATION_H

#include "coordinator/search/search.h"

#include <jansson.h>
#include <stddef.h>

/* The key of `search` that closed it; "" for SEARCH_OPEN. */
const char *explanation_close_name(enum search_close close);

/* Why `trial`, TRIAL_STOPPED, was stopped; `seen`, what the trainer said of its losses, follows. */
void explanation_of_stop(const struct search *search, const json_t *document, uint32_t trial,
                         const char *seen, char *text, size_t bytes);

#endif
