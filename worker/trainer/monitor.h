/* monitor.h - tells from a run's losses that it is lost, before its budget is spent, and of any run
 * what its losses say about its learning rate.
 *
 * Pure: fed the loss of every step, the validation losses, and every few steps what the hidden
 * units say (network_watch). c below is the loss of the best constant predictor.
 *
 * Two verdicts end a run.
 *
 * diverged: a loss is not finite; or it grows without bound: one of the last two rules below holds
 * for numbers predicted with steps as long as the gradient, and the level is MONITOR_GROWTH times
 * that of the run's second quarter.
 *
 * collapsed: thrown to the constant predictor's level, or above it, and stuck there. By one of:
 *
 * Dead. All units of a layer, or the network's outputs, became exactly the same for every sample,
 * in all checks of MONITOR_DEAD_STEPS steps, or of MONITOR_FIRST_DEAD_STEPS if it is the layer's
 * first silence, while the loss stood at MONITOR_THROWN_SHARE c or more; or, where neither schedule
 * nor optimizer takes the steps down, in those of MONITOR_WINDOW_STEPS, at MONITOR_LOSS_SHARE c or
 * more. (Where it stood: the geometric mean, which a single huge loss does not lift.) No gradient
 * passes such a layer, but a rare sample may wake it, and once the steps are small it stays awake:
 * under a falling rate networks came back after 1,200 silent steps. All of these stood within a few
 * percent of c, for the layers above learn the constant predictor. What cannot even do that has too
 * large a rate. Nearly the same is not enough: tanh units whose outputs differed by less than
 * UNIT_NEAR for 500 steps have come back. What was nearly the same for all samples from the start
 * is not judged: it never was alive.
 *
 * At a high level, that stays. The gradient of cross-entropy by the outputs is bounded, so under a
 * steady rate its loss comes to rest at a level that goes with the rate, within some ten steps, and
 * the better solution has no pull. Asked: in the last half of the run so far no mean of ten losses
 * was below MONITOR_FLOOR c; the level (the geometric mean of that half's eighths) is at least
 * MONITOR_LEVEL c after MONITOR_LEVEL_STEPS, or MONITOR_HIGH_LEVEL c after
 * MONITOR_HIGH_LEVEL_STEPS; and it would be so at the end of the budget if it went on falling as
 * from the run's second quarter to its second half, as a power of the step number. Squared errors
 * pull the harder the larger they are, and come down from great heights: for them only the high
 * level counts, after MONITOR_LEVEL_STEPS, and for MONITOR_PATIENCE times as many steps as there
 * were. Not asked where the schedule or the optimizer will take the steps down: the level goes
 * with them. Nor where every step sees the whole set and is not as long as the gradient: without
 * noise nothing holds such a run at its level, and it may find a flat place at any time.
 *
 * Near its end. It learned (a mean of ten losses was below MONITOR_LEARNED c) or was thrown (one
 * was far above the start); then, for MONITOR_STUCK_SHARE of the budget (of numbers predicted
 * MONITOR_STUCK_SHARE_NUMBERS) and MONITOR_STUCK_TIMES as many steps as are left, none was below
 * MONITOR_STUCK c; and it would not get there if it went on falling as lately, for twice as long.
 * Recovery that has not come in so long is not to be expected in the twentieth of it, whatever the
 * schedule.
 *
 * The last two look at the loss alone and are not asked where the study's metric is val_error: a
 * classifier whose logits are far too large may classify well.
 *
 * Growth alone proves nothing: above 2 / lambda_max a network's loss may grow first and then settle
 * where it is flatter (Lewkowycz et al. 2020, arXiv:2003.02218; Cohen et al. 2021,
 * arXiv:2103.00065), and runs whose loss once stood at ten thousand times c end well. That ReLU
 * units die at large rates for good: Lu et al. 2019, arXiv:1903.06733.
 *
 * The others explain a run that was stopped, paused or finished. The first that holds is given.
 *
 * oscillating: over the last MONITOR_WINDOW_STEPS steps the loss less its straight trend has an
 * autocorrelation of at most MONITOR_SWING_CORRELATION at a lag of up to MONITOR_SWING_LAG steps
 * (chance gives about -0.2), and its deviation is at least MONITOR_SWING_SHARE of its mean.
 *
 * overfitting: the validation loss is above MONITOR_DONE c and more than MONITOR_WORSE times its
 * lowest, while the training loss of the last quarter of the run is lower than in the quarter
 * before (Prechelt 1998, Early stopping - but when?, generalisation loss).
 *
 * erratic: that deviation is at least MONITOR_ERRATIC c; or the last quarter's mean loss is more
 * than MONITOR_WORSE times that of the best eighth before; or it is above MONITOR_LEARNED c though
 * the run was thrown: ten losses together stood far above the first (of numbers, very far, unless
 * the run ends above its start), or a layer fell silent.
 *
 * slow: it learned nothing, and was never thrown; or the last quarter of the run brought at least
 * MONITOR_PACE of all the progress since its start.
 *
 * plateaued: the last quarter is lower than the one before by less than MONITOR_FLAT of it, the
 * loss is above MONITOR_DONE c, and the schedule is not to lower the rate by itself.
 *
 * healthy: none of these. */
#ifndef LRSWEEP_WORKER_TRAINER_MONITOR_H
#define LRSWEEP_WORKER_TRAINER_MONITOR_H

#include "common/verdict.h"
#include "worker/trainer/network.h"
#include "worker/trainer/optimizer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Chosen on the runs of tests/bench/verdicts with seeds 1 to 6: README, "Verdicts". */
#define MONITOR_WINDOW_STEPS        200
#define MONITOR_DEAD_STEPS          50
#define MONITOR_FIRST_DEAD_STEPS    30
#define MONITOR_LOSS_SHARE          0.97
#define MONITOR_THROWN_SHARE        1.1
#define MONITOR_SPREAD              0.01
#define MONITOR_FLOOR               2.0
#define MONITOR_LEVEL               4.0
#define MONITOR_LEVEL_STEPS         60
#define MONITOR_HIGH_LEVEL          10.0
#define MONITOR_HIGH_LEVEL_STEPS    40
#define MONITOR_PATIENCE            1000.0
#define MONITOR_GROWTH              2.0
#define MONITOR_STUCK               0.87
#define MONITOR_STUCK_TIMES         20.0
#define MONITOR_STUCK_SHARE         0.2
#define MONITOR_STUCK_SHARE_NUMBERS 0.5
#define MONITOR_SWING_CORRELATION   (-0.5)
#define MONITOR_SWING_LAG           25
#define MONITOR_SWING_SHARE         0.05
#define MONITOR_WORSE               1.25
#define MONITOR_ERRATIC             0.25
#define MONITOR_LEARNED             0.85
#define MONITOR_PACE                0.1
#define MONITOR_FLAT                0.01
#define MONITOR_DONE                0.05

/* Units are looked at once in so many steps, and after the first. It costs a pass over the outputs
 * of one batch, a hundredth of a step: a thousandth of the time at this interval. */
#define MONITOR_CHECK_STEPS 10

struct monitor;

struct monitor_settings {
    double constant_loss;         /* 0: not known, nothing is then called collapsed */
    size_t watched_layers;        /* hidden layers whose units are fed */
    double budget_steps;          /* of the whole run; 0: not known, then nothing is judged by it */
    bool falling;                 /* the schedule will lower the rate far below its highest */
    bool classes;                 /* predicted, by cross-entropy; else numbers, by squared error */
    bool whole_set;               /* each step sees all training samples */
    enum step_length step_length; /* the optimizer's */
    bool by_loss;                 /* the study's metric is a loss */
    bool patient;                 /* ends no run whose loss is finite */
};

/* NULL when memory ran out. */
struct monitor *monitor_create(const struct monitor_settings *settings);
void monitor_destroy(struct monitor *monitor);

/* Each returns diverged or collapsed where the run is to end, else healthy. */

/* Feeds the training loss of the next step. */
enum verdict monitor_step(struct monitor *monitor, double loss);

/* Whether the step fed last is one after which units are to be fed. */
bool monitor_wants_units(const struct monitor *monitor);

/* Feeds what network_watch found in the batch of the step fed last. */
enum verdict monitor_units(struct monitor *monitor, const struct unit_shares *shares,
                           double spread);

/* Feeds the validation loss after the step fed last. `regular`: one of every validate_every steps;
 * the others come from how a run was cut into rungs, which must change no verdict. */
enum verdict monitor_validation(struct monitor *monitor, double loss, bool regular);

/* The verdict on the run as it stands, and a sentence: what was seen, at which step, and what to do
 * at learning rate `lr`. */
enum verdict monitor_explain(const struct monitor *monitor, double lr, char *text,
                             size_t text_bytes);

/* By what the advice of the sentence multiplies the rate; 1: the rate may stay. */
double monitor_advice(const struct monitor *monitor);

/* The state as numbers, for checkpoints (whose format is a new one when they change): how many,
 * out, and in. Loading refuses (false) counts of steps and blocks that no monitor can have left. */
size_t monitor_state_count(const struct monitor *monitor);
void monitor_save(const struct monitor *monitor, double *state);
bool monitor_load(struct monitor *monitor, const double *state);

#endif
