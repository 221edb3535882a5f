/* schedule.c - the table of schedules, how one is read from a study, and the warm-up before it. */
#include "common/schedule/schedule.h"

#include "common/schedule/schedules.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct schedule_class *const classes[] = {
    &schedule_constant,
    &schedule_step,
    &schedule_exponential,
    &schedule_cosine,
};

#define CLASS_COUNT (sizeof classes / sizeof classes[0])

static size_t count(void)
{
    return CLASS_COUNT;
}

static const struct catalogue_entry *entry(size_t index)
{
    return &classes[index]->entry;
}

const struct catalogue catalogue_schedules = {
    .kind = "schedule", .plural = "schedules", .count = count, .entry = entry};

static const struct schedule_class *class_find(const char *name)
{
    for (size_t i = 0; i < CLASS_COUNT; i++)
        if (strcmp(classes[i]->entry.name, name) == 0)
            return classes[i];
    return NULL;
}

static bool in_range(const struct catalogue_key *key, double value)
{
    return isfinite(value) && (key->low_open ? value > key->low : value >= key->low) &&
           (key->high_open ? value < key->high : value <= key->high);
}

/* Reads one of the schedule's own parameters. */
static bool parameter_read(const struct catalogue_key *key, const json_t *spec, const char *type,
                           double *value, struct error *error)
{
    const json_t *given = json_object_get(spec, key->name);
    if (!given) {
        if (!key->fallback || !*key->fallback)
            return error_set(error, "schedule %s: %s is missing (%s)", type, key->name, key->text);
        *value = strtod(key->fallback, NULL);
        return true;
    }
    if (!json_is_number(given))
        return error_set(error, "schedule %s: %s is not a number (%s)", type, key->name, key->text);
    *value = json_number_value(given);
    if (in_range(key, *value))
        return true;
    char range[ERROR_TEXT_BYTES / 4];
    catalogue_key_range(key, range, sizeof range);
    return error_set(error, "schedule %s: %s is %g, allowed is %s", type, key->name, *value, range);
}

/* Reads {"steps" or "epochs": length, "from": factor, "shape": "linear"}. */
static bool warmup_read(struct schedule *schedule, const json_t *spec, double steps_per_epoch,
                        struct error *error)
{
    if (!json_is_object(spec))
        return error_set(error, "warmup is not a group like { epochs = 1.0; from = 0.0; }");
    const json_t *steps = json_object_get(spec, "steps");
    const json_t *epochs = json_object_get(spec, "epochs");
    if (!steps == !epochs)
        return error_set(error, "warmup needs one of steps and epochs, not %s",
                         steps ? "both" : "neither");
    double length = json_number_value(steps ? steps : epochs);
    if (!json_is_number(steps ? steps : epochs) || !isfinite(length) || length < 0)
        return error_set(error, "warmup.%s is not a number from 0 up", steps ? "steps" : "epochs");

    const json_t *from = json_object_get(spec, "from");
    schedule->warmup_from = json_number_value(from); /* 0 where it is absent */
    if (from &&
        (!json_is_number(from) || !(schedule->warmup_from >= 0 && schedule->warmup_from <= 1)))
        return error_set(error, "warmup.from is not a number from 0 to 1");

    const json_t *shape = json_object_get(spec, "shape");
    const char *name = shape ? json_string_value(shape) : "linear";
    if (!name || strcmp(name, "linear") != 0)
        return error_set(error, "warmup.shape is \"%s\", allowed is linear", name ? name : "?");

    /* Whole steps, so that the schedule behind it starts exactly at its own time 0. */
    schedule->warmup_steps = nearbyint(steps ? length : length * steps_per_epoch);
    return true;
}

static bool keys_known(const struct schedule_class *class, const json_t *spec, struct error *error)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)spec, name, value)
    {
        bool known = strcmp(name, "type") == 0 || strcmp(name, "warmup") == 0;
        for (size_t i = 0; i < class->entry.key_count; i++)
            known = known || strcmp(name, class->entry.keys[i].name) == 0;
        if (!known)
            return error_set(error, "schedule %s has no parameter \"%s\"", class->entry.name, name);
    }
    return true;
}

bool schedule_create(struct schedule *schedule, const json_t *spec, double base_lr,
                     double steps_per_unit, double steps_per_epoch, double max_budget,
                     struct error *error)
{
    memset(schedule, 0, sizeof *schedule);
    if (!isfinite(base_lr) || base_lr < 0)
        return error_set(error, "the learning rate is %g, allowed is a number from 0 up", base_lr);
    if (!(steps_per_unit > 0) || !(steps_per_epoch > 0) || !(max_budget > 0))
        return error_set(error, "the budget is empty: %g of %g steps each", max_budget,
                         steps_per_unit);
    const char *type = json_string_value(json_object_get(spec, "type"));
    if (!type)
        return error_set(error, "the schedule has no type");
    const struct schedule_class *class = class_find(type);
    if (!class)
        return error_set(error, "there is no schedule \"%s\"", type);
    if (!keys_known(class, spec, error))
        return false;

    schedule->class = class;
    schedule->base_lr = base_lr;
    schedule->steps_per_unit = steps_per_unit;
    const json_t *warmup = json_object_get(spec, "warmup");
    if (warmup && !json_is_null(warmup) && !warmup_read(schedule, warmup, steps_per_epoch, error))
        return false;
    schedule->horizon_steps = max_budget * steps_per_unit - schedule->warmup_steps;

    for (size_t i = 0; i < class->entry.key_count; i++) {
        double *value = &schedule->parameter[i];
        if (!parameter_read(&class->entry.keys[i], spec, type, value, error))
            return false;
        if (!(class->time_parameters & (1U << i)))
            continue;
        if (*value > 0) {
            *value *= steps_per_unit;
        } else if (schedule->horizon_steps > 0) {
            *value = schedule->horizon_steps;
        } else {
            return error_set(error,
                             "schedule %s: the warm-up of %g steps takes the whole budget of %g",
                             type, schedule->warmup_steps, max_budget * steps_per_unit);
        }
    }
    return true;
}

double schedule_lr(const struct schedule *schedule, uint64_t step)
{
    double t = (double)step, warmup = schedule->warmup_steps;
    if (t < warmup)
        return schedule->base_lr *
               (schedule->warmup_from + (1.0 - schedule->warmup_from) * (t / warmup));
    return schedule->base_lr * schedule->class->factor(schedule, t - warmup);
}
