/* memory.h - aligned memory, allocated once, up front. */
#ifndef LRSWEEP_WORKER_TRAINER_MEMORY_H
#define LRSWEEP_WORKER_TRAINER_MEMORY_H

#include <stddef.h>

#define MEMORY_ALIGNMENT_BYTES 64 /* a cache line, and the widest vector */

/* Zeroed, aligned; NULL when memory ran out or count * bytes overflows. Free with free(). */
void *memory_create(size_t count, size_t bytes);

#endif
