/* progress_lines.h - the numbers of a running search as lines of text that fit a width. */
#ifndef LRSWEEP_COORDINATOR_VIEW_PROGRESS_LINES_H
#define LRSWEEP_COORDINATOR_VIEW_PROGRESS_LINES_H

#include "coordinator/view/progress.h"

#define PROGRESS_LINES_MAX  4
#define PROGRESS_LINE_BYTES 1024

struct progress_line {
    char text[PROGRESS_LINE_BYTES]; /* with escape sequences if colour */
    size_t used;                    /* bytes */
    unsigned columns;               /* that it takes on a terminal */
};

struct progress_look {
    unsigned width; /* columns that a line may take */
    bool colour;
    bool blocks; /* the bar in UTF-8 block characters, else ASCII */
};

/* The block for a terminal; returns how many lines. Pieces that do not fit the width are left out,
 * the less important first; a line is never wider than it. */
size_t progress_lines_block(struct progress_line lines[PROGRESS_LINES_MAX],
                            const struct progress_numbers *numbers, struct progress_look look);

/* The same in one line without escape sequences, for a log. */
void progress_lines_plain(struct progress_line *line, const struct progress_numbers *numbers);

#endif
