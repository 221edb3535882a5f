/* csv_reader.h - the records of a text of separated values.
 *
 * Format: RFC 4180: fields in double quotes may hold separators, line ends and doubled quotes.
 * Lines end with LF or CRLF; empty lines at the end, and a byte order mark at the start, are passed
 * over.
 */
#ifndef LRSWEEP_COMMON_CSV_READER_H
#define LRSWEEP_COMMON_CSV_READER_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>

struct csv_reader {
    const char *path; /* for errors */
    char *at;         /* what is left of the text, which is changed in passing */
    char separator;
    size_t row; /* of the record read last, from 1 */
    char **field;
    size_t count, room;
};

/* `text` is NUL-terminated and outlives the fields, which point into it. */
void csv_reader_start(struct csv_reader *reader, const char *path, char *text, char separator);
void csv_reader_free(struct csv_reader *reader);

/* Reads the next record into field[count]; *more is false at the end of the text. Once there was a
 * record, each has to have as many fields. */
bool csv_reader_next(struct csv_reader *reader, bool *more, struct error *error);

#endif
