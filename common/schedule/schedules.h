/* schedules.h - the rows of the schedule table, one file a family. For schedule.c alone. */
#ifndef LRSWEEP_COMMON_SCHEDULE_SCHEDULES_H
#define LRSWEEP_COMMON_SCHEDULE_SCHEDULES_H

#include "common/schedule/schedule.h"

extern const struct schedule_class schedule_constant;
extern const struct schedule_class schedule_step;
extern const struct schedule_class schedule_exponential;
extern const struct schedule_class schedule_cosine;
extern const struct schedule_class schedule_multi_step;
extern const struct schedule_class schedule_polynomial;
extern const struct schedule_class schedule_linear;
extern const struct schedule_class schedule_cosine_restarts;
extern const struct schedule_class schedule_one_cycle;
extern const struct schedule_class schedule_cyclic;
extern const struct schedule_class schedule_inverse_sqrt;
extern const struct schedule_class schedule_wsd;
extern const struct schedule_class schedule_plateau;

#endif
