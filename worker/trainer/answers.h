/* answers.h - the lines that a trainer writes (include/lrsweep/protocol.h). */
#ifndef LRSWEEP_WORKER_TRAINER_ANSWERS_H
#define LRSWEEP_WORKER_TRAINER_ANSWERS_H

#include "worker/trainer/evaluate.h"
#include "worker/trainer/training.h"

#include <jansson.h>

/* Each writes one line to a descriptor; false when that failed. `trial` is the number that the
 * command held, as JSON (NULL: none). */
bool answer_ready(int descriptor, const struct model *model, const char *blas);
bool answer_refused(int descriptor, const struct refusal *refusal);
bool answer_report(int descriptor, const json_t *trial, const struct training_report *report);
bool answer_done(int descriptor, const json_t *trial, uint64_t step, const char *status,
                 enum verdict verdict, const char *message);
/* evaluation NULL: it failed, and message says why. */
bool answer_tested(int descriptor, const json_t *trial, const struct evaluation *evaluation,
                   const char *message);

#endif
