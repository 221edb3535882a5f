/* npy_array.c - parses the header strictly, and puts numbers into C order. */
#include "worker/data/npy_array.h"

#include "worker/data/packed_file.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PREAMBLE_BYTES = 8, HEADER_MAX_BYTES = 65536, BLOCK_NUMBERS = 8192, NUMBER_MAX_BYTES = 8 };

/* No array of this many numbers exists; a header that claims one is damaged. */
static const uint64_t largest_count = UINT64_C(1) << 44;

/* --- the header: a dictionary as Python writes it ----------------------------------------------
 */

struct reader {
    const char *start, *at;
    size_t offset; /* of `start` in the file */
};

static void blanks_skip(struct reader *reader)
{
    reader->at += strspn(reader->at, " \t\n");
}

static bool take(struct reader *reader, const char *text)
{
    blanks_skip(reader);
    size_t length = strlen(text);
    if (strncmp(reader->at, text, length) != 0)
        return false;
    reader->at += length;
    return true;
}

/* A string in single or double quotes. */
static bool take_string(struct reader *reader, char *text, size_t text_bytes)
{
    blanks_skip(reader);
    char quote = *reader->at;
    const char *end = quote == '\'' || quote == '"' ? strchr(reader->at + 1, quote) : NULL;
    if (!end || (size_t)(end - reader->at) > text_bytes)
        return false;
    size_t length = (size_t)(end - reader->at) - 1;
    memcpy(text, reader->at + 1, length);
    text[length] = '\0';
    reader->at = end + 1;
    return true;
}

static bool take_shape(struct reader *reader, struct npy_array *array)
{
    if (!take(reader, "("))
        return false;
    array->rank = 0;
    while (!take(reader, ")")) {
        blanks_skip(reader);
        char *end;
        if (array->rank == NPY_RANK_MAX || *reader->at < '0' || *reader->at > '9')
            return false;
        array->size[array->rank] = strtoull(reader->at, &end, 10); /* too large: ULLONG_MAX */
        array->rank++;
        reader->at = end;
        if (!take(reader, ",") && !take(reader, ")"))
            return false;
        if (reader->at[-1] == ')')
            break;
    }
    return true;
}

static bool take_type(struct reader *reader, struct npy_array *array)
{
    static const char *const known[] = {"b1", "i1", "i2", "i4", "i8", "u1",
                                        "u2", "u4", "u8", "f4", "f8"};
    char type[16];
    if (!take_string(reader, type, sizeof type) || strlen(type) != 3 || !strchr("<>|", type[0]))
        return false;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i], type + 1) == 0) {
            array->big_endian = type[0] == '>';
            array->kind = type[1];
            array->bytes = (size_t)(type[2] - '0');
            return array->bytes == 1 || type[0] != '|';
        }
    return false;
}

static bool take_bool(struct reader *reader, bool *value)
{
    *value = take(reader, "True");
    return *value || take(reader, "False");
}

static bool dictionary_refuse(const struct npy_array *array, const struct reader *reader,
                              const char *expected, struct error *error)
{
    return error_set(error, "%s: the header at byte %zu is \"%.60s\", expected %s",
                     packed_file_path(array->file),
                     reader->offset + (size_t)(reader->at - reader->start), reader->at, expected);
}

static bool dictionary_read(struct npy_array *array, struct reader *reader, struct error *error)
{
    bool seen[3] = {false};
    if (!take(reader, "{"))
        return dictionary_refuse(array, reader, "a dictionary", error);
    while (!take(reader, "}")) {
        char key[32] = "";
        if (!take_string(reader, key, sizeof key) || !take(reader, ":"))
            return dictionary_refuse(array, reader, "a key", error);
        blanks_skip(reader);
        const char *value = reader->at;
        const char *expected = NULL;
        if (strcmp(key, "descr") == 0) {
            seen[0] = true;
            if (!take_type(reader, array))
                expected = "a type of integers or of floats of 4 or 8 bytes";
        } else if (strcmp(key, "fortran_order") == 0) {
            seen[1] = true;
            if (!take_bool(reader, &array->fortran_order))
                expected = "True or False";
        } else if (strcmp(key, "shape") == 0) {
            seen[2] = true;
            if (!take_shape(reader, array))
                expected = "a shape of at most 8 dimensions";
        } else {
            expected = "a value of descr, fortran_order or shape";
        }
        if (expected) {
            reader->at = value;
            return dictionary_refuse(array, reader, expected, error);
        }
        if (!take(reader, ",") && *reader->at != '}')
            return dictionary_refuse(array, reader, "a comma", error);
    }
    blanks_skip(reader);
    if (*reader->at || !seen[0] || !seen[1] || !seen[2])
        return dictionary_refuse(array, reader, "descr, fortran_order and shape", error);
    return true;
}

static bool header_read(struct npy_array *array, struct error *error)
{
    static const unsigned char magic[6] = {0x93, 'N', 'U', 'M', 'P', 'Y'};
    unsigned char start[PREAMBLE_BYTES], length[4] = {0};
    const char *path = packed_file_path(array->file);
    if (!packed_file_read(array->file, start, sizeof start, error))
        return false;
    if (memcmp(start, magic, sizeof magic) != 0)
        return error_set(error, "%s: not an .npy file: no \\x93NUMPY at byte 0", path);
    if (start[6] < 1 || start[6] > 3)
        return error_set(error, "%s: version %u of .npy at byte 6, known are 1 to 3", path,
                         start[6]);
    if (!packed_file_read(array->file, length, start[6] == 1 ? 2 : 4, error))
        return false;
    size_t bytes =
        length[0] | (size_t)length[1] << 8 | (size_t)length[2] << 16 | (size_t)length[3] << 24;
    if (bytes > HEADER_MAX_BYTES)
        return error_set(error, "%s: a header of %zu bytes at byte 8, at most %d are read", path,
                         bytes, HEADER_MAX_BYTES);
    char *text = malloc(bytes + 1);
    if (!text)
        return error_set(error, "%s: out of memory", path);
    struct reader reader = {
        .start = text, .at = text, .offset = (size_t)packed_file_offset(array->file)};
    bool good = packed_file_read(array->file, text, bytes, error);
    text[good ? bytes : 0] = '\0';
    good = good && dictionary_read(array, &reader, error);
    free(text);
    return good;
}

/* The shape, and whether the file can hold it. */
static bool shape_check(struct npy_array *array, struct error *error)
{
    const char *path = packed_file_path(array->file);
    uint64_t count = 1, bound, start = packed_file_offset(array->file);
    if (array->rank == 0)
        return error_set(error, "%s: its shape is (), expected one dimension at least", path);
    for (size_t i = 0; i < array->rank; i++) {
        if (array->size[i] == 0)
            return error_set(error, "%s: dimension %zu of its shape is 0", path, i);
        if (array->size[i] > largest_count / count)
            return error_set(error, "%s: its shape is impossibly large from dimension %zu on", path,
                             i);
        count *= array->size[i];
    }
    array->samples = array->size[0];
    array->sample_count = count / array->size[0];
    uint64_t end = start + count * array->bytes;
    bool exact = packed_file_size(array->file, &bound);
    if (bound < end || (exact && bound > end))
        return error_set(error, "%s: %s: it ends at byte %s%llu, its header says %llu", path,
                         bound < end ? "truncated" : "too long", exact ? "" : "~",
                         (unsigned long long)bound, (unsigned long long)end);
    return true;
}

bool npy_array_open(struct npy_array *array, const char *path, const char *member,
                    struct error *error)
{
    memset(array, 0, sizeof *array);
    array->file =
        member ? packed_file_open_member(path, member, error) : packed_file_open(path, error);
    if (array->file && header_read(array, error) && shape_check(array, error))
        return true;
    npy_array_close(array);
    return false;
}

void npy_array_close(struct npy_array *array)
{
    packed_file_close(array->file);
    array->file = NULL;
}

/* --- the numbers -------------------------------------------------------------------------------
 */

/* Where the numbers of the file go: they come sample by sample (C), or place by place for all
 * samples (Fortran). */
struct cursor {
    uint64_t sample, place;
    uint64_t rest[NPY_RANK_MAX]; /* Fortran: the place's indices, [1] .. [rank - 1] */
};

static void cursor_advance(struct cursor *cursor, const struct npy_array *array)
{
    if (!array->fortran_order) {
        cursor->place++;
        if (cursor->place == array->sample_count) {
            cursor->place = 0;
            cursor->sample++;
        }
        return;
    }
    cursor->sample++;
    if (cursor->sample < array->samples)
        return;
    cursor->sample = 0;
    for (size_t i = 1; i < array->rank; i++) {
        cursor->rest[i]++;
        if (cursor->rest[i] < array->size[i])
            break;
        cursor->rest[i] = 0;
    }
    cursor->place = 0;
    for (size_t i = 1; i < array->rank; i++)
        cursor->place = cursor->place * array->size[i] + cursor->rest[i];
}

static double number_decode(const struct npy_array *array, const unsigned char *bytes)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < array->bytes; i++)
        bits |= (uint64_t)bytes[array->big_endian ? array->bytes - 1 - i : i] << (8 * i);
    if (array->kind == 'f' && array->bytes == 4) {
        uint32_t half = (uint32_t)bits;
        float value;
        memcpy(&value, &half, sizeof value);
        return (double)value;
    }
    if (array->kind == 'f') {
        double value;
        memcpy(&value, &bits, sizeof value);
        return value;
    }
    uint64_t sign = UINT64_C(1) << (8 * array->bytes - 1);
    if (array->kind == 'i' && (bits & sign))
        return -(double)((~bits & (sign - 1)) + 1); /* two's complement */
    return (double)bits;
}

/* Reads all numbers and leaves each in one of the two destinations. */
static bool numbers_read(struct npy_array *array, double *doubles, float *floats,
                         struct error *error)
{
    uint64_t total = array->samples * array->sample_count;
    unsigned char *block = malloc((size_t)BLOCK_NUMBERS * NUMBER_MAX_BYTES);
    struct cursor cursor = {0};
    bool good = true;
    if (!block)
        return error_set(error, "%s: out of memory", packed_file_path(array->file));
    for (uint64_t done = 0; done < total && good;) {
        size_t count = total - done < BLOCK_NUMBERS ? (size_t)(total - done) : BLOCK_NUMBERS;
        uint64_t offset = packed_file_offset(array->file);
        good = packed_file_read(array->file, block, count * array->bytes, error);
        for (size_t i = 0; i < count && good; i++) {
            double value = number_decode(array, block + i * array->bytes);
            uint64_t to = cursor.sample * array->sample_count + cursor.place;
            if (!isfinite(value) || (floats && fabs(value) > (double)FLT_MAX))
                good = error_set(
                    error,
                    "%s: the number at byte %llu (sample %llu, place %llu in it, from "
                    "0) is %g, which is missing or too large",
                    packed_file_path(array->file), (unsigned long long)(offset + i * array->bytes),
                    (unsigned long long)cursor.sample, (unsigned long long)cursor.place, value);
            else if (floats)
                floats[to] = (float)value;
            else if (doubles)
                doubles[to] = value;
            cursor_advance(&cursor, array);
        }
        done += count;
    }
    free(block);
    return good && packed_file_end(array->file, error);
}

bool npy_array_read_doubles(struct npy_array *array, double *destination, struct error *error)
{
    return numbers_read(array, destination, NULL, error);
}

bool npy_array_read_floats(struct npy_array *array, float *destination, struct error *error)
{
    return numbers_read(array, NULL, destination, error);
}

bool npy_array_read_bytes(struct npy_array *array, uint8_t *destination, struct error *error)
{
    uint64_t total = array->samples * array->sample_count;
    if (!array->fortran_order)
        return packed_file_read(array->file, destination, total, error) &&
               packed_file_end(array->file, error);
    unsigned char *all = malloc(total);
    struct cursor cursor = {0};
    if (!all)
        return error_set(error, "%s: out of memory", packed_file_path(array->file));
    bool good =
        packed_file_read(array->file, all, total, error) && packed_file_end(array->file, error);
    for (uint64_t i = 0; i < total && good; i++) {
        destination[cursor.sample * array->sample_count + cursor.place] = all[i];
        cursor_advance(&cursor, array);
    }
    free(all);
    return good;
}
