/* deadline_text.h - when a run is to have ended, as a person writes it. */
#ifndef LRSWEEP_COMMON_DEADLINE_TEXT_H
#define LRSWEEP_COMMON_DEADLINE_TEXT_H

#include "common/error.h"

#include <stdbool.h>
#include <time.h>

#define DEADLINE_FORMS                                                                             \
    "a time from the start, such as 3h50m, 90m or 5400 (seconds), or a clock time"

/* Reads a time from the start, in days, hours, minutes and seconds ("3h50m", "1.5h", "2d12h",
 * "90s", a bare number: seconds), or the next time that the clock here shows ("18:30"). *seconds:
 * from `now` on, above 0. */
bool deadline_read(const char *text, time_t now, double *seconds, struct error *error);

#endif
