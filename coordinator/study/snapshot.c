/* snapshot.c - reads a study.db that may be in use, left by a killed run, or made by anyone. */
#include "coordinator/study/snapshot.h"

#include "common/layout.h"
#include "coordinator/study/database.h"
#include "coordinator/study/database_checks.h"
#include "coordinator/study/snapshot_rows.h"
#include "coordinator/study/store_files.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_ITEMS 10000 /* of a list in a value */

/* --- rows ---------------------------------------------------------------------------------------
 */

static bool read_value(struct snapshot *snapshot, sqlite3_stmt *from, struct error *error)
{
    const char *key = NULL, *value = NULL;
    if (!column_text(from, 0, &key, error) || !column_text(from, 1, &value, error))
        return false;
    return json_object_set_new(snapshot->values, key, json_string(value)) == 0 ||
           error_set(error, "a key or its value is not UTF-8 text");
}

static bool state_from_name(const char *name, enum trial_state *state, struct error *error)
{
    for (int i = 0; i < TRIAL_STATES; i++)
        if (strcmp(name, trial_state_name((enum trial_state)i)) == 0) {
            *state = (enum trial_state)i;
            return true;
        }
    return error_set(error, "column state holds \"%.40s\", expected one of %s ... %s", name,
                     trial_state_name((enum trial_state)0),
                     trial_state_name((enum trial_state)(TRIAL_STATES - 1)));
}

/* The row's texts share one allocation that begins with `schedule`. */
static bool copy_texts(struct trial_row *row, const char *schedule, const char *params,
                       const char *message, struct error *error)
{
    size_t lengths[] = {strlen(schedule) + 1, strlen(params) + 1, strlen(message) + 1};
    char *block = malloc(lengths[0] + lengths[1] + lengths[2]);
    if (!block)
        return error_set(error, "out of memory");
    row->schedule = memcpy(block, schedule, lengths[0]);
    row->params = memcpy(block + lengths[0], params, lengths[1]);
    row->message = memcpy(block + lengths[0] + lengths[1], message, lengths[2]);
    return true;
}

static bool read_trial(struct trial_row *row, sqlite3_stmt *from, struct error *error)
{
    uint64_t id = 0, rung = 0, attempts = 0, bracket = 0, repeat = 0;
    int parent = -1;
    const char *state = "", *verdict = "", *schedule = "", *params = "", *message = "";
    bool ok =
        column_whole(from, 0, UINT32_MAX, &id, error) && column_text(from, 1, &state, error) &&
        column_text(from, 2, &verdict, error) && column_whole(from, 3, UINT32_MAX, &rung, error) &&
        column_whole(from, 4, INT64_MAX, &row->step, error) &&
        column_real(from, 5, &row->lr, error) && column_text(from, 6, &schedule, error) &&
        column_text(from, 7, &params, error) && column_real(from, 8, &row->metric, error) &&
        column_real(from, 9, &row->final, error) && column_real(from, 10, &row->started, error) &&
        column_real(from, 11, &row->ended, error) &&
        column_whole(from, 12, UINT32_MAX, &attempts, error) &&
        column_index(from, 13, &row->worker, error) && column_text(from, 14, &message, error) &&
        column_whole(from, 15, UINT32_MAX, &bracket, error) &&
        column_index(from, 16, &parent, error) && column_whole(from, 17, 1, &repeat, error) &&
        column_whole(from, 18, INT64_MAX, &row->seed, error) &&
        column_whole(from, 19, INT64_MAX, &row->begun, error) &&
        state_from_name(state, &row->state, error);
    row->bracket = (uint32_t)bracket;
    row->parent = parent;
    row->repeat = repeat != 0;
    row->id = (uint32_t)id;
    row->rung = (uint32_t)rung;
    row->attempts = (uint32_t)attempts;
    row->verdict = verdict_from_name(verdict);
    return ok && copy_texts(row, schedule, params, message, error);
}

static bool add_trial(struct snapshot *snapshot, sqlite3_stmt *from, struct error *error)
{
    size_t count = snapshot->trial_count;
    /* A power of two is full: doubles. */
    if (count == 0 || (count >= 64 && (count & (count - 1)) == 0)) {
        struct trial_row *more = realloc(snapshot->trials, (count ? 2 * count : 64) * sizeof *more);
        if (!more)
            return error_set(error, "out of memory");
        snapshot->trials = more;
    }
    snapshot->trials[count] = (struct trial_row){0};
    if (!read_trial(&snapshot->trials[count], from, error))
        return false;
    snapshot->trial_count++;
    return true;
}

static bool read_table(struct snapshot *snapshot, sqlite3 *db, const char *path, const char *sql,
                       bool (*row)(struct snapshot *snapshot, sqlite3_stmt *from,
                                   struct error *error),
                       struct error *error)
{
    sqlite3_stmt *from = NULL;
    int code = SQLITE_DONE;
    bool ok = database_prepare(db, path, sql, &from, error);
    while (ok && (code = sqlite3_step(from)) == SQLITE_ROW) {
        ok = row(snapshot, from, error);
        if (!ok)
            error_prefix(error, "%s: \"%.40s ...\"", path, sql);
    }
    if (ok && code != SQLITE_DONE)
        ok = database_error(db, path, error);
    sqlite3_finalize(from);
    return ok;
}

/* One read transaction: nothing is committed between the tables. */
static bool read_tables(struct snapshot *snapshot, sqlite3 *db, const char *path,
                        struct error *error)
{
    static const char *const tables[] = {"study", "trial"};
    return database_run(db, path, "BEGIN", error) &&
           database_check_plain(db, path, tables, sizeof tables / sizeof tables[0], error) &&
           read_table(snapshot, db, path, "SELECT key, value FROM study", read_value, error) &&
           read_table(snapshot, db, path,
                      "SELECT id, state, verdict, rung, step, lr, schedule, params, metric, final,"
                      " started, ended, attempts, worker, message, bracket, parent, repeat, seed,"
                      " begun FROM trial ORDER BY id",
                      add_trial, error);
}

/* --- values -------------------------------------------------------------------------------------
 */

static bool parse_document(struct snapshot *snapshot, const char *path, struct error *error)
{
    json_error_t problem;
    const char *text = snapshot_value(snapshot, "document");
    if (!*text)
        return error_set(error, "%s: table study holds no document", path);
    snapshot->document = json_loads(text, 0, &problem);
    return json_is_object(snapshot->document) ||
           error_set(error, "%s: the document in table study is not a JSON object", path);
}

/* A whole number of 32 bits. */
static bool count_of(const json_t *from, const char *key, uint32_t *count)
{
    const json_t *value = json_object_get(from, key);
    json_int_t number = json_integer_value(value);
    *count = (uint32_t)number;
    return json_is_integer(value) && number >= 0 && number <= UINT32_MAX;
}

/* NaN: it is null, or not there. */
static double real_of(const json_t *from, const char *key)
{
    const json_t *value = json_object_get(from, key);
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

static bool parse_rung(void *item, const json_t *from)
{
    struct snapshot_rung *rung = item;
    rung->budget = real_of(from, "budget");
    return count_of(from, "bracket", &rung->bracket) &&
           count_of(from, "candidates", &rung->candidates) &&
           count_of(from, "promoted", &rung->promoted) && rung->budget >= 0;
}

static bool parse_finalist(void *item, const json_t *from)
{
    struct snapshot_finalist *finalist = item;
    finalist->mean = real_of(from, "mean");
    finalist->standard_error = real_of(from, "standard_error");
    finalist->tied = json_is_true(json_object_get(from, "tied"));
    return count_of(from, "trial", &finalist->trial) &&
           count_of(from, "repeats", &finalist->repeats) && count_of(from, "lost", &finalist->lost);
}

static bool parse_loss(void *item, const json_t *from)
{
    struct snapshot_loss *loss = item;
    const char *host = json_string_value(json_object_get(from, "host"));
    loss->host = host ? strdup(host) : NULL;
    loss->time = real_of(from, "time");
    loss->back = real_of(from, "back");
    return count_of(from, "rank", &loss->rank) && count_of(from, "trainers", &loss->trainers) &&
           count_of(from, "attempts", &loss->attempts) && !isnan(loss->time) && loss->host;
}

/* A value of the table `study` that is a JSON list. */
struct list {
    const char *key;
    const char *items; /* what they are, for the error */
    size_t item_bytes;
    bool (*parse)(void *item, const json_t *from); /* into an item that is all zero */
};

/* Allocates *items [*count], also where it fails; no such value: an empty list. */
static bool parse_list(const struct snapshot *snapshot, const char *path, const struct list *list,
                       void **items, size_t *count, struct error *error)
{
    const char *text = snapshot_value(snapshot, list->key);
    if (!*text)
        return true;
    json_t *parsed = json_loads(text, 0, NULL);
    size_t found = json_array_size(parsed);
    bool ok = json_is_array(parsed) && found <= MOST_ITEMS;
    if (ok && found > 0)
        ok = (*items = calloc(found, list->item_bytes)) != NULL;
    for (size_t i = 0; ok && i < found; i++) {
        *count = i + 1;
        ok = list->parse((char *)*items + i * list->item_bytes, json_array_get(parsed, i));
    }
    json_decref(parsed);
    return ok || error_set(error, "%s: the value %s in table study is not a list of %s", path,
                           list->key, list->items);
}

static bool parse_lists(struct snapshot *snapshot, const char *path, struct error *error)
{
    static const struct list of_rungs = {"rungs",
                                         "{\"bracket\", \"budget\", \"candidates\", \"promoted\"}",
                                         sizeof(struct snapshot_rung), parse_rung};
    static const struct list of_finalists = {"finalists", "{\"trial\", \"repeats\", \"lost\", ...}",
                                             sizeof(struct snapshot_finalist), parse_finalist};
    static const struct list of_losses = {
        "losses", "{\"rank\", \"host\", \"trainers\", \"attempts\", \"time\", ...}",
        sizeof(struct snapshot_loss), parse_loss};
    void *rungs = NULL, *finalists = NULL, *losses = NULL;
    bool ok =
        parse_list(snapshot, path, &of_rungs, &rungs, &snapshot->rung_count, error) &&
        parse_list(snapshot, path, &of_finalists, &finalists, &snapshot->finalist_count, error) &&
        parse_list(snapshot, path, &of_losses, &losses, &snapshot->loss_count, error);
    snapshot->rungs = rungs;
    snapshot->finalists = finalists;
    snapshot->losses = losses;
    return ok;
}

/* --- the whole ----------------------------------------------------------------------------------
 */

static bool fill(struct snapshot *snapshot, const char *path, struct error *error)
{
    sqlite3 *db = database_open_beside(path, error);
    bool ok = db && read_tables(snapshot, db, path, error) &&
              snapshot_rows_latest(snapshot, db, path, error);
    /* Closed before anything is worked out: a writer's commit may be waiting. */
    sqlite3_close(db);
    return ok && parse_document(snapshot, path, error) && parse_lists(snapshot, path, error);
}

struct snapshot *snapshot_read(const char *dir, struct error *error)
{
    if (!store_exists(dir)) {
        error_set(error, "%s: holds no study (there is no %s in it)", dir, LAYOUT_DATABASE);
        return NULL;
    }
    struct snapshot *snapshot = calloc(1, sizeof *snapshot);
    char *path = store_path(dir, LAYOUT_DATABASE);
    bool ok =
        snapshot && path && (snapshot->values = json_object()) && (snapshot->dir = strdup(dir));
    ok = ok ? fill(snapshot, path, error) : error_set(error, "%s: out of memory", dir);
    sqlite3_free(path);
    if (!ok) {
        snapshot_destroy(snapshot);
        snapshot = NULL;
    }
    return snapshot;
}

void snapshot_destroy(struct snapshot *snapshot)
{
    if (!snapshot)
        return;
    for (size_t i = 0; i < snapshot->trial_count; i++)
        free((char *)snapshot->trials[i].schedule);
    free(snapshot->trials);
    free(snapshot->rungs);
    free(snapshot->finalists);
    for (size_t i = 0; i < snapshot->loss_count; i++)
        free(snapshot->losses[i].host);
    free(snapshot->losses);
    free(snapshot->latest);
    free(snapshot->dir);
    json_decref(snapshot->document);
    json_decref(snapshot->values);
    free(snapshot);
}

const struct trial_row *snapshot_best(const struct snapshot *snapshot)
{
    const char *text = snapshot_value(snapshot, "recommended");
    char *end = NULL;
    unsigned long id = strtoul(text, &end, 10);
    if (end == text || *end != '\0')
        return NULL;
    return snapshot_trial(snapshot, id);
}

static int by_id(const void *key, const void *row)
{
    unsigned long id = *(const unsigned long *)key;
    const struct trial_row *trial = row;
    return (id > trial->id) - (id < trial->id);
}

const struct trial_row *snapshot_trial(const struct snapshot *snapshot, unsigned long id)
{
    return snapshot->trial_count ? bsearch(&id, snapshot->trials, snapshot->trial_count,
                                           sizeof *snapshot->trials, by_id)
                                 : NULL;
}

const char *snapshot_value(const struct snapshot *snapshot, const char *key)
{
    const char *value = json_string_value(json_object_get(snapshot->values, key));
    return value ? value : "";
}
