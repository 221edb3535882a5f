/* watch.h - a page that is written again and again: in its place on a terminal, else below. */
#ifndef LRSWEEP_COORDINATOR_VIEW_WATCH_H
#define LRSWEEP_COORDINATOR_VIEW_WATCH_H

#include <stdbool.h>
#include <stdio.h>

struct watch;

/* `stream` is borrowed. NULL: out of memory. */
struct watch *watch_create(FILE *stream);

/* Shows `page`, lines of text. On a terminal it takes the place of the page before; lines are cut
 * at its width, and what does not fit its height is left out. Elsewhere it is written below the one
 * before, with an empty line between, if it differs from it. False: it cannot be written. */
bool watch_show(struct watch *watch, const char *page);
void watch_destroy(struct watch *watch);

#endif
