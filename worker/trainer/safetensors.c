/* safetensors.c - writes and reads safetensors files. */
#include "worker/trainer/safetensors.h"

#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static const char metadata_key[] = "__metadata__";
static const char crc_key[] = "crc32";
static const char crc_zero[] = "00000000";
/* How the value starts in the header. No text of ours holds this: JSON escapes the quotes in texts.
 */
static const char crc_start[] = "\"crc32\":\"";

enum { LENGTH_BYTES = 8, CRC_DIGITS = 8, ALIGNMENT_BYTES = 64 };

static const size_t header_bytes_max = (size_t)100 << 20;

struct safetensors {
    char *path;
    unsigned char *bytes; /* the file */
    size_t size;
    size_t data_offset;
    json_t *header;
};

static size_t dtype_bytes(const char *dtype)
{
    static const struct {
        const char *name;
        size_t bytes;
    } types[] = {{"F32", 4}, {"F64", 8}, {"U8", 1}, {"I32", 4}, {"I64", 8}};
    for (size_t i = 0; dtype && i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i].name, dtype) == 0)
            return types[i].bytes;
    return 0;
}

static size_t tensor_bytes(const struct safetensors_tensor *tensor)
{
    size_t bytes = dtype_bytes(tensor->dtype);
    for (size_t i = 0; i < tensor->rank; i++)
        bytes *= tensor->shape[i];
    return bytes;
}

static void little_endian(uint64_t value, unsigned char bytes[LENGTH_BYTES])
{
    for (int i = 0; i < LENGTH_BYTES; i++)
        bytes[i] = (unsigned char)(value >> (8 * i));
}

static uLong crc_add(uLong crc, const void *data, size_t bytes)
{
    const size_t most = (size_t)1 << 30;
    const unsigned char *at = data;
    while (bytes > 0) {
        size_t taken = bytes < most ? bytes : most;
        crc = crc32(crc, at, (uInt)taken);
        at += taken;
        bytes -= taken;
    }
    return crc;
}

/* The header's text with the checksum 0, padded with spaces so that the data are aligned. */
static char *header_text(const struct safetensors_tensor *tensors, size_t count,
                         const json_t *metadata, size_t *length)
{
    json_t *header = json_object(), *texts = json_object();
    uint64_t offset = 0;
    bool good = json_object_update(texts, (json_t *)metadata) == 0 &&
                json_object_set_new(texts, crc_key, json_string(crc_zero)) == 0 &&
                json_object_set(header, metadata_key, texts) == 0;
    for (size_t i = 0; good && i < count; i++) {
        json_t *shape = json_array();
        for (size_t j = 0; j < tensors[i].rank; j++)
            (void)json_array_append_new(shape, json_integer((json_int_t)tensors[i].shape[j]));
        uint64_t end = offset + tensor_bytes(&tensors[i]);
        json_t *entry = json_pack("{s:s, s:o, s:[I, I]}", "dtype", tensors[i].dtype, "shape", shape,
                                  "data_offsets", (json_int_t)offset, (json_int_t)end);
        good = entry && json_object_set_new(header, tensors[i].name, entry) == 0;
        offset = end;
    }
    char *text = good ? json_dumps(header, JSON_COMPACT) : NULL;
    json_decref(texts);
    json_decref(header);
    if (!text)
        return NULL;
    size_t written = strlen(text);
    *length = (LENGTH_BYTES + written + ALIGNMENT_BYTES - 1) / ALIGNMENT_BYTES * ALIGNMENT_BYTES -
              LENGTH_BYTES;
    char *padded = malloc(*length + 1);
    if (padded)
        (void)snprintf(padded, *length + 1, "%-*s", (int)*length, text);
    free(text);
    return padded;
}

/* Sets the checksum's digits in the header and writes everything to an open file. */
static bool file_fill(int descriptor, char *header, size_t header_bytes,
                      const struct safetensors_tensor *tensors, size_t count)
{
    unsigned char length[LENGTH_BYTES];
    little_endian(header_bytes, length);
    uLong crc = crc_add(crc32(0, NULL, 0), length, sizeof length);
    crc = crc_add(crc, header, header_bytes);
    for (size_t i = 0; i < count; i++)
        crc = crc_add(crc, tensors[i].data, tensor_bytes(&tensors[i]));
    char digits[CRC_DIGITS + 1];
    (void)snprintf(digits, sizeof digits, "%08lx", crc & 0xffffffffUL);
    char *place = strstr(header, crc_start);
    if (!place)
        return false;
    memcpy(place + strlen(crc_start), digits, CRC_DIGITS);

    bool good = file_write(descriptor, length, sizeof length) &&
                file_write(descriptor, header, header_bytes);
    for (size_t i = 0; good && i < count; i++)
        good = file_write(descriptor, tensors[i].data, tensor_bytes(&tensors[i]));
    return good && fsync(descriptor) == 0;
}

bool safetensors_write(const char *path, const struct safetensors_tensor *tensors, size_t count,
                       const json_t *metadata, struct error *error)
{
    size_t header_bytes;
    char temporary[PATH_MAX];
    int length = snprintf(temporary, sizeof temporary, "%s.%ld.tmp", path, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof temporary)
        return error_set(error, "%.200s...: the path is too long", path);
    char *header = header_text(tensors, count, metadata, &header_bytes);
    if (!header)
        return error_set(error, "%s: out of memory", path);
    int descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
    bool good = descriptor >= 0 && file_fill(descriptor, header, header_bytes, tensors, count);
    int reason = errno;
    if (descriptor >= 0 && close(descriptor) != 0 && good) {
        good = false;
        reason = errno;
    }
    free(header);
    /* The contents are on disk before the name points to them: a crash in between leaves the old
     * file, or none, and never half of the new one. */
    if (good && rename(temporary, path) != 0) {
        good = false;
        reason = errno;
    }
    if (!good) {
        if (descriptor >= 0)
            (void)unlink(temporary);
        return error_set(error, "%s cannot be written: %s", path, strerror(reason));
    }
    file_sync_parent(path);
    return true;
}

static bool file_read(struct safetensors *file, struct error *error)
{
    int descriptor = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status;
    bool good = descriptor >= 0 && fstat(descriptor, &status) == 0;
    if (!good)
        error_set(error, "%s: %s", file->path, strerror(errno));
    else if (!S_ISREG(status.st_mode))
        good = error_set(error, "%s is not a regular file", file->path);
    size_t size = good ? (size_t)status.st_size : 0;
    if (good && !(file->bytes = malloc(size + 1)))
        good = error_set(error, "%s: out of memory for its %zu bytes", file->path, size);
    while (good && file->size < size) {
        ssize_t got = read(descriptor, file->bytes + file->size, size - file->size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            good = error_set(error, "%s cannot be read: %s", file->path,
                             got < 0 ? strerror(errno) : "it ends early");
        else
            file->size += (size_t)got;
    }
    if (descriptor >= 0)
        close(descriptor);
    return good;
}

/* Compares the checksum in the header, as text, with that of the file with its digits set to 0. */
static bool crc_check(struct safetensors *file, struct error *error)
{
    const char *text = safetensors_text(file, crc_key);
    char *header = (char *)file->bytes + LENGTH_BYTES;
    size_t header_bytes = file->data_offset - LENGTH_BYTES, start_bytes = strlen(crc_start);
    char *place = NULL;
    for (size_t i = 0; !place && i + start_bytes + CRC_DIGITS <= header_bytes; i++)
        if (memcmp(header + i, crc_start, start_bytes) == 0)
            place = header + i + start_bytes;
    if (!text || !place || strlen(text) != CRC_DIGITS || memcmp(place, text, CRC_DIGITS) != 0)
        return error_set(error, "%s has no checksum", file->path);
    memcpy(place, crc_zero, CRC_DIGITS);
    char digits[CRC_DIGITS + 1];
    uLong crc = crc_add(crc32(0, NULL, 0), file->bytes, file->size);
    (void)snprintf(digits, sizeof digits, "%08lx", crc & 0xffffffffUL);
    if (strcmp(digits, text) == 0)
        return true;
    return error_set(error, "%s is corrupt: its checksum is %s, its contents give %s", file->path,
                     text, digits);
}

/* Whether an entry describes bytes that are there: [*begin, *end) of the data. */
static bool entry_bounds(const struct safetensors *file, const json_t *entry, uint64_t *begin,
                         uint64_t *end)
{
    const json_t *shape = json_object_get(entry, "shape");
    const json_t *offsets = json_object_get(entry, "data_offsets");
    const json_t *first = json_array_get(offsets, 0), *last = json_array_get(offsets, 1);
    uint64_t available = file->size - file->data_offset;
    uint64_t bytes = dtype_bytes(json_string_value(json_object_get(entry, "dtype")));
    if (bytes == 0 || !json_is_array(shape) || json_array_size(offsets) != 2 ||
        !json_is_integer(first) || !json_is_integer(last) || json_integer_value(first) < 0 ||
        json_integer_value(last) < json_integer_value(first))
        return false;
    for (size_t i = 0; i < json_array_size(shape); i++) {
        const json_t *size = json_array_get(shape, i);
        if (!json_is_integer(size) || json_integer_value(size) < 0)
            return false;
        uint64_t factor = (uint64_t)json_integer_value(size);
        if (factor != 0 && bytes > available / factor)
            return false;
        bytes *= factor;
    }
    *begin = (uint64_t)json_integer_value(first);
    *end = (uint64_t)json_integer_value(last);
    return *end <= available && *end - *begin == bytes;
}

static bool structure_check(struct safetensors *file, struct error *error)
{
    uint64_t length = 0;
    for (int i = 0; i < LENGTH_BYTES && file->size >= LENGTH_BYTES; i++)
        length |= (uint64_t)file->bytes[i] << (8 * i);
    if (file->size < LENGTH_BYTES || length > header_bytes_max ||
        length > file->size - LENGTH_BYTES)
        return error_set(error, "%s is corrupt or truncated: %zu bytes with a header of %llu",
                         file->path, file->size, (unsigned long long)length);
    file->data_offset = LENGTH_BYTES + (size_t)length;
    json_error_t parse;
    file->header = json_loadb((char *)file->bytes + LENGTH_BYTES, (size_t)length,
                              JSON_REJECT_DUPLICATES, &parse);
    if (!json_is_object(file->header))
        return error_set(error, "%s is corrupt: its header does not parse", file->path);
    const char *name;
    json_t *entry;
    uint64_t total = 0, begin, end;
    json_object_foreach(file->header, name, entry)
    {
        if (strcmp(name, metadata_key) == 0)
            continue;
        if (!entry_bounds(file, entry, &begin, &end))
            return error_set(error, "%s is corrupt or truncated: its tensor \"%.80s\" does not fit",
                             file->path, name);
        total += end - begin;
    }
    if (total != file->size - file->data_offset)
        return error_set(error,
                         "%s is corrupt or truncated: it holds %zu bytes of tensors, its "
                         "header says %llu",
                         file->path, file->size - file->data_offset, (unsigned long long)total);
    return true;
}

struct safetensors *safetensors_open(const char *path, struct error *error)
{
    struct safetensors *file = calloc(1, sizeof *file);
    if (file)
        file->path = strdup(path);
    if (!file || !file->path)
        error_set(error, "%s: out of memory", path);
    else if (file_read(file, error) && structure_check(file, error) && crc_check(file, error))
        return file;
    safetensors_close(file);
    return NULL;
}

void safetensors_close(struct safetensors *file)
{
    if (!file)
        return;
    json_decref(file->header);
    free(file->bytes);
    free(file->path);
    free(file);
}

const void *safetensors_find(const struct safetensors *file,
                             const struct safetensors_tensor *expected, struct error *error)
{
    const json_t *entry = json_object_get(file->header, expected->name);
    if (!entry || strcmp(expected->name, metadata_key) == 0) {
        error_set(error, "%s holds no tensor \"%s\"", file->path, expected->name);
        return NULL;
    }
    const char *dtype = json_string_value(json_object_get(entry, "dtype"));
    const json_t *shape = json_object_get(entry, "shape");
    bool good =
        dtype && strcmp(dtype, expected->dtype) == 0 && json_array_size(shape) == expected->rank;
    for (size_t i = 0; good && i < expected->rank; i++)
        good = json_integer_value(json_array_get(shape, i)) == (json_int_t)expected->shape[i];
    if (!good) {
        error_set(error, "%s: its tensor \"%s\" has another type or shape than this network's",
                  file->path, expected->name);
        return NULL;
    }
    json_int_t begin =
        json_integer_value(json_array_get(json_object_get(entry, "data_offsets"), 0));
    return file->bytes + file->data_offset + (size_t)begin;
}

const char *safetensors_text(const struct safetensors *file, const char *key)
{
    return json_string_value(json_object_get(json_object_get(file->header, metadata_key), key));
}

size_t safetensors_count(const struct safetensors *file)
{
    return json_object_size(file->header) - (json_object_get(file->header, metadata_key) != NULL);
}
