/* record.c - writes what the search does into the study, and feeds it back on resume.
 *
 * An event is written in the transaction that also holds its effects on the trial table, and the
 * dispatcher commits before it sends what the event led to. A crash in between leaves an assignment
 * that nobody got, which a resume treats like one whose trainer died. */
#include "coordinator/dispatch/record.h"

#include "common/study_document.h"
#include "coordinator/dispatch/explanation.h"
#include "coordinator/dispatch/losses.h"
#include "coordinator/dispatch/standing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const event_names[] = {
    [SEARCH_FREE] = "assigned",       [SEARCH_REPORT] = "validated", [SEARCH_DONE] = "done",
    [SEARCH_DIVERGED] = "diverged",   [SEARCH_PAUSED] = "paused",    [SEARCH_LOST] = "lost",
    [SEARCH_TIME_OVER] = "time_over",
};

double record_unix_time(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* The rungs are written with the first commit, which follows the replay of an earlier run: what
 * that one wrote is not to be replaced by those of a search that has not begun. */
void record_create(struct record *record, struct search *search, struct store *store,
                   const json_t *document)
{
    *record = (struct record){.search = search,
                              .store = store,
                              .document = document,
                              .standing_changed = true,
                              .dirty = true};
}

void record_destroy(struct record *record)
{
    for (size_t i = 0; i < record->note_count; i++)
        free(record->notes[i].message);
    free(record->notes);
    json_decref(record->losses);
}

struct trial_note *record_note(struct record *record, uint32_t trial)
{
    if (trial >= record->note_count) {
        size_t count = record->note_count ? 2 * record->note_count : 64;
        if (count <= trial)
            count = (size_t)trial + 1;
        struct trial_note *notes = realloc(record->notes, count * sizeof *notes);
        if (!notes)
            return NULL;
        for (size_t i = record->note_count; i < count; i++)
            notes[i] =
                (struct trial_note){.started = NAN, .ended = NAN, .seen_value = NAN, .worker = -1};
        record->notes = notes;
        record->note_count = count;
    }
    return &record->notes[trial];
}

void record_message(struct record *record, uint32_t trial, const char *message)
{
    struct trial_note *note = record_note(record, trial);
    if (!note)
        return;
    free(note->message);
    note->message = message && message[0] ? strdup(message) : NULL;
}

double record_metric(const struct record *record, const struct message_report *report)
{
    const char *metric = study_text(record->document, "study", "metric");
    if (strcmp(metric, "train_loss") == 0)
        return report->train_loss;
    if (!report->validated)
        return NAN;
    return strcmp(metric, "val_error") == 0 ? 1 - report->val_accuracy : report->val_loss;
}

static bool left(enum trial_state state)
{
    return state >= TRIAL_COMPLETE;
}

static bool write_trial(struct record *record, uint32_t number, struct error *error)
{
    const struct search_trial *trial = search_trial(record->search, number);
    struct trial_note *note = record_note(record, number);
    json_t *params = space_params(search_space(record->search), trial->values);
    char *text = params ? json_dumps(params, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;
    if (!note || !text) {
        json_decref(params);
        free(text);
        return error_set(error, "out of memory");
    }
    if (left(trial->state) && isnan(note->ended))
        note->ended = record_unix_time();
    const json_t *lr = json_object_get(params, "lr");
    const char *schedule =
        json_string_value(json_object_get(json_object_get(params, "schedule"), "type"));
    char explained[MESSAGE_TEXT_MAX_BYTES + 256];
    const char *message = note->message ? note->message : "";
    if (trial->state == TRIAL_STOPPED) {
        explanation_of_stop(record->search, record->document, number, message, explained,
                            sizeof explained);
        message = explained;
    }
    const struct trial_row row = {
        .id = number,
        .state = trial->state,
        .verdict = trial->verdict,
        .bracket = trial->bracket,
        .rung = trial->rung,
        .parent = trial->parent == SEARCH_NO_TRIAL ? -1 : (int64_t)trial->parent,
        .repeat = trial->repeat,
        .seed = trial->seed,
        .begun = trial->begun,
        .step = trial->step,
        .lr = lr ? json_number_value(lr) : (double)NAN,
        .schedule = schedule ? schedule : "",
        .params = text,
        .metric = trial->metric,
        .final = trial->final,
        .started = note->started,
        .ended = note->ended,
        .attempts = trial->attempts - trial->turns,
        .worker = note->worker,
        .message = message,
    };
    bool written = store_trial(record->store, &row, error);
    json_decref(params);
    free(text);
    return written;
}

static const struct search_action *assignment(const struct search_update *update)
{
    for (size_t i = 0; i < update->count; i++)
        if (update->actions[i].kind == SEARCH_TRAIN)
            return &update->actions[i];
    return NULL;
}

static bool write_event(struct record *record, const struct search_event *event, int worker,
                        int trainer, const char *text, struct error *error)
{
    const struct event_row row = {
        .kind = event_names[event->kind],
        .trial = event->trial,
        .attempt = event->attempt,
        .worker = worker,
        .trainer = trainer,
        .step = event->step,
        .value = event->value,
        .verdict = event->verdict,
        .text = text ? text : "",
    };
    return store_event(record->store, &row, error);
}

static uint64_t step_before(const struct record *record, const struct search_event *event)
{
    return event->trial < search_trial_count(record->search)
               ? search_trial(record->search, event->trial)->step
               : 0;
}

/* What the search does not keep of an event that it took when the trial stood at `step`. */
static bool note_event(struct record *record, const struct search_event *event, uint64_t step,
                       int worker, struct error *error)
{
    bool of_trial = event->kind != SEARCH_FREE && event->kind != SEARCH_TIME_OVER;
    struct trial_note *note = of_trial ? record_note(record, event->trial) : NULL;
    if (of_trial && !note)
        return error_set(error, "out of memory");
    bool got_on =
        event->step > step && (event->kind == SEARCH_DONE || event->kind == SEARCH_PAUSED);
    bool stayed = event->kind == SEARCH_LOST || event->kind == SEARCH_PAUSED;
    if (got_on)
        note->losses = 0;
    else if (stayed && worker >= 0) /* else nobody lost it: a resume took it up */
        note->losses++;
    return true;
}

bool record_step(struct record *record, const struct search_event *event, int worker, int trainer,
                 const char *text, struct search_update *update, bool *accepted,
                 struct error *error)
{
    struct search_event written = *event;
    uint64_t step = step_before(record, event);
    *accepted = search_step(record->search, event, update);
    if (search_failed(record->search))
        return error_set(error, "out of memory");
    if (!*accepted)
        return true;
    if (!note_event(record, event, step, worker, error))
        return false;
    if (event->kind == SEARCH_FREE) {
        const struct search_action *train = assignment(update);
        if (!train)
            return true; /* nothing changed */
        struct trial_note *note = record_note(record, train->trial);
        if (!note)
            return error_set(error, "out of memory");
        if (isnan(note->started))
            note->started = record_unix_time();
        note->worker = worker;
        note->seen_value = NAN;
        if (train->from > note->seen_step) {
            /* An earlier run, or its parent, trained it so far. */
            note->seen_step = train->from;
            note->seconds = NAN;
        }
        written.trial = train->trial;
        written.attempt = train->attempt;
        written.step = train->from;
    } else if (event->kind != SEARCH_REPORT && event->kind != SEARCH_TIME_OVER) {
        record_message(record, event->trial, text);
    }
    record->dirty = true;
    if (!write_event(record, &written, worker, trainer, text, error))
        return false;
    for (size_t i = 0; i < update->count; i++) {
        if (update->actions[i].kind != SEARCH_CHANGED)
            continue;
        record->standing_changed = record->standing_changed || event->kind != SEARCH_REPORT;
        if (!write_trial(record, update->actions[i].trial, error))
            return false;
    }
    return true;
}

bool record_report(struct record *record, uint32_t trial, const struct message_report *report,
                   struct error *error)
{
    struct trial_note *note = record_note(record, trial);
    if (!note)
        return error_set(error, "out of memory");
    note->seen_step = report->step;
    note->seen_value = record_metric(record, report);
    if (isfinite(report->seconds))
        note->seconds = report->seconds;
    const struct report_row row = {
        .trial = trial,
        .step = report->step,
        .epoch = report->epoch,
        .train_loss = report->train_loss,
        .val_loss = report->val_loss,
        .val_accuracy = report->val_accuracy,
        .lr = report->lr,
        .grad_norm = report->grad_norm,
        .update_ratio = report->update_ratio,
        .dead_units = report->dead_units,
        .seconds = report->seconds,
        .validated = report->validated != 0,
    };
    record->dirty = true;
    return store_report(record->store, &row, error);
}

bool record_set(struct record *record, const char *key, const char *value, struct error *error)
{
    record->dirty = true;
    return store_set(record->store, key, value, error);
}

bool record_commit(struct record *record, struct error *error)
{
    if (!record->dirty)
        return true;
    /* Once a commit, not once an event: there may be many rungs. */
    if (record->standing_changed && !standing_write(record, error))
        return false;
    record->dirty = record->standing_changed = false;
    return store_commit(record->store, error);
}

void record_discard(struct record *record)
{
    store_discard(record->store);
    record->dirty = record->standing_changed = false;
}

/* Trials that left the search with this event did so at its time. */
static void note_ends(struct record *record, const struct search_update *update, double time)
{
    for (size_t i = 0; i < update->count; i++) {
        uint32_t trial = update->actions[i].trial;
        struct trial_note *note = record_note(record, trial);
        if (note && left(search_trial(record->search, trial)->state) && isnan(note->ended))
            note->ended = time;
    }
}

static bool replay_event(void *context, const struct event_row *row, struct error *error)
{
    struct record *record = context;
    struct search_update update;
    if (losses_replay(record, row))
        return true;
    for (size_t kind = 0; kind < sizeof event_names / sizeof event_names[0]; kind++) {
        if (strcmp(row->kind, event_names[kind]) != 0)
            continue;
        const struct search_event event = {
            .kind = (enum search_event_kind)kind,
            .trial = row->trial,
            .attempt = row->attempt,
            .step = row->step,
            .value = row->value,
            .verdict = row->verdict,
        };
        uint64_t step = step_before(record, &event);
        if (!search_step(record->search, &event, &update))
            return error_set(error, "the recorded event \"%s\" of trial %u does not fit the search",
                             row->kind, row->trial);
        if (!note_event(record, &event, step, row->worker, error))
            return false;
        const struct search_action *train = assignment(&update);
        if (kind == SEARCH_FREE && (!train || train->trial != row->trial))
            return error_set(error, "the recorded assignment of trial %u does not fit the search",
                             row->trial);
        /* The end of the time is no trial's: what stands there in its place may be any number. */
        struct trial_note *note = kind == SEARCH_TIME_OVER ? NULL : record_note(record, row->trial);
        if (!note && kind != SEARCH_TIME_OVER)
            return error_set(error, "out of memory");
        if (kind == SEARCH_FREE) {
            note->worker = row->worker;
            note->started = isnan(note->started) ? row->time : note->started;
        } else if (kind != SEARCH_REPORT && kind != SEARCH_TIME_OVER) {
            record_message(record, row->trial, row->text);
        }
        note_ends(record, &update, row->time);
        return true;
    }
    return error_set(error, "the study holds an event \"%s\", which this version does not know",
                     row->kind);
}

bool record_replay(struct record *record, struct error *error)
{
    if (!store_replay(record->store, replay_event, record, error))
        return false;
    for (uint32_t i = 0; i < search_trial_count(record->search); i++) {
        const struct search_trial *trial = search_trial(record->search, i);
        if (trial->state != TRIAL_RUNNING)
            continue;
        const struct search_event event = {.kind = SEARCH_PAUSED,
                                           .trial = i,
                                           .attempt = trial->attempts,
                                           .step = trial->step,
                                           .value = NAN};
        struct search_update update;
        bool accepted;
        if (!record_step(record, &event, -1, -1, "", &update, &accepted, error))
            return false;
    }
    return record_commit(record, error);
}
