/* study_scan.h - copies the text of one file for libconfig, and finds what libconfig would not say.
 *
 * Follows libconfig's own tokens: names [A-Za-z*][-A-Za-z0-9_*]*, strings in double quotes with
 * backslash escapes, comments from # or // to the end of the line and between slash-star pairs. */
#ifndef LRSWEEP_COMMON_STUDY_STUDY_SCAN_H
#define LRSWEEP_COMMON_STUDY_STUDY_SCAN_H

#include "common/study/study_source.h"

struct study_scan {
    struct study_source *source; /* what is written to */
    struct study_problems *problems;
    const struct study_place *place; /* of everything in it; NULL: file and line */

    /* Called for `@include "path"`; NULL: includes are refused. */
    void (*include)(struct study_scan *scan, const char *path, const char *file, unsigned line);

    /* Brackets that are open, across files. */
    size_t depth;
    struct {
        char bracket;
        struct study_place place;
    } open[STUDY_SOURCE_MAX_NESTING];
    bool too_deep; /* said so already */
};

/* Appends `text`, which is NUL-terminated and line 1 and on of `file`. NUL bytes in it are refused.
 */
void study_scan_text(struct study_scan *scan, const char *text, size_t length, const char *file);

void study_scan_newline(struct study_scan *scan);

/* After the last text: terminates it and reports brackets that were not closed. */
void study_scan_end(struct study_scan *scan);

/* The place of `line` of `file` at the present point of the text. */
struct study_place study_scan_place(const struct study_scan *scan, const char *file, unsigned line);

#endif
