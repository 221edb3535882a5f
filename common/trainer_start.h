/* trainer_start.h - starting a trainer and the first line to it: the same for a worker, which
 * trains with it, and for the coordinator, which asks it whether it accepts a study.
 *
 * The trainer is the built-in one, or with `trainer` in the study the program that the user named,
 * or lrsweep-script for the user's script. Any inherits the environment, with
 * LRSWEEP_TRAINER_PARENT, the id of this process, added. Each is to use one core:
 * OPENBLAS_NUM_THREADS is 1 for the built-in one; for the user's, it and OMP_NUM_THREADS and
 * MKL_NUM_THREADS are 1 unless the environment says otherwise. */
#ifndef LRSWEEP_COMMON_TRAINER_START_H
#define LRSWEEP_COMMON_TRAINER_START_H

#include "common/child.h"
#include "common/error.h"

#include <jansson.h>

/* Whether the resolved study names a program of the user's. */
bool trainer_is_own(const json_t *document);

/* Starts the study's trainer, `built_in` (a path) if it names none. */
bool trainer_start(struct child *child, const char *built_in, const json_t *document,
                   struct error *error);

/* {"op":"hello", ...} for the resolved study; new reference, NULL only when memory ran out. */
json_t *trainer_hello(const json_t *document);

/* How lines to trainers are written: compact, and with every digit of a number. */
#define TRAINER_JSON_FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(17))

#endif
