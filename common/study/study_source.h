/* study_source.h - the text of a study file with its includes put in, ready for libconfig.
 *
 * libconfig would read includes itself, but from one folder for all files, and says little about
 * what is wrong. Here each include starts at the folder of its file, loops and missing files are
 * reported where they are included, and the text is made safe to parse: brackets match and nest
 * to a bound, strings are closed, integers fit. Lines stay lines, so that a line of the text leads
 * back to a line of a file.
 *
 * Three things are written otherwise than they stood, none of which changes what a sound file
 * means: comments are left out; integers get libconfig's suffix L, without which libconfig 1.5 cuts
 * them to 32 bits in silence; and [ ] become ( ), so that [0, 0.5] need not be [0.0, 0.5]. */
#ifndef LRSWEEP_COMMON_STUDY_STUDY_SOURCE_H
#define LRSWEEP_COMMON_STUDY_STUDY_SOURCE_H

#include "common/study/study_problems.h"

#include <stdbool.h>
#include <stddef.h>

#define STUDY_SOURCE_MAX_BYTES    (1 << 20) /* of all files together */
#define STUDY_SOURCE_MAX_FILES    64
#define STUDY_SOURCE_MAX_NESTING  32    /* of brackets */
#define STUDY_SOURCE_MAX_SETTINGS 10000 /* NAME = VALUE pairs */

/* Lines of the text from `first` on (counted from 1) are lines of `file` from `line` on. */
struct study_span {
    size_t first;
    const char *file; /* owned by the source */
    unsigned line;
};

struct study_source {
    char *text; /* for libconfig; NUL-terminated */
    size_t length, capacity;
    size_t lines; /* '\n' written so far */
    struct study_span *spans;
    size_t span_count;
    struct {
        char *name; /* as messages give it */
        char *text; /* as it was read, NUL-terminated */
    } files[STUDY_SOURCE_MAX_FILES];
    size_t file_count;
    size_t bytes_read, settings;
    bool had_comment;
};

/* Reads `path` and what it includes. Returns false if there were problems. */
bool study_source_read(struct study_source *source, const char *path,
                       struct study_problems *problems);

/* The same for a text that may not include, such as the VALUE of a --set; problems have `place`. */
bool study_source_text(struct study_source *source, const char *text,
                       const struct study_place *place, struct study_problems *problems);

/* Copies a line of a file, in quotes, fit to be printed and cut off if long; "" if there is none.
 */
void study_source_quote(const struct study_source *source, const struct study_place *place,
                        char *text, size_t text_bytes);

/* Where a line of the text (from 1) came from. */
struct study_place study_source_place(const struct study_source *source, unsigned line);

void study_source_destroy(struct study_source *source);

#endif
