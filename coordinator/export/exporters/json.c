/* json.c - the whole study as one JSON object. Built trial by trial, so that a large study takes no
 * more memory than its text. */
#include "coordinator/export/exporter.h"

#include "common/version.h"
#include "coordinator/view/figures.h"
#include "coordinator/view/result.h"

#define PRECISION JSON_REAL_PRECISION(17)

static json_t *index_json(int64_t value)
{
    return value < 0 ? json_null() : json_integer(value);
}

/* A trial's reports as columns of the same length. */
static json_t *reports_object(const struct report_row *rows, size_t count)
{
    json_t *object = json_object(), *steps = json_array(), *validated = json_array();
    json_t *columns[REPORT_NUMBERS];
    (void)json_object_set_new(object, "step", steps);
    for (size_t j = 0; j < REPORT_NUMBERS; j++) {
        columns[j] = json_array();
        (void)json_object_set_new(object, report_number_names[j], columns[j]);
    }
    (void)json_object_set_new(object, "validated", validated);
    for (size_t i = 0; i < count; i++) {
        double numbers[REPORT_NUMBERS];
        report_numbers(&rows[i], numbers);
        (void)json_array_append_new(steps, json_integer((json_int_t)rows[i].step));
        for (size_t j = 0; j < REPORT_NUMBERS; j++)
            (void)json_array_append_new(columns[j], figure_json(numbers[j]));
        (void)json_array_append_new(validated, json_boolean(rows[i].validated));
    }
    return object;
}

static json_t *trial_object(const struct export_source *source, const struct trial_row *trial)
{
    size_t count;
    const struct report_row *rows = report_list_of(source->reports, trial->id, &count);
    json_t *params = json_loads(trial->params, 0, NULL);
    json_t *object = json_pack(
        "{s:I, s:s, s:s, s:I, s:I, s:o, s:b, s:I, s:I, s:I, s:o}", "id", (json_int_t)trial->id,
        "state", trial_state_name(trial->state), "verdict", verdict_name(trial->verdict), "bracket",
        (json_int_t)trial->bracket, "rung", (json_int_t)trial->rung, "parent",
        index_json(trial->parent), "repeat", trial->repeat, "seed", (json_int_t)trial->seed,
        "begun", (json_int_t)trial->begun, "step", (json_int_t)trial->step, "epochs",
        figure_json(study_facts_epochs(&source->facts, trial, trial->step)));
    json_t *rest = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:o}", "lr", figure_json(trial->lr),
        "schedule", figure_text_json(trial->schedule), "params", params ? params : json_null(),
        "metric", figure_json(trial->metric), "final", figure_json(trial->final), "started",
        figure_json(trial->started), "ended", figure_json(trial->ended), "attempts",
        (json_int_t)trial->attempts, "worker", index_json(trial->worker), "message",
        figure_text_json(trial->message), "reports", reports_object(rows, count));
    (void)json_object_update(object, rest);
    json_decref(rest);
    return object;
}

/* Writes a value and gives its reference back. False: out of memory. */
static bool put(FILE *stream, const char *before, json_t *value)
{
    (void)fputs(before, stream);
    bool ok = value && json_dumpf(value, stream, JSON_ENCODE_ANY | JSON_COMPACT | PRECISION) == 0;
    json_decref(value);
    return ok;
}

struct event_list {
    FILE *stream;
    bool begun;
};

static bool put_event(void *context, const struct event_row *row, struct error *error)
{
    struct event_list *list = context;
    json_t *object = json_pack(
        "{s:I, s:o, s:I, s:I, s:o, s:o, s:I, s:o, s:o, s:o, s:o}", "seq", (json_int_t)row->seq,
        "time", figure_json(row->time), "trial", (json_int_t)row->trial, "attempt",
        (json_int_t)row->attempt, "worker", index_json(row->worker), "trainer",
        index_json(row->trainer), "step", (json_int_t)row->step, "value", figure_json(row->value),
        "kind", figure_text_json(row->kind), "verdict",
        figure_text_json(verdict_name(row->verdict)), "text", figure_text_json(row->text));
    bool ok = put(list->stream, list->begun ? ",\n" : "\n", object);
    list->begun = true;
    return ok || error_set(error, "out of memory");
}

static bool print(const struct export_source *source, FILE *stream, struct error *error)
{
    const struct snapshot *snapshot = source->snapshot;
    /* The document stands in a place of its own. */
    json_t *values = json_copy(snapshot->values);
    (void)json_object_del(values, "document");
    bool ok = put(stream, "{\"format\":", json_string("lrsweep-study-1")) &&
              put(stream, ",\n\"version\":", json_string(LRSWEEP_VERSION)) &&
              put(stream, ",\n\"document\":", json_incref(snapshot->document)) &&
              put(stream, ",\n\"summary\":", result_summary(snapshot)) &&
              put(stream, ",\n\"values\":", values);
    (void)fputs(",\n\"trials\":[", stream);
    for (size_t i = 0; ok && i < snapshot->trial_count; i++)
        ok = put(stream, i ? ",\n" : "\n", trial_object(source, &snapshot->trials[i]));
    if (!ok)
        return error_set(error, "out of memory");
    (void)fputs("],\n\"events\":[", stream);
    struct event_list list = {.stream = stream};
    ok = snapshot_events(snapshot->dir, put_event, &list, error);
    (void)fputs("]}\n", stream);
    return ok;
}

const struct exporter exporter_json = {.name = "json", .path = "study.json", .print = print};
