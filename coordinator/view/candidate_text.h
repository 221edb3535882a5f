/* candidate_text.h - a candidate in a few words. */
#ifndef LRSWEEP_COORDINATOR_VIEW_CANDIDATE_TEXT_H
#define LRSWEEP_COORDINATOR_VIEW_CANDIDATE_TEXT_H

#include "coordinator/study/store.h"

#include <stddef.h>

/* Everything but the learning rate: "cosine", "step every 3 gamma 0.42, warm-up 1 epoch, momentum
 * 0.9". Parameters of a schedule that are 0 stand for their default and are left out, and so are
 * those of an optimizer that have their default: "constant, adam beta1 0.8". Where the space has no
 * schedule: "depth 3, width 64". */
void candidate_text(const struct trial_row *trial, char *text, size_t text_bytes);

/* With the learning rate: "lr 0.04, schedule exponential gamma 0.9"; where the space has no
 * schedule or no rate, without: "lr 0.1, depth 3", "depth 3". */
void candidate_text_whole(const struct trial_row *trial, char *text, size_t text_bytes);

#endif
