/* parts.c - lists the parts of a report. */
#include "coordinator/report/parts.h"

/* 17 digits give back the very number; for what is only drawn fewer do. */
const struct report_part report_parts[REPORT_PARTS] = {
    {"study", 9, report_part_study},         {"trials", 17, report_part_trials},
    {"curves", 5, report_part_curves},       {"rungs", 6, report_part_rungs},
    {"schedules", 5, report_part_schedules}, {"timeline", 9, report_part_timeline},
    {"range", 6, report_part_range},
};
