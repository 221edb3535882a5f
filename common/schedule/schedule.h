/* schedule.h - learning-rate schedules: the rate as a function of the step.
 *
 * The trainer follows them, the search compares their prefixes. One row of the table in schedule.c
 * a schedule: its catalogue entry beside its formula. Where PyTorch has the schedule, the formula
 * is PyTorch's (torch.optim.lr_scheduler), evaluated at every step instead of once an epoch.
 *
 * Times in the study file (`every`, `period` ...) are in search.unit; here everything is in steps.
 */
#ifndef LRSWEEP_COMMON_SCHEDULE_SCHEDULE_H
#define LRSWEEP_COMMON_SCHEDULE_SCHEDULE_H

#include "common/catalogue/catalogue.h"
#include "common/error.h"

#include <jansson.h>
#include <stdint.h>

#define SCHEDULE_PARAMETERS_MAX 8
#define SCHEDULE_LIST_MAX       CATALOGUE_NUMBERS_MAX

struct schedule;

/* What a schedule that reads the validation loss has learned from it; part of a checkpoint. */
struct schedule_state {
    double scale;         /* factor on the rate, 1 at the start */
    double best;          /* lowest loss so far */
    double bad, cooldown; /* validations without improvement, and still to be passed over */
    uint64_t seen;        /* the step of the last validation that counted */
};

struct schedule_class {
    struct catalogue_entry entry;
    /* The factor on the base rate at `step` steps after the warm-up's end (0 is the first). */
    double (*factor)(const struct schedule *schedule, double step);
    /* Bit i set: parameter i is a time in search.unit and is converted to steps at creation. */
    unsigned time_parameters;
    /* Bit i set: so it is, and 0 stands for the horizon. */
    unsigned horizon_parameters;
    /* Moves the state on by a validation's loss; NULL: the schedule depends on the step alone. */
    void (*observe)(const struct schedule *schedule, struct schedule_state *state, double loss);
};

enum warmup_shape { WARMUP_LINEAR, WARMUP_EXPONENTIAL, WARMUP_CONSTANT };

struct schedule {
    const struct schedule_class *class;
    double base_lr;
    /* In the order of the entry's keys; a text is its place among the key's choices, a bool 0 or 1,
     * and a list its length: its numbers stand in `list` (a class has one list at most). */
    double parameter[SCHEDULE_PARAMETERS_MAX];
    double list[SCHEDULE_LIST_MAX];
    double warmup_steps; /* 0: none */
    double warmup_from;  /* factor at step 0 */
    enum warmup_shape warmup_shape;
    double steps_per_unit;
    double horizon_steps; /* the full budget less the warm-up: what a period defaults to */
};

/* Reads a resolved schedule such as {"type": "step", "every": 3.0, "gamma": 0.3,
 * "warmup": {"epochs": 1.0, "from": 0.0, "shape": "linear"}}. steps_per_unit: steps in one
 * search.unit (1 if that is steps). steps_per_epoch: for a warm-up given in epochs. max_budget: in
 * search.unit. A warm-up is rounded to whole steps. */
bool schedule_create(struct schedule *schedule, const json_t *spec, double base_lr,
                     double steps_per_unit, double steps_per_epoch, double max_budget,
                     struct error *error);

/* The learning rate used by step `step` (0 is the first step of the run). During a warm-up of w
 * steps it is base_lr times
 *   linear       from + (1 - from) step / w     torch.optim.lr_scheduler.LinearLR
 *   exponential  from^(1 - step / w)
 *   constant     from                           torch.optim.lr_scheduler.ConstantLR
 * and the schedule's own time 0 is the warm-up's end. */
double schedule_lr(const struct schedule *schedule, uint64_t step);

void schedule_state_start(struct schedule_state *state);

/* Whether schedules of this type follow the validation loss, and never move without one. */
bool schedule_observes(const char *type);

/* Tells of the validation after `step` steps. The trainer calls it at every multiple of
 * validate_every alone, and a step counts once: validations at a rung's end, or before a resume,
 * must change no result. What comes during the warm-up does not count. The rate of the steps that
 * follow is schedule_lr times state->scale. */
void schedule_observe(const struct schedule *schedule, struct schedule_state *state, uint64_t step,
                      double loss);

#endif
