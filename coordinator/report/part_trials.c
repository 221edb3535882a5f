/* part_trials.c - every trial of the study, in columns: a name stands once, not once a trial. */
#include "coordinator/report/parts.h"
#include "coordinator/report/templates.h"
#include "coordinator/view/candidate_text.h"
#include "coordinator/view/figures.h"
#include "coordinator/view/flat_params.h"

#include <math.h>

#define WORDS_BYTES 256

/* --- columns of one number a trial --- */

static json_t *state_of(const struct report_source *source, const struct trial_row *trial)
{
    (void)source;
    return json_integer(trial->state);
}

static json_t *verdict_of(const struct report_source *source, const struct trial_row *trial)
{
    (void)source;
    return json_integer(trial->verdict);
}

static json_t *id_of(const struct report_source *source, const struct trial_row *trial)
{
    (void)source;
    return json_integer(trial->id);
}

static json_t *bracket_of(const struct report_source *source, const struct trial_row *trial)
{
    (void)source;
    return json_integer(trial->bracket);
}

static json_t *rung_of(const struct report_source *source, const struct trial_row *trial)
{
    (void)source;
    return json_integer(trial->rung);
}

static json_t *parent_of(const struct report_source *source, const struct trial_row *trial)
{
    (void)source;
    return trial->parent < 0 ? json_null() : json_integer(trial->parent);
}

static json_t *repeat_of(const struct report_source *source, const struct trial_row *trial)
{
    (void)source;
    return json_integer(trial->repeat);
}

static json_t *step_of(const struct report_source *source, const struct trial_row *trial)
{
    (void)source;
    return json_integer((json_int_t)trial->step);
}

static json_t *epochs_of(const struct report_source *source, const struct trial_row *trial)
{
    return figure_json(study_facts_epochs(&source->facts, trial, trial->step));
}

static json_t *lr_of(const struct report_source *source, const struct trial_row *trial)
{
    (void)source;
    return figure_json(trial->lr);
}

static json_t *metric_of(const struct report_source *source, const struct trial_row *trial)
{
    (void)source;
    return figure_json(trial->metric);
}

static json_t *final_of(const struct report_source *source, const struct trial_row *trial)
{
    (void)source;
    return figure_json(trial->final);
}

static json_t *seed_of(const struct report_source *source, const struct trial_row *trial)
{
    (void)source;
    return json_integer((json_int_t)trial->seed);
}

static json_t *attempts_of(const struct report_source *source, const struct trial_row *trial)
{
    (void)source;
    return json_integer(trial->attempts);
}

/* Seconds between its first assignment and its end, to the millisecond. */
static json_t *took_of(const struct report_source *source, const struct trial_row *trial)
{
    (void)source;
    double took_ms = 1e3 * (trial->ended - trial->started);
    return fabs(took_ms) < 1e15 ? json_integer((json_int_t)took_ms) : json_null();
}

struct column {
    const char *name;
    json_t *(*of)(const struct report_source *source, const struct trial_row *trial);
};

static const struct column columns[] = {
    {"id", id_of},           {"state", state_of},       {"verdict", verdict_of},
    {"bracket", bracket_of}, {"rung", rung_of},         {"parent", parent_of},
    {"repeat", repeat_of},   {"step", step_of},         {"epochs", epochs_of},
    {"lr", lr_of},           {"metric", metric_of},     {"final", final_of},
    {"seed", seed_of},       {"attempts", attempts_of}, {"took_ms", took_of},
};

static bool add_columns(json_t *trials, const struct report_source *source)
{
    const struct snapshot *snapshot = source->snapshot;
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        json_t *values = json_array();
        if (json_object_set_new(trials, columns[i].name, values) != 0)
            return false;
        for (size_t j = 0; j < snapshot->trial_count; j++)
            if (json_array_append_new(values, columns[i].of(source, &snapshot->trials[j])) != 0)
                return false;
    }
    return true;
}

/* --- texts --- */

/* Schedules by number, as they come. */
static bool add_schedules(json_t *trials, const struct snapshot *snapshot)
{
    json_t *names = json_array(), *values = json_array(), *known = json_object();
    bool ok = true;
    for (size_t i = 0; ok && i < snapshot->trial_count; i++) {
        json_t *name = figure_clean_json(snapshot->trials[i].schedule, false);
        json_t *number = json_object_get(known, json_string_value(name));
        if (!number) {
            number = json_integer((json_int_t)json_array_size(names));
            ok = json_object_set_new(known, json_string_value(name), number) == 0 &&
                 json_array_append(names, name) == 0;
        }
        json_decref(name);
        ok = ok && json_array_append(values, number) == 0;
    }
    json_decref(known);
    bool kept = json_object_set_new(trials, "schedules", names) == 0;
    kept = json_object_set_new(trials, "schedule", values) == 0 && kept;
    return ok && kept;
}

/* Candidates in a few words, and the sentences on why they ended. */
static bool add_sentences(json_t *trials, const struct snapshot *snapshot)
{
    json_t *words = templates_create(), *messages = templates_create();
    bool ok = words && messages;
    for (size_t i = 0; ok && i < snapshot->trial_count; i++) {
        char candidate[WORDS_BYTES];
        candidate_text(&snapshot->trials[i], candidate, sizeof candidate);
        ok =
            templates_add(words, candidate) && templates_add(messages, snapshot->trials[i].message);
    }
    templates_finish(words);
    templates_finish(messages);
    bool kept = json_object_set_new(trials, "words", words) == 0;
    kept = json_object_set_new(trials, "message", messages) == 0 && kept;
    return ok && kept;
}

/* --- parameters --- */

/* Sets column `name` at row `row`; the rows between that have no such parameter get null. */
static bool set_parameter(json_t *params, const char *name, size_t row, json_t *value)
{
    json_t *column = json_object_get(params, name);
    bool ok = true;
    if (!column) {
        column = json_array();
        ok = json_object_set_new(params, name, column) == 0;
    }
    while (ok && json_array_size(column) < row)
        ok = json_array_append_new(column, json_null()) == 0;
    if (ok && json_array_size(column) == row)
        return json_array_append(column, value) == 0;
    return ok;
}

/* Lists have no place on an axis. */
static bool add_parameters(json_t *trials, const struct snapshot *snapshot)
{
    json_t *params = json_object();
    bool ok = json_object_set_new(trials, "params", params) == 0;
    for (size_t i = 0; ok && i < snapshot->trial_count; i++) {
        json_t *flat = flat_params(snapshot->trials[i].params);
        const char *name;
        json_t *value;
        ok = flat != NULL;
        json_object_foreach(flat, name, value)
        {
            if (json_is_number(value) || json_is_string(value) || json_is_boolean(value))
                ok = ok && set_parameter(params, name, i, value);
        }
        json_decref(flat);
    }
    return ok;
}

/* --- the whole --- */

static json_t *names(size_t count, const char *(*name)(int number))
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(array, json_string(name((int)i)));
    return array;
}

static const char *state_name(int number)
{
    return trial_state_name((enum trial_state)number);
}

static const char *verdict_text(int number)
{
    return verdict_name((enum verdict)number);
}

static json_t *ranked(const struct report_source *source)
{
    json_t *order = json_array();
    for (size_t i = 0; i < source->order_count; i++)
        (void)json_array_append_new(order, json_integer(source->order[i].trial->id));
    return order;
}

json_t *report_part_trials(const struct report_source *source, struct error *error)
{
    json_t *trials =
        json_pack("{s:I, s:o, s:o, s:o}", "count", (json_int_t)source->snapshot->trial_count,
                  "states", names(TRIAL_STATES, state_name), "verdicts",
                  names(VERDICTS, verdict_text), "order", ranked(source));
    if (trials && add_columns(trials, source) && add_schedules(trials, source->snapshot) &&
        add_sentences(trials, source->snapshot) && add_parameters(trials, source->snapshot))
        return trials;
    json_decref(trials);
    error_set(error, "out of memory");
    return NULL;
}
