/* study_problems.h - everything that is wrong with a study, each thing with its place. */
#ifndef LRSWEEP_COMMON_STUDY_STUDY_PROBLEMS_H
#define LRSWEEP_COMMON_STUDY_STUDY_PROBLEMS_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>

#define STUDY_PROBLEMS_MAX 100 /* further ones are only counted */

/* One thing that is wrong: "FILE:LINE: SETTING: what was found; what is allowed". */
struct study_problem {
    char text[ERROR_TEXT_BYTES];
    size_t order; /* of its place, see struct study_place */
};

/* Where a setting stands: in a file, or in a `--set`. */
struct study_place {
    const char *file; /* borrowed; NULL: unknown */
    unsigned line;    /* from 1; 0: the file as a whole */
    size_t order;     /* places sort by it: the file's lines with its includes, then each --set */
    const char *setting; /* the PATH=VALUE of a --set, borrowed; NULL: a file's */
};

struct study_problems {
    struct study_problem *list;
    size_t count;
    size_t omitted; /* found beyond STUDY_PROBLEMS_MAX */
    bool out_of_memory;
};

/* Appends "PLACE: text". */
void study_problem(struct study_problems *problems, const struct study_place *place,
                   const char *format, ...) PRINTF_LIKE(3, 4);

/* Whether anything is wrong. */
bool study_problems_any(const struct study_problems *problems);

/* Sorts by place and says in a last line how many were omitted. */
void study_problems_finish(struct study_problems *problems);

void study_problems_destroy(struct study_problems *problems);

/* "FILE:LINE", "FILE" or "--set PATH=VALUE". */
void study_place_text(const struct study_place *place, char *text, size_t text_bytes);

/* Copies `found` in quotes and fit to be printed: quotes get a backslash, control characters and
 * what is not UTF-8 become '?', and a long text is cut off. */
void study_quote(const char *found, char *text, size_t text_bytes);

/* Whether `text` is valid UTF-8. */
bool study_text_is_utf8(const char *text);

#endif
