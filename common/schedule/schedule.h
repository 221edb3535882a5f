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

struct schedule;

struct schedule_class {
    struct catalogue_entry entry;
    /* The factor on the base rate at `step` steps after the warm-up's end (0 is the first). */
    double (*factor)(const struct schedule *schedule, double step);
    /* Bit i set: parameter i is a time in search.unit and is converted to steps at creation. */
    unsigned time_parameters;
};

struct schedule {
    const struct schedule_class *class;
    double base_lr;
    double parameter[SCHEDULE_PARAMETERS_MAX]; /* in the order of the entry's keys */
    double warmup_steps;                       /* 0: none */
    double warmup_from;                        /* factor at step 0 */
    double steps_per_unit;
    double horizon_steps; /* the full budget less the warm-up: what a period defaults to */
};

/* Reads a resolved schedule such as {"type": "step", "every": 3.0, "gamma": 0.3,
 * "warmup": {"epochs": 1.0, "from": 0.0, "shape": "linear"}}. A time parameter that is absent or 0
 * becomes the horizon. steps_per_unit: steps in one search.unit (1 if that is steps).
 * steps_per_epoch: for a warm-up given in epochs. max_budget: in search.unit. A warm-up is rounded
 * to whole steps. */
bool schedule_create(struct schedule *schedule, const json_t *spec, double base_lr,
                     double steps_per_unit, double steps_per_epoch, double max_budget,
                     struct error *error);

/* The learning rate used by step `step` (0 is the first step of the run). During a warm-up of w
 * steps it is base_lr (from + (1 - from) step / w); the schedule's own time 0 is the warm-up's end.
 */
double schedule_lr(const struct schedule *schedule, uint64_t step);

#endif
