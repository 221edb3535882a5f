/* flat_params.h - a candidate's parameters as a flat list of names and values. */
#ifndef LRSWEEP_COORDINATOR_VIEW_FLAT_PARAMS_H
#define LRSWEEP_COORDINATOR_VIEW_FLAT_PARAMS_H

#include <jansson.h>

/* {"lr": 0.03, "schedule": {"type": "step", "gamma": 0.3}, "lr_multiplier": [{"layer": 0, "value":
 * 2.0}]} becomes {"lr": 0.03, "schedule": "step", "schedule.gamma": 0.3, "lr_multiplier[0]": 2.0}:
 * the names are those of a list's columns (study_list.h). A list of numbers stays one. `text` is
 * trial_row.params; what is no object gives an empty one. A new reference, NULL: out of memory. */
json_t *flat_params(const char *text);

#endif
