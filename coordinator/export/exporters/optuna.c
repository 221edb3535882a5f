/* optuna.c - an Optuna storage, made in memory and written as one file.
 *
 * States: complete is COMPLETE with its final value; stopped and diverged are PRUNED, the latter
 * with a NaN at its last step where its metric was not measured there; failed is FAIL; waiting is
 * WAITING with fixed_params, as enqueue_trial leaves it; running and paused are RUNNING. A
 * finalist's repeats are no trials of their own, as Optuna would take one of them for the best:
 * they are an attribute of the finalist. */
#include "coordinator/export/exporter.h"
#include "coordinator/export/optuna_distribution.h"
#include "coordinator/export/optuna_schema.h"
#include "coordinator/view/figures.h"

#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TIME_BYTES 64

struct storage {
    sqlite3 *db;
    sqlite3_stmt *trial, *parameter, *value, *intermediate, *trial_user, *trial_system, *study_user,
        *study_system;
    const struct export_source *source;
    struct space space;
    bool good; /* everything was written so far */
};

/* --- rows ---------------------------------------------------------------------------------------
 */

static void prepare(struct storage *storage, sqlite3_stmt **statement, const char *sql)
{
    storage->good =
        storage->good && sqlite3_prepare_v2(storage->db, sql, -1, statement, NULL) == SQLITE_OK;
}

static void step(struct storage *storage, sqlite3_stmt *statement)
{
    storage->good = storage->good && sqlite3_step(statement) == SQLITE_DONE;
    sqlite3_reset(statement);
}

/* Takes over the value's reference. */
static void put_attribute(struct storage *storage, sqlite3_stmt *statement, long long owner,
                          const char *key, json_t *value)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    sqlite3_bind_int64(statement, 1, owner);
    sqlite3_bind_text(statement, 2, key, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 3, text ? text : "null", -1, SQLITE_TRANSIENT);
    step(storage, statement);
    free(text);
    json_decref(value);
}

/* Optuna's own: local time without a zone. */
static void bind_time(sqlite3_stmt *statement, int column, double time_s)
{
    char text[TIME_BYTES];
    struct tm local;
    if (!(time_s >= 0 && time_s < 1e11)) {
        sqlite3_bind_null(statement, column);
        return;
    }
    time_t whole = (time_t)time_s;
    size_t used =
        localtime_r(&whole, &local) ? strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local) : 0;
    (void)snprintf(text + used, sizeof text - used, ".%06d", (int)((time_s - floor(time_s)) * 1e6));
    sqlite3_bind_text(statement, column, text, -1, SQLITE_TRANSIENT);
}

/* --- trials -------------------------------------------------------------------------------------
 */

static const char *state_of(const struct trial_row *trial)
{
    switch (trial->state) {
    case TRIAL_COMPLETE:
        return isfinite(trial->final) ? "COMPLETE" : "PRUNED";
    case TRIAL_STOPPED:
    case TRIAL_DIVERGED:
        return "PRUNED";
    case TRIAL_FAILED:
        return "FAIL";
    case TRIAL_WAITING:
        return "WAITING";
    default:
        return "RUNNING";
    }
}

static void put_trial_row(struct storage *storage, long long id, const struct trial_row *trial)
{
    sqlite3_bind_int64(storage->trial, 1, id);
    sqlite3_bind_int64(storage->trial, 2, id - 1);
    sqlite3_bind_text(storage->trial, 3, state_of(trial), -1, SQLITE_STATIC);
    bind_time(storage->trial, 4, trial->started);
    bind_time(storage->trial, 5, trial->ended);
    step(storage, storage->trial);
}

static void put_parameter(struct storage *storage, long long id, const struct parameter *parameter,
                          double value)
{
    json_t *distribution = optuna_distribution(parameter);
    char *text = json_dumps(distribution, JSON_REAL_PRECISION(17));
    sqlite3_bind_int64(storage->parameter, 1, id);
    sqlite3_bind_text(storage->parameter, 2, parameter->name, -1, SQLITE_STATIC);
    sqlite3_bind_double(storage->parameter, 3, value);
    sqlite3_bind_text(storage->parameter, 4, text ? text : "", -1, SQLITE_TRANSIENT);
    storage->good = storage->good && text;
    step(storage, storage->parameter);
    free(text);
    json_decref(distribution);
}

static void put_parameters(struct storage *storage, long long id, const struct trial_row *trial)
{
    double values[SPACE_MAX];
    json_t *params = json_loads(trial->params, 0, NULL), *fixed = json_object();
    bool fits = space_point(&storage->space, params, values);
    for (size_t i = 0; fits && i < storage->space.count; i++) {
        const struct parameter *parameter = &storage->space.parameters[i];
        if (isnan(values[i]))
            continue;
        if (trial->state == TRIAL_WAITING)
            (void)json_object_set_new(fixed, parameter->name, optuna_value(parameter, values[i]));
        else
            put_parameter(storage, id, parameter, values[i]);
    }
    if (trial->state == TRIAL_WAITING && json_object_size(fixed) > 0)
        put_attribute(storage, storage->trial_system, id, "fixed_params", json_incref(fixed));
    put_attribute(storage, storage->trial_user, id, "params", params ? params : json_null());
    json_decref(fixed);
}

static void put_intermediate(struct storage *storage, long long id, uint64_t at, double value)
{
    sqlite3_bind_int64(storage->intermediate, 1, id);
    sqlite3_bind_int64(storage->intermediate, 2, (sqlite3_int64)at);
    if (isfinite(value))
        sqlite3_bind_double(storage->intermediate, 3, value);
    else
        sqlite3_bind_null(storage->intermediate, 3);
    sqlite3_bind_text(storage->intermediate, 4, isfinite(value) ? "FINITE" : "NAN", -1,
                      SQLITE_STATIC);
    step(storage, storage->intermediate);
}

/* Returns the last one that is finite, NaN where there is none. */
static double put_curve(struct storage *storage, long long id, const struct trial_row *trial)
{
    size_t count;
    const char *metric = storage->source->facts.metric;
    const struct report_row *rows = report_list_of(storage->source->reports, trial->id, &count);
    double last = NAN;
    bool ends = false;
    for (size_t i = 0; i < count; i++) {
        double value = report_metric(&rows[i], metric);
        if (!report_measured(&rows[i], metric))
            continue;
        put_intermediate(storage, id, rows[i].step, value);
        last = isfinite(value) ? value : last;
        ends = ends || rows[i].step == trial->step;
    }
    if (trial->state == TRIAL_DIVERGED && !ends)
        put_intermediate(storage, id, trial->step, NAN);
    return last;
}

static void put_value(struct storage *storage, long long id, double value)
{
    if (!isfinite(value))
        return;
    sqlite3_bind_int64(storage->value, 1, id);
    sqlite3_bind_double(storage->value, 2, value);
    step(storage, storage->value);
}

/* What the repeats of a finalist brought, in their order. */
static json_t *repeats_of(const struct snapshot *snapshot, const struct trial_row *of)
{
    json_t *values = json_array();
    for (size_t i = 0; i < snapshot->trial_count; i++)
        if (snapshot->trials[i].repeat && snapshot->trials[i].parent == of->id)
            (void)json_array_append_new(values, figure_json(snapshot->trials[i].final));
    return values;
}

static void put_notes(struct storage *storage, long long id, const struct trial_row *trial)
{
    sqlite3_stmt *user = storage->trial_user;
    json_t *repeats = repeats_of(storage->source->snapshot, trial);
    put_attribute(storage, user, id, "trial", json_integer(trial->id));
    put_attribute(storage, user, id, "state", json_string(trial_state_name(trial->state)));
    put_attribute(storage, user, id, "verdict", json_string(verdict_name(trial->verdict)));
    put_attribute(storage, user, id, "reason", figure_clean_json(trial->message, true));
    put_attribute(storage, user, id, "lr", figure_json(trial->lr));
    put_attribute(storage, user, id, "schedule", figure_clean_json(trial->schedule, true));
    put_attribute(storage, user, id, "steps", json_integer((json_int_t)trial->step));
    put_attribute(storage, user, id, "seed", json_integer((json_int_t)trial->seed));
    if (trial->parent >= 0)
        put_attribute(storage, user, id, "parent", json_integer(trial->parent));
    if (json_array_size(repeats) > 0)
        put_attribute(storage, user, id, "repeats", json_incref(repeats));
    json_decref(repeats);
}

static void put_trial(struct storage *storage, long long id, const struct trial_row *trial)
{
    const char *state = state_of(trial);
    put_trial_row(storage, id, trial);
    put_parameters(storage, id, trial);
    double last = put_curve(storage, id, trial);
    if (strcmp(state, "COMPLETE") == 0)
        put_value(storage, id, trial->final);
    else if (strcmp(state, "PRUNED") == 0)
        put_value(storage, id, last);
    put_notes(storage, id, trial);
}

/* --- the study ----------------------------------------------------------------------------------
 */

static void put_study(struct storage *storage)
{
    const struct study_facts *facts = &storage->source->facts;
    sqlite3_stmt *name = NULL;
    json_t *title = figure_clean_json(*facts->name ? facts->name : "study", true);
    prepare(storage, &name, "INSERT INTO studies VALUES (1, ?1)");
    if (name) {
        sqlite3_bind_text(name, 1, json_string_value(title), -1, SQLITE_STATIC);
        step(storage, name);
    }
    sqlite3_finalize(name);
    json_decref(title);
    put_attribute(storage, storage->study_user, 1, "status",
                  figure_clean_json(facts->status, true));
    put_attribute(storage, storage->study_user, 1, "metric",
                  figure_clean_json(facts->metric, true));
    put_attribute(storage, storage->study_user, 1, "seed", json_integer(facts->seed));
    put_attribute(storage, storage->study_user, 1, "recommended",
                  facts->best ? json_integer(facts->best->id) : json_null());
    put_attribute(storage, storage->study_system, 1, "study:metric_names",
                  json_pack("[o]", figure_clean_json(facts->metric, true)));
}

static void begin(struct storage *storage)
{
    storage->good =
        storage->good &&
        sqlite3_exec(storage->db,
                     "BEGIN;" OPTUNA_SCHEMA "INSERT INTO version_info VALUES (1, 12, '3.0.0');"
                     "INSERT INTO study_directions VALUES (1, 'MINIMIZE', 1, 0);",
                     NULL, NULL, NULL) == SQLITE_OK;
    prepare(storage, &storage->trial, "INSERT INTO trials VALUES (?1, ?2, 1, ?3, ?4, ?5)");
    prepare(storage, &storage->parameter, "INSERT INTO trial_params VALUES (NULL, ?1, ?2, ?3, ?4)");
    prepare(storage, &storage->value,
            "INSERT INTO trial_values VALUES (NULL, ?1, 0, ?2, 'FINITE')");
    prepare(storage, &storage->intermediate,
            "INSERT INTO trial_intermediate_values VALUES (NULL, ?1, ?2, ?3, ?4)");
    prepare(storage, &storage->trial_user,
            "INSERT INTO trial_user_attributes VALUES (NULL, ?1, ?2, ?3)");
    prepare(storage, &storage->trial_system,
            "INSERT INTO trial_system_attributes VALUES (NULL, ?1, ?2, ?3)");
    prepare(storage, &storage->study_user,
            "INSERT INTO study_user_attributes VALUES (NULL, ?1, ?2, ?3)");
    prepare(storage, &storage->study_system,
            "INSERT INTO study_system_attributes VALUES (NULL, ?1, ?2, ?3)");
}

static void end(struct storage *storage)
{
    sqlite3_stmt *const statements[] = {
        storage->trial,      storage->parameter,    storage->value,      storage->intermediate,
        storage->trial_user, storage->trial_system, storage->study_user, storage->study_system};
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++)
        sqlite3_finalize(statements[i]);
    storage->good =
        storage->good && sqlite3_exec(storage->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
}

static void put_all(struct storage *storage)
{
    const struct snapshot *snapshot = storage->source->snapshot;
    long long id = 0;
    put_study(storage);
    for (size_t i = 0; storage->good && i < snapshot->trial_count; i++)
        if (!snapshot->trials[i].repeat)
            put_trial(storage, ++id, &snapshot->trials[i]);
}

static bool print(const struct export_source *source, FILE *stream, struct error *error)
{
    struct storage storage = {.source = source};
    if (!space_create(&storage.space, source->snapshot->document, error))
        return false;
    storage.good = sqlite3_open(":memory:", &storage.db) == SQLITE_OK;
    begin(&storage);
    if (storage.good)
        put_all(&storage);
    end(&storage);
    sqlite3_int64 length = 0;
    unsigned char *bytes = storage.good ? sqlite3_serialize(storage.db, "main", &length, 0) : NULL;
    if (bytes)
        (void)fwrite(bytes, 1, (size_t)length, stream);
    else
        error_set(error, "the storage cannot be made: %s", sqlite3_errmsg(storage.db));
    sqlite3_free(bytes);
    sqlite3_close(storage.db);
    return bytes != NULL;
}

const struct exporter exporter_optuna = {.name = "optuna", .path = "optuna.db", .print = print};
