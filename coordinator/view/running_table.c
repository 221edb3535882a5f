/* running_table.c - trials in training, with their newest reports. */
#include "coordinator/view/running_table.h"

#include "coordinator/view/candidate_text.h"
#include "coordinator/view/figures.h"
#include "coordinator/view/terminal.h"
#include "coordinator/view/text_table.h"

#include <math.h>
#include <string.h>

#define RATE_COLUMN   1
#define TABLE_COLUMNS 100 /* where it is no terminal */

/* NULL: it has not reported yet. */
static const struct report_row *latest_of(const struct snapshot *snapshot, uint32_t trial)
{
    for (size_t i = 0; i < snapshot->latest_count; i++)
        if (snapshot->latest[i].trial == trial)
            return &snapshot->latest[i];
    return NULL;
}

static void add_trial(struct text_table *table, const struct snapshot *snapshot,
                      const struct study_facts *facts, const struct trial_row *trial)
{
    char candidate[256];
    const struct report_row *report = latest_of(snapshot, trial->id);
    uint64_t step = report && report->step > trial->step ? report->step : trial->step;
    double epochs = study_facts_epochs(facts, trial, step);
    candidate_text(trial, candidate, sizeof candidate);
    struct figure id = figure_count(trial->id), rate = figure_rate(trial->lr);
    struct figure rung = figure_count((uint64_t)trial->rung + 1);
    struct figure length = isnan(epochs) ? figure_count(step) : figure_rate(epochs);
    struct figure loss = figure_metric(report ? report->train_loss : (double)NAN);
    struct figure metric = figure_metric(trial->metric);
    const char *verdict = trial->verdict == VERDICT_NONE ? "-" : verdict_name(trial->verdict);
    const char *cells[] = {id.text,     rate.text, candidate,   rung.text,
                           length.text, loss.text, metric.text, verdict};
    (void)text_table_row(table, cells, NULL);
}

void running_table_print(FILE *stream, const struct snapshot *snapshot,
                         const struct study_facts *facts, size_t most, bool colour)
{
    const struct text_column columns[] = {
        {"trial", true, false},
        {"lr", true, false},
        {"schedule", false, true},
        {"rung", true, false},
        {isnan(facts->steps_per_epoch) ? "steps" : "epochs", true, false},
        {"loss", true, false},
        {"best", true, false},
        {"verdict so far", false, false},
    };
    size_t running = facts->states[TRIAL_RUNNING], shown = 0;
    struct text_table *table =
        running > 0 ? text_table_create(columns, sizeof columns / sizeof columns[0]) : NULL;
    if (table && !facts->searches_rate)
        text_table_hide(table, RATE_COLUMN);
    for (size_t i = 0; table && i < snapshot->trial_count && shown < most; i++) {
        if (snapshot->trials[i].state != TRIAL_RUNNING)
            continue;
        add_trial(table, snapshot, facts, &snapshot->trials[i]);
        shown++;
    }
    if (table) {
        char metric[24];
        figure_clean(metric, sizeof metric, facts->metric, false);
        bool trains = strcmp(facts->status, "running") == 0 && !snapshot->unattended;
        fprintf(stream, "\n%s: the newest training loss, and the best %s\n",
                trains ? "In training" : "Were in training", metric);
        text_table_print(table, stream, terminal_columns(stream, TABLE_COLUMNS), colour);
        if (shown < running)
            fprintf(stream, "... and %s more\n", figure_count(running - shown).text);
    }
    text_table_destroy(table);
}

static json_t *running_object(const struct snapshot *snapshot, const struct study_facts *facts,
                              const struct trial_row *trial)
{
    const struct report_row *report = latest_of(snapshot, trial->id);
    uint64_t step = report && report->step > trial->step ? report->step : trial->step;
    json_t *params = json_loads(trial->params, 0, NULL);
    return json_pack("{s:I, s:o, s:o, s:o, s:I, s:I, s:o, s:o, s:o, s:o, s:s, s:o, s:o}", "trial",
                     (json_int_t)trial->id, "lr", figure_json(trial->lr), "schedule",
                     figure_text_json(trial->schedule), "params", params ? params : json_null(),
                     "rung", (json_int_t)trial->rung, "step", (json_int_t)step, "epochs",
                     figure_json(study_facts_epochs(facts, trial, step)), "train_loss",
                     figure_json(report ? report->train_loss : (double)NAN), "val_loss",
                     figure_json(report ? report->val_loss : (double)NAN), "metric",
                     figure_json(trial->metric), "verdict", verdict_name(trial->verdict), "worker",
                     trial->worker < 0 ? json_null() : json_integer(trial->worker), "seconds",
                     figure_json(report ? report->seconds : (double)NAN));
}

json_t *running_json(const struct snapshot *snapshot, const struct study_facts *facts)
{
    json_t *list = json_array();
    for (size_t i = 0; i < snapshot->trial_count; i++)
        if (snapshot->trials[i].state == TRIAL_RUNNING)
            (void)json_array_append_new(list,
                                        running_object(snapshot, facts, &snapshot->trials[i]));
    return list;
}

uint32_t running_left(const struct snapshot *snapshot, const struct study_facts *facts)
{
    uint32_t made = facts->states[TRIAL_WAITING] + facts->states[TRIAL_PAUSED];
    double missing = facts->candidates - (double)snapshot->trial_count;
    return made + (missing > 0 && missing < 1e9 ? (uint32_t)missing : 0);
}
