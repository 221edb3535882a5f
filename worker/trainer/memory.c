/* memory.c - aligned memory. */
#include "worker/trainer/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void *memory_create(size_t count, size_t bytes)
{
    if (bytes && count > (SIZE_MAX - MEMORY_ALIGNMENT_BYTES) / bytes)
        return NULL;
    size_t total = (count * bytes + MEMORY_ALIGNMENT_BYTES - 1) / MEMORY_ALIGNMENT_BYTES *
                   MEMORY_ALIGNMENT_BYTES;
    if (total == 0)
        total = MEMORY_ALIGNMENT_BYTES;
    void *memory = aligned_alloc(MEMORY_ALIGNMENT_BYTES, total);
    if (memory)
        memset(memory, 0, total);
    return memory;
}
