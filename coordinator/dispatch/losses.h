/* losses.h - writes down which workers were lost, and which came back. */
#ifndef LRSWEEP_COORDINATOR_DISPATCH_LOSSES_H
#define LRSWEEP_COORDINATOR_DISPATCH_LOSSES_H

#include "coordinator/dispatch/record.h"

/* What a worker was that is lost now. */
struct loss {
    int rank;
    const char *host;
    size_t trainers, attempts; /* that it had, and that were under way there */
};

/* `earlier`: the losses of earlier runs, a JSON array as the study holds it; "" or NULL: none. */
bool losses_take_up(struct record *record, const char *earlier, struct error *error);

bool losses_add(struct record *record, const struct loss *loss, const char *text,
                struct error *error);
bool losses_return(struct record *record, int rank, const char *text, struct error *error);

/* Whether an event of an earlier run is one of these; the search is not told of them. */
bool losses_replay(struct record *record, const struct event_row *row);

#endif
