/* schedules.h - the rows of the schedule table, one file a family. For schedule.c alone. */
#ifndef LRSWEEP_COMMON_SCHEDULE_SCHEDULES_H
#define LRSWEEP_COMMON_SCHEDULE_SCHEDULES_H

#include "common/schedule/schedule.h"

extern const struct schedule_class schedule_constant;
extern const struct schedule_class schedule_step;
extern const struct schedule_class schedule_exponential;
extern const struct schedule_class schedule_cosine;

#endif
