/* standing.h - how the search stands as a whole, for the `study` table. */
#ifndef LRSWEEP_COORDINATOR_DISPATCH_STANDING_H
#define LRSWEEP_COORDINATOR_DISPATCH_STANDING_H

#include "coordinator/dispatch/record.h"

/* Writes the rungs, who is recommended, the finalists, and why the search was closed. */
bool standing_write(struct record *record, struct error *error);

#endif
