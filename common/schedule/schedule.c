/* schedule.c - the table of schedules, how one is read from a study, and the warm-up before it. */
#include "common/schedule/schedule.h"

#include "common/schedule/schedules.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct schedule_class *const classes[] = {
    &schedule_constant,        &schedule_step,      &schedule_multi_step,
    &schedule_exponential,     &schedule_linear,    &schedule_polynomial,
    &schedule_inverse_sqrt,    &schedule_wsd,       &schedule_cosine,
    &schedule_cosine_restarts, &schedule_one_cycle, &schedule_cyclic,
    &schedule_plateau,
};

/* In the order of enum warmup_shape. */
static const char warmup_shapes[] = "linear exponential constant";

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

static bool number_read(const struct catalogue_key *key, const json_t *given, const char *type,
                        double *value, struct error *error)
{
    if (!json_is_number(given))
        return error_set(error, "schedule %s: %s is not a number (%s)", type, key->name, key->text);
    *value = json_number_value(given);
    if (in_range(key, *value) && (key->type != KEY_INTEGER || *value == floor(*value)))
        return true;
    char range[ERROR_TEXT_BYTES / 4];
    catalogue_key_range(key, range, sizeof range);
    return error_set(error, "schedule %s: %s is %g, allowed is %s", type, key->name, *value, range);
}

static bool list_read(struct schedule *schedule, const struct catalogue_key *key,
                      const json_t *given, const char *type, double *value, struct error *error)
{
    size_t count = json_array_size(given);
    if (count == 0 || count > SCHEDULE_LIST_MAX)
        return error_set(error, "schedule %s: %s is not a list of 1 to %d numbers (%s)", type,
                         key->name, SCHEDULE_LIST_MAX, key->text);
    for (size_t i = 0; i < count; i++)
        if (!number_read(key, json_array_get(given, i), type, &schedule->list[i], error))
            return false;
    *value = (double)count;
    return true;
}

/* The place of `word` among words that are separated by spaces; -1: it is none of them. */
static int place_among(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (int place = 0;; place++) {
        size_t taken = strcspn(words, " ");
        if (taken == length && strncmp(words, word, length) == 0)
            return place;
        if (words[taken] == '\0')
            return -1;
        words += taken + 1;
    }
}

static bool text_read(const struct catalogue_key *key, const char *given, const char *type,
                      double *value, struct error *error)
{
    int place = given ? place_among(key->choices, given) : -1;
    *value = place;
    return place >= 0 || error_set(error, "schedule %s: %s is \"%.40s\", allowed is one of %s",
                                   type, key->name, given ? given : "?", key->choices);
}

/* Reads one of the schedule's own parameters. */
static bool parameter_read(struct schedule *schedule, const struct catalogue_key *key,
                           const json_t *spec, double *value, struct error *error)
{
    const char *type = schedule->class->entry.name;
    const json_t *given = json_object_get(spec, key->name);
    if (!given && (!key->fallback || !*key->fallback))
        return error_set(error, "schedule %s: %s is missing (%s)", type, key->name, key->text);
    switch (key->type) {
    case KEY_TEXT:
        return text_read(key, given ? json_string_value(given) : key->fallback, type, value, error);
    case KEY_BOOL:
        *value = given ? json_is_true(given) : strcmp(key->fallback, "true") == 0;
        return !given || json_is_boolean(given) ||
               error_set(error, "schedule %s: %s is neither true nor false", type, key->name);
    case KEY_NUMBERS:
        return list_read(schedule, key, given, type, value, error);
    default:
        if (given)
            return number_read(key, given, type, value, error);
        *value = strtod(key->fallback, NULL);
        return true;
    }
}

/* Reads {"steps" or "epochs": length, "from": factor, "shape": one of the above}. */
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
    int place = name ? place_among(warmup_shapes, name) : -1;
    if (place < 0)
        return error_set(error, "warmup.shape is \"%s\", allowed is one of %s", name ? name : "?",
                         warmup_shapes);
    schedule->warmup_shape = (enum warmup_shape)place;
    if (schedule->warmup_shape == WARMUP_EXPONENTIAL && schedule->warmup_from == 0)
        return error_set(error, "warmup.from is 0, an exponential warm-up starts above 0");

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

/* Turns parameter i into steps where it is a time. */
static bool to_steps(struct schedule *schedule, size_t i, double budget_steps, struct error *error)
{
    const struct schedule_class *class = schedule->class;
    double *value = &schedule->parameter[i];
    unsigned bit = 1U << i;
    if (!((class->time_parameters | class->horizon_parameters) & bit))
        return true;
    if (class->entry.keys[i].type == KEY_NUMBERS) {
        for (size_t j = 0; j < (size_t)*value; j++)
            schedule->list[j] *= schedule->steps_per_unit;
        return true;
    }
    *value *= schedule->steps_per_unit;
    if (*value > 0 || !(class->horizon_parameters & bit))
        return true;
    *value = schedule->horizon_steps;
    return *value > 0 ||
           error_set(error, "schedule %s: the warm-up of %g steps takes the whole budget of %g",
                     class->entry.name, schedule->warmup_steps, budget_steps);
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
        const struct catalogue_key *key = &class->entry.keys[i];
        if (!parameter_read(schedule, key, spec, value, error) ||
            !to_steps(schedule, i, max_budget * steps_per_unit, error))
            return false;
    }
    return true;
}

double schedule_above(const struct schedule *schedule, size_t eta_min, double left)
{
    double lowest = schedule->base_lr > 0 ? schedule->parameter[eta_min] / schedule->base_lr : 0.0;
    return lowest + (1.0 - lowest) * left;
}

static double warmup_factor(const struct schedule *schedule, double progress)
{
    double from = schedule->warmup_from;
    switch (schedule->warmup_shape) {
    case WARMUP_EXPONENTIAL:
        return pow(from, 1.0 - progress);
    case WARMUP_CONSTANT:
        return from;
    default:
        return from + (1.0 - from) * progress;
    }
}

double schedule_lr(const struct schedule *schedule, uint64_t step)
{
    double t = (double)step, warmup = schedule->warmup_steps;
    if (t < warmup)
        return schedule->base_lr * warmup_factor(schedule, t / warmup);
    return schedule->base_lr * schedule->class->factor(schedule, t - warmup);
}

void schedule_state_start(struct schedule_state *state)
{
    *state = (struct schedule_state){.scale = 1, .best = INFINITY};
}

bool schedule_observes(const char *type)
{
    const struct schedule_class *class = class_find(type);
    return class && class->observe;
}

void schedule_observe(const struct schedule *schedule, struct schedule_state *state, uint64_t step,
                      double loss)
{
    if (!schedule->class->observe || step <= state->seen || (double)step < schedule->warmup_steps)
        return;
    state->seen = step;
    schedule->class->observe(schedule, state, loss);
}
