/* weights_header.c - reads the first part of a safetensors file. */
#include "coordinator/export/weights_header.h"

#include "common/layout.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define HEADER_MOST ((size_t)16 << 20)

static json_t *read_header(FILE *file)
{
    unsigned char bytes[8];
    uint64_t length = 0;
    if (fread(bytes, 1, sizeof bytes, file) != sizeof bytes)
        return NULL;
    for (size_t i = 0; i < sizeof bytes; i++)
        length |= (uint64_t)bytes[i] << (8 * i);
    if (length == 0 || length > HEADER_MOST)
        return NULL;
    char *text = malloc(length);
    json_t *header = NULL;
    if (text && fread(text, 1, length, file) == length)
        header = json_loadb(text, length, 0, NULL);
    free(text);
    return header;
}

json_t *weights_header_read(const char *dir)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/" LAYOUT_BEST, dir);
    FILE *file = length > 0 && (size_t)length < sizeof path ? fopen(path, "rb") : NULL;
    if (!file)
        return NULL;
    json_t *header = read_header(file);
    (void)fclose(file);
    return header;
}

size_t weights_header_size(const json_t *header, const char *tensor, size_t axis)
{
    const json_t *shape = json_object_get(json_object_get(header, tensor), "shape");
    json_int_t size = json_integer_value(json_array_get(shape, axis));
    return size > 0 ? (size_t)size : 0;
}
