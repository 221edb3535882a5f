/* shared_copy.h - one read-only copy of something on a node, mapped by all processes that need it.
 *
 * The copy is a file named lrsweep-UID-HASH, made by the first process that opens it and removed by
 * the last that closes it. It holds its key in full; the key names the contents, so that a copy
 * that a killed run left behind is used if it fits and removed if it does not. */
#ifndef LRSWEEP_WORKER_DATA_SHARED_COPY_H
#define LRSWEEP_WORKER_DATA_SHARED_COPY_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>

struct shared_copy;

/* What the copy is made of. */
struct shared_copy_source {
    const char *key; /* everything that the contents depend on */
    /* Called in the one process that makes the copy: how many bytes, then the bytes. `destination`
     * is aligned to a page and zeroed. */
    bool (*measure)(void *context, size_t *bytes, struct error *error);
    bool (*fill)(void *context, void *destination, size_t bytes, struct error *error);
    void *context;
};

/* Where copies are kept, best first: /dev/shm, then $TMPDIR, then /tmp. The texts are borrowed from
 * the environment. NULL ends the list. */
#define SHARED_COPY_PLACES 4
void shared_copy_places(const char *places[SHARED_COPY_PLACES]);

/* Opens the copy in the first of `places` where it is or can be made. Blocks while another process
 * is making it. NULL and an error when measure or fill fail, or no place will do. */
struct shared_copy *shared_copy_open(const char *const *places,
                                     const struct shared_copy_source *source, struct error *error);

/* Removes the copy if nobody else has it open. */
void shared_copy_close(struct shared_copy *copy);

/* The contents; valid until the copy is closed. */
const void *shared_copy_bytes(const struct shared_copy *copy);

#endif
