/* csv.c - two tables as RFC 4180 has them: a header, CRLF, quotes where a field needs them. A
 * number that is not there, or is not finite, is an empty field. */
#include "coordinator/export/exporter.h"
#include "coordinator/view/figures.h"
#include "coordinator/view/flat_params.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_BYTES 8192

/* A row under construction. */
struct row {
    FILE *stream;
    bool begun;
};

static void separate(struct row *row)
{
    if (row->begun)
        (void)fputc(',', row->stream);
    row->begun = true;
}

static void end(struct row *row)
{
    (void)fputs("\r\n", row->stream);
    row->begun = false;
}

static void put_text(struct row *row, const char *text)
{
    char clean[TEXT_BYTES];
    figure_clean(clean, sizeof clean, text, true);
    separate(row);
    if (!strpbrk(clean, ",\"\r\n")) {
        (void)fputs(clean, row->stream);
        return;
    }
    (void)fputc('"', row->stream);
    for (const char *next = clean; *next; next++) {
        if (*next == '"')
            (void)fputc('"', row->stream);
        (void)fputc(*next, row->stream);
    }
    (void)fputc('"', row->stream);
}

/* 17 digits: what is read back is the same number. */
static void put_real(struct row *row, double value)
{
    separate(row);
    if (isfinite(value))
        (void)fprintf(row->stream, "%.17g", value);
}

static void put_whole(struct row *row, uint64_t value)
{
    separate(row);
    (void)fprintf(row->stream, "%" PRIu64, value);
}

static void put_index(struct row *row, int64_t value)
{
    separate(row);
    if (value >= 0)
        (void)fprintf(row->stream, "%" PRId64, value);
}

static void put_json(struct row *row, const json_t *value)
{
    if (json_is_string(value)) {
        put_text(row, json_string_value(value));
        return;
    }
    char *text = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17)) : NULL;
    put_text(row, text ? text : "");
    free(text);
}

/* --- trials -------------------------------------------------------------------------------------
 */

/* The names of the parameters that any trial has, each to null: columns of their own. */
static json_t *parameter_names(const struct snapshot *snapshot)
{
    json_t *names = json_object();
    for (size_t i = 0; i < snapshot->trial_count; i++) {
        json_t *flat = flat_params(snapshot->trials[i].params);
        const char *name;
        json_t *value;
        json_object_foreach(flat, name, value)
        {
            (void)json_object_set_new(names, name, json_null());
        }
        json_decref(flat);
    }
    return names;
}

static void put_trial(struct row *row, const struct export_source *source,
                      const struct trial_row *trial, const json_t *names)
{
    json_t *flat = flat_params(trial->params);
    const char *name;
    json_t *value;
    put_whole(row, trial->id);
    put_text(row, trial_state_name(trial->state));
    put_text(row, verdict_name(trial->verdict));
    put_whole(row, trial == source->facts.best);
    put_whole(row, trial->bracket);
    put_whole(row, trial->rung);
    put_index(row, trial->parent);
    put_whole(row, trial->repeat);
    put_whole(row, trial->seed);
    put_whole(row, trial->begun);
    put_whole(row, trial->step);
    put_real(row, study_facts_epochs(&source->facts, trial, trial->step));
    put_real(row, trial->lr);
    put_text(row, trial->schedule);
    put_real(row, trial->metric);
    put_real(row, trial->final);
    put_real(row, trial->started);
    put_real(row, trial->ended);
    put_whole(row, trial->attempts);
    put_index(row, trial->worker);
    put_text(row, trial->message);
    json_object_foreach((json_t *)names, name, value)
    {
        put_json(row, json_object_get(flat, name));
    }
    end(row);
    json_decref(flat);
}

static bool print_trials(const struct export_source *source, FILE *stream)
{
    static const char *const header[] = {
        "trial",  "state", "verdict", "recommended", "bracket",  "rung",   "parent",
        "repeat", "seed",  "begun",   "step",        "epochs",   "lr",     "schedule",
        "metric", "final", "started", "ended",       "attempts", "worker", "message"};
    struct row row = {.stream = stream};
    json_t *names = parameter_names(source->snapshot);
    const char *name;
    json_t *value;
    for (size_t i = 0; i < sizeof header / sizeof header[0]; i++)
        put_text(&row, header[i]);
    json_object_foreach(names, name, value)
    {
        char column[TEXT_BYTES];
        (void)snprintf(column, sizeof column, "params.%s", name);
        put_text(&row, column);
    }
    end(&row);
    for (size_t i = 0; i < source->snapshot->trial_count; i++)
        put_trial(&row, source, &source->snapshot->trials[i], names);
    json_decref(names);
    return names != NULL;
}

/* --- reports ------------------------------------------------------------------------------------
 */

static bool print_reports(const struct export_source *source, FILE *stream)
{
    struct row row = {.stream = stream};
    put_text(&row, "trial");
    put_text(&row, "step");
    for (size_t i = 0; i < REPORT_NUMBERS; i++)
        put_text(&row, report_number_names[i]);
    put_text(&row, "validated");
    end(&row);
    for (size_t i = 0; i < source->reports->count; i++) {
        const struct report_row *report = &source->reports->rows[i];
        double numbers[REPORT_NUMBERS];
        report_numbers(report, numbers);
        put_whole(&row, report->trial);
        put_whole(&row, report->step);
        for (size_t j = 0; j < REPORT_NUMBERS; j++)
            put_real(&row, numbers[j]);
        put_whole(&row, report->validated);
        end(&row);
    }
    return true;
}

static bool put_table(const struct export_source *source, struct export_folder *folder,
                      const char *name,
                      bool (*table)(const struct export_source *source, FILE *stream),
                      struct error *error)
{
    char *bytes = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&bytes, &length);
    bool ok = stream && table(source, stream);
    if (stream && fclose(stream) != 0)
        ok = false;
    ok = ok ? export_folder_put(folder, name, bytes, length, error)
            : error_set(error, "%s: out of memory", name);
    free(bytes);
    return ok;
}

static bool fill(const struct export_source *source, struct export_folder *folder,
                 struct error *error)
{
    return put_table(source, folder, "trials.csv", print_trials, error) &&
           put_table(source, folder, "reports.csv", print_reports, error);
}

const struct exporter exporter_csv = {.name = "csv", .path = "csv", .fill = fill};
