/* schedules.h - the rows of the schedule table, one file a family. For schedule.c alone. */
#ifndef LRSWEEP_COMMON_SCHEDULE_SCHEDULES_H
#define LRSWEEP_COMMON_SCHEDULE_SCHEDULES_H

#include "common/schedule/schedule.h"

/* --- what several rows share --- */

#define SCHEDULE_PI 3.14159265358979323846

/* A time that spans the full budget where it is 0. */
#define SCHEDULE_HORIZON_KEY(id, words)                                                            \
    {                                                                                              \
        .name = (id), .type = KEY_REAL, .fallback = "0.0", .low = 0, .high = CATALOGUE_ANY_REAL,   \
        .searchable = true, .text = words ", in search.unit; 0: the full budget less the warm-up"  \
    }

#define SCHEDULE_ETA_MIN_KEY(words)                                                                \
    {                                                                                              \
        .name = "eta_min", .type = KEY_REAL, .fallback = "0.0", .low = 0,                          \
        .high = CATALOGUE_ANY_REAL, .searchable = true, .text = words ", absolute"                 \
    }

/* The factor of falls that come one by one. */
#define SCHEDULE_FALL_KEY                                                                          \
    {                                                                                              \
        .name = "gamma", .type = KEY_REAL, .fallback = "0.1", .low = 0, .low_open = true,          \
        .high = 1, .searchable = true, .text = "what the rate is multiplied by at each fall"       \
    }

/* The factor that leaves `left` of the way from parameter number `eta_min`, a rate, up to lr. */
double schedule_above(const struct schedule *schedule, size_t eta_min, double left);

/* --- the rows --- */

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
