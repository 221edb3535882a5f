/* virtual_dispatch.h - a dispatcher whose workers are the test: messages on virtual time, the study
 * in memory. */
#ifndef LRSWEEP_TESTS_SUPPORT_VIRTUAL_DISPATCH_H
#define LRSWEEP_TESTS_SUPPORT_VIRTUAL_DISPATCH_H

#include "coordinator/dispatch/dispatch.h"
#include "tests/support/virtual_link.h"

/* Samples of the training set: of batches of ten, an epoch is one step. */
enum { VIRTUAL_SAMPLES = 10 };

struct virtual_dispatch {
    json_t *document;
    struct virtual_net *net;
    struct dispatch_options options; /* search, store and progress are owned */
    struct dispatch *dispatch;       /* NULL: it could not be made */
    struct error error;
};

/* Takes the study over, and sets its heartbeat_timeout. Rank 0 has no worker. `witness` may be
 * NULL; it gets `context`. */
void virtual_dispatch_begin(struct virtual_dispatch *job, json_t *document, double timeout_s,
                            int ranks, virtual_witness *witness, void *context);

/* The dispatcher dies, and another goes on with what was committed. */
void virtual_dispatch_resume(struct virtual_dispatch *job);

void virtual_dispatch_end(struct virtual_dispatch *job);

#endif
