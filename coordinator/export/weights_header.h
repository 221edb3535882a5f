/* weights_header.h - the shapes in best.safetensors, without its numbers. */
#ifndef LRSWEEP_COORDINATOR_EXPORT_WEIGHTS_HEADER_H
#define LRSWEEP_COORDINATOR_EXPORT_WEIGHTS_HEADER_H

#include <jansson.h>
#include <stddef.h>

/* The header of DIR/best.safetensors (8 bytes of little-endian length, then JSON), which names each
 * tensor with its shape. A new reference; NULL where there is no such file, or it is damaged. */
json_t *weights_header_read(const char *dir);

/* Size number `axis` of a tensor; 0: there is none. `header` may be NULL. */
size_t weights_header_size(const json_t *header, const char *tensor, size_t axis);

#endif
