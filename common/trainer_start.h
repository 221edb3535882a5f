/* trainer_start.h - starting a trainer and the first line to it: the same for a worker, which
 * trains with it, and for the coordinator, which asks it whether it accepts a study. */
#ifndef LRSWEEP_COMMON_TRAINER_START_H
#define LRSWEEP_COMMON_TRAINER_START_H

#include "common/child.h"
#include "common/error.h"

#include <jansson.h>

/* Starts `program` as a trainer of this process: it dies with its parent, and uses one core. */
bool trainer_start(struct child *child, const char *program, struct error *error);

/* {"op":"hello", ...} for the resolved study; new reference, NULL only when memory ran out. */
json_t *trainer_hello(const json_t *document);

/* How lines to trainers are written: compact, and with every digit of a number. */
#define TRAINER_JSON_FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(17))

#endif
