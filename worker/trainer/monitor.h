/* monitor.h - tells from a run's losses that it is lost, before its budget is spent.
 *
 * Pure: fed the loss of every step and, every few steps, the share of dead units in each ReLU
 * layer. Two ways of being lost are known:
 *
 * - diverged: a loss is not finite. No finite loss is too large: runs whose loss once stood at
 * fifty times the best recover and end well.
 * - collapsed: thrown to the constant predictor's level and stuck there. Over the last
 *   MONITOR_WINDOW_STEPS steps the mean loss is at least MONITOR_LOSS_SHARE of the constant
 * predictor's, and all the time at least MONITOR_DEAD_SHARE of one layer's units were dead: 0 for
 * every sample, so that no gradient passes them. Either alone proves nothing: a small rate stands
 * at the constant predictor's loss for long, and sound runs with 96 % dead units still learn. Nor
 * is it enough that the units are dead now: a last one that flickers has brought networks back.
 *
 * The thresholds come from 792 runs of three epochs, none of them stopped: perceptrons with 32, 128
 * and 3 x 64 units; SGD, momentum and Adam; 22 rates from 0.001 to 30; four seeds. Of the 359 that
 * were lost at the end the rule finds 354 (20 of them were not finite), half of them by step 210,
 * and it stops none of the 433 sound ones. Dead units in one batch in place of the whole window
 * find 4 runs more and stop 3 sound ones, their mean over the window finds 4 more and stops 1. */
#ifndef LRSWEEP_WORKER_TRAINER_MONITOR_H
#define LRSWEEP_WORKER_TRAINER_MONITOR_H

#include "common/verdict.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MONITOR_WINDOW_STEPS 200
#define MONITOR_LOSS_SHARE   0.97
#define MONITOR_DEAD_SHARE   0.98

/* Dead units are looked for once in so many steps. It costs a pass over the outputs of one batch, a
 * hundredth of a step: a thousandth of the time at this interval. */
#define MONITOR_CHECK_STEPS 10

struct monitor;

/* constant_loss: of the best constant predictor; 0: unknown, nothing is then called collapsed.
 * relu_layers: layers whose units can die. NULL when memory ran out. */
struct monitor *monitor_create(double constant_loss, size_t relu_layers);
void monitor_destroy(struct monitor *monitor);

/* Feeds the training loss of the next step. */
enum verdict monitor_step(struct monitor *monitor, double loss);

/* Whether the step fed last is one after which dead units are to be fed. */
bool monitor_wants_dead_units(const struct monitor *monitor);

/* Feeds the share of dead units of each ReLU layer in the batch of the step fed last. */
enum verdict monitor_dead_units(struct monitor *monitor, const double *share);

/* Feeds a validation loss. */
enum verdict monitor_validation(struct monitor *monitor, double loss);

/* A sentence on the verdict given last: what was seen, and what to do at learning rate `lr`. */
void monitor_explain(const struct monitor *monitor, double lr, char *text, size_t text_bytes);

/* The state as numbers, for checkpoints: how many, out, and in. Loading refuses (false) numbers
 * that no monitor can have left. */
size_t monitor_state_count(const struct monitor *monitor);
void monitor_save(const struct monitor *monitor, double *state);
bool monitor_load(struct monitor *monitor, const double *state);

#endif
