/* report_list.h - all reports of a study in memory, trial by trial. */
#ifndef LRSWEEP_COORDINATOR_VIEW_REPORT_LIST_H
#define LRSWEEP_COORDINATOR_VIEW_REPORT_LIST_H

#include "coordinator/study/snapshot.h"

struct report_list {
    struct report_row *rows; /* [count], by trial and step */
    size_t count;
};

/* Reads those of DIR/study.db. On failure the list is empty. */
bool report_list_read(struct report_list *list, const char *dir, struct error *error);
void report_list_destroy(struct report_list *list);

/* The reports of one trial, *count of them. */
const struct report_row *report_list_of(const struct report_list *list, uint32_t trial,
                                        size_t *count);

/* What a study minimises, as this report measured it: its loss, or 1 - accuracy. NaN: not measured,
 * or not finite. `metric` as in study.metric. */
double report_metric(const struct report_row *row, const char *metric);

/* Whether the report measured it, finite or not. */
bool report_measured(const struct report_row *row, const char *metric);

#define REPORT_NUMBERS 9

/* What a report measured, named as in table `report`, in its order there. */
extern const char *const report_number_names[REPORT_NUMBERS];
void report_numbers(const struct report_row *row, double numbers[REPORT_NUMBERS]);

#endif
