/* report.h - report.html: a study as a page that anyone can open and send. */
#ifndef LRSWEEP_COORDINATOR_REPORT_REPORT_H
#define LRSWEEP_COORDINATOR_REPORT_REPORT_H

#include "coordinator/study/snapshot.h"

#include <stdio.h>

/* Writes DIR/report.html, replacing an old one atomically: one file that needs no network, with all
 * trials, the curves of those that are drawn, and what draws them. `snapshot` was read from DIR;
 * reports, events and the range test (DIR/find.json) are read now. */
bool report_write(const char *dir, const struct snapshot *snapshot, struct error *error);

/* Writes DIR/losses.svg and DIR/rates.svg: the loss curves, and the metric against the rate, for a
 * paper; and the path of each to `written`, a line each. One that has nothing to draw is left out;
 * fails where both have not. */
bool report_write_figures(const char *dir, const struct snapshot *snapshot, FILE *written,
                          struct error *error);

#endif
