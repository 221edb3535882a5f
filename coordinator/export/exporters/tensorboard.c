/* tensorboard.c - a run for each trial, and a description of the study for the hparams plugin.
 *
 * Field numbers are those of tensorboard/plugins/hparams/plugin_data.proto and api.proto; hparams
 * are google.protobuf.Value (struct.proto). TensorBoard keeps single precision. */
#include "coordinator/export/event_file.h"
#include "coordinator/export/exporter.h"
#include "coordinator/view/figures.h"
#include "coordinator/view/flat_params.h"

#include <math.h>
#include <stdlib.h>

enum { DATA_EXPERIMENT = 2, DATA_SESSION_START = 3, DATA_SESSION_END = 4 };
enum { EXPERIMENT_TIME = 3, EXPERIMENT_HPARAM = 4, EXPERIMENT_METRIC = 5, EXPERIMENT_NAME = 6 };
enum { HPARAM_NAME = 1, HPARAM_TYPE = 4 };
enum { TYPE_STRING = 1, TYPE_BOOL = 2, TYPE_NUMBER = 3 };
enum { METRIC_NAME = 1, METRIC_LABEL = 3, METRIC_TAG = 2 };
enum { START_HPARAMS = 1, START_GROUP = 4, START_TIME = 5 };
enum { END_STATUS = 1, END_TIME = 2 };
enum { STATUS_UNKNOWN, STATUS_SUCCESS, STATUS_FAILURE, STATUS_RUNNING };
enum { MAP_KEY = 1, MAP_VALUE = 2 };
enum { VALUE_NUMBER = 2, VALUE_STRING = 3, VALUE_BOOL = 4 };

#define EVENTS_NAME "events.out.tfevents.%.0f.lrsweep"
#define TEXT_BYTES  4096
#define NAME_BYTES  128

/* Where the study does not tell a time. */
static double time_of(double known, double fallback)
{
    return isfinite(known) ? known : isfinite(fallback) ? fallback : 0;
}

static double created(const struct export_source *source)
{
    return time_of(study_facts_number(source->snapshot, "created"), 0);
}

static bool put_file(struct export_folder *folder, const char *run, double created_s,
                     struct protobuf *file, struct error *error)
{
    char name[NAME_BYTES];
    (void)snprintf(name, sizeof name, "%s%s" EVENTS_NAME, run, *run ? "/" : "", created_s);
    bool ok = !file->bytes.failed
                  ? export_folder_put(folder, name, file->bytes.text, file->bytes.length, error)
                  : error_set(error, "%s: out of memory", name);
    protobuf_destroy(file);
    return ok;
}

/* --- the study ----------------------------------------------------------------------------------
 */

static void describe_parameter(struct protobuf *experiment, const char *name, const json_t *value)
{
    struct protobuf info = {0};
    protobuf_text(&info, HPARAM_NAME, name);
    protobuf_whole(&info, HPARAM_TYPE,
                   json_is_number(value)    ? TYPE_NUMBER
                   : json_is_boolean(value) ? TYPE_BOOL
                                            : TYPE_STRING);
    protobuf_inner(experiment, EXPERIMENT_HPARAM, &info);
}

static void describe_metric(struct protobuf *experiment, const char *tag, const char *label)
{
    struct protobuf info = {0}, name = {0};
    protobuf_text(&name, METRIC_TAG, tag);
    protobuf_inner(&info, METRIC_NAME, &name);
    protobuf_text(&info, METRIC_LABEL, label);
    protobuf_inner(experiment, EXPERIMENT_METRIC, &info);
}

/* Each parameter once, with the first value that a trial has for it. */
static json_t *parameters(const struct snapshot *snapshot)
{
    json_t *all = json_object();
    for (size_t i = 0; i < snapshot->trial_count; i++) {
        json_t *flat = flat_params(snapshot->trials[i].params);
        (void)json_object_update_missing(all, flat);
        json_decref(flat);
    }
    return all;
}

static bool put_study(const struct export_source *source, struct export_folder *folder,
                      struct error *error)
{
    struct protobuf file = {0}, data = {0}, experiment = {0};
    char name[NAME_BYTES], metric[NAME_BYTES], label[2 * NAME_BYTES];
    json_t *all = parameters(source->snapshot);
    const char *parameter;
    json_t *value;
    figure_clean(name, sizeof name, source->facts.name, false);
    figure_clean(metric, sizeof metric, source->facts.metric, false);
    protobuf_text(&experiment, EXPERIMENT_NAME, name);
    protobuf_double(&experiment, EXPERIMENT_TIME, created(source));
    json_object_foreach(all, parameter, value)
    {
        describe_parameter(&experiment, parameter, value);
    }
    (void)snprintf(label, sizeof label, "best %s", metric);
    describe_metric(&experiment, "result/best", label);
    (void)snprintf(label, sizeof label, "final %s", metric);
    describe_metric(&experiment, "result/final", label);
    protobuf_inner(&data, DATA_EXPERIMENT, &experiment);
    event_file_begin(&file, created(source));
    event_file_plugin(&file, created(source), "_hparams_/experiment", "hparams", &data);
    json_decref(all);
    return put_file(folder, "", created(source), &file, error);
}

/* --- a trial ------------------------------------------------------------------------------------
 */

static void put_parameter(struct protobuf *start, const char *name, const json_t *value)
{
    struct protobuf entry = {0}, inner = {0};
    char *text = NULL;
    if (json_is_number(value))
        protobuf_double(&inner, VALUE_NUMBER, json_number_value(value));
    else if (json_is_boolean(value))
        protobuf_whole(&inner, VALUE_BOOL, json_is_true(value));
    else if (json_is_string(value))
        protobuf_text(&inner, VALUE_STRING, json_string_value(value));
    else if ((text = json_dumps(value, JSON_ENCODE_ANY)))
        protobuf_text(&inner, VALUE_STRING, text);
    free(text);
    protobuf_text(&entry, MAP_KEY, name);
    protobuf_inner(&entry, MAP_VALUE, &inner);
    protobuf_inner(start, START_HPARAMS, &entry);
}

static void put_start(struct protobuf *file, const struct trial_row *trial, const char *run,
                      double wall_time)
{
    struct protobuf data = {0}, start = {0};
    json_t *flat = flat_params(trial->params);
    const char *name;
    json_t *value;
    json_object_foreach(flat, name, value)
    {
        put_parameter(&start, name, value);
    }
    protobuf_text(&start, START_GROUP, run);
    protobuf_double(&start, START_TIME, wall_time);
    protobuf_inner(&data, DATA_SESSION_START, &start);
    event_file_plugin(file, wall_time, "_hparams_/session_start_info", "hparams", &data);
    json_decref(flat);
}

static int status_of(enum trial_state state)
{
    switch (state) {
    case TRIAL_COMPLETE:
    case TRIAL_STOPPED:
        return STATUS_SUCCESS;
    case TRIAL_DIVERGED:
    case TRIAL_FAILED:
        return STATUS_FAILURE;
    case TRIAL_RUNNING:
    case TRIAL_PAUSED:
        return STATUS_RUNNING;
    default:
        return STATUS_UNKNOWN;
    }
}

static void put_end(struct protobuf *file, const struct trial_row *trial, double wall_time)
{
    struct protobuf data = {0}, end = {0};
    protobuf_whole(&end, END_STATUS, status_of(trial->state));
    protobuf_double(&end, END_TIME, wall_time);
    protobuf_inner(&data, DATA_SESSION_END, &end);
    event_file_plugin(file, wall_time, "_hparams_/session_end_info", "hparams", &data);
}

/* What was measured is written, finite or not; what was not measured is left out. */
static void put_report(struct protobuf *file, const struct report_row *row, double started)
{
    const struct {
        const char *tag;
        double value;
        bool always;
    } scalars[] = {{"loss/train", row->train_loss, true},
                   {"loss/validation", row->val_loss, row->validated},
                   {"accuracy/validation", row->val_accuracy, false},
                   {"lr", row->lr, false},
                   {"grad_norm", row->grad_norm, false},
                   {"update_ratio", row->update_ratio, false},
                   {"dead_units", row->dead_units, false}};
    double wall_time = started + (isfinite(row->seconds) ? row->seconds : 0);
    for (size_t i = 0; i < sizeof scalars / sizeof scalars[0]; i++)
        if (scalars[i].always || isfinite(scalars[i].value))
            event_file_scalar(file, wall_time, row->step, scalars[i].tag, scalars[i].value);
}

/* In Markdown's own code block nothing in the text is taken for markup. */
static void put_reason(struct protobuf *file, const struct trial_row *trial, double wall_time)
{
    char message[TEXT_BYTES], text[TEXT_BYTES + 256];
    figure_clean(message, sizeof message, trial->message, false);
    (void)snprintf(text, sizeof text, "    %s, %s\n    %s", trial_state_name(trial->state),
                   trial->verdict == VERDICT_NONE ? "nothing seen" : verdict_name(trial->verdict),
                   message);
    event_file_text(file, wall_time, trial->step, "why", text);
}

static bool put_trial(const struct export_source *source, struct export_folder *folder,
                      const struct trial_row *trial, struct error *error)
{
    struct protobuf file = {0};
    char run[32];
    size_t count;
    const struct report_row *rows = report_list_of(source->reports, trial->id, &count);
    double started = time_of(trial->started, created(source));
    double ended = time_of(trial->ended, started);
    (void)snprintf(run, sizeof run, "trial-%06u", (unsigned)trial->id);
    event_file_begin(&file, started);
    put_start(&file, trial, run, started);
    for (size_t i = 0; i < count; i++)
        put_report(&file, &rows[i], started);
    if (isfinite(trial->metric))
        event_file_scalar(&file, ended, trial->step, "result/best", trial->metric);
    if (isfinite(trial->final))
        event_file_scalar(&file, ended, trial->step, "result/final", trial->final);
    put_reason(&file, trial, ended);
    put_end(&file, trial, ended);
    return put_file(folder, run, created(source), &file, error);
}

static bool fill(const struct export_source *source, struct export_folder *folder,
                 struct error *error)
{
    bool ok = put_study(source, folder, error);
    for (size_t i = 0; ok && i < source->snapshot->trial_count; i++)
        ok = put_trial(source, folder, &source->snapshot->trials[i], error);
    return ok;
}

const struct exporter exporter_tensorboard = {
    .name = "tensorboard", .path = "tensorboard", .fill = fill};
