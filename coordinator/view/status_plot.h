/* status_plot.h - a study in two pictures of text. */
#ifndef LRSWEEP_COORDINATOR_VIEW_STATUS_PLOT_H
#define LRSWEEP_COORDINATOR_VIEW_STATUS_PLOT_H

#include "coordinator/view/report_list.h"
#include "coordinator/view/study_facts.h"

#include <stdio.h>

struct status_look {
    size_t width, rows; /* columns of a line; rows of a picture */
    bool blocks, colour;
};

/* The training losses of all trials over their epochs (or steps), cut off above half as much again
 * as the constant predictor's; then the best metric of each trial against its rate, a letter for
 * each schedule, an x for one that diverged, with the edge of divergence below. A picture for which
 * there is nothing yet is left out, and a range test has none. */
void status_plot_print(FILE *stream, const struct snapshot *snapshot,
                       const struct report_list *reports, struct status_look look);

#endif
