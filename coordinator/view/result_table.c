/* result_table.c - prints the tables of a result. */
#include "coordinator/view/result_table.h"

#include "coordinator/view/candidate_text.h"
#include "coordinator/view/figures.h"
#include "coordinator/view/terminal.h"
#include "coordinator/view/text_table.h"
#include "coordinator/view/trial_order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WRAP_COLUMNS     80
#define TABLE_COLUMNS    100 /* where it is no terminal */
#define LONGEST_SENTENCE 2048
#define COLUMNS(array)   (sizeof(array) / sizeof(array)[0])
#define RATE_COLUMN      1
#define ENDING_INDENT    7 /* columns: below "lr" */

/* --- rungs --------------------------------------------------------------------------------------
 */

void result_table_rungs(FILE *stream, const struct snapshot *snapshot,
                        const struct study_facts *facts, bool colour)
{
    static const struct text_column columns[] = {{"bracket", true, false},
                                                 {"rung", true, false},
                                                 {"budget", true, false},
                                                 {"candidates", true, false},
                                                 {"promoted", true, false}};
    size_t count = snapshot->rung_count, level = 0;
    /* The first column is left out where there is one bracket. */
    bool brackets = count > 0 && snapshot->rungs[count - 1].bracket > 0;
    size_t skipped = brackets ? 0 : 1;
    struct text_table *table =
        count > 0 ? text_table_create(columns + skipped, COLUMNS(columns) - skipped) : NULL;
    for (size_t i = 0; table && i < count; i++) {
        const struct snapshot_rung *rung = &snapshot->rungs[i];
        bool last = i + 1 == count || rung[1].bracket != rung->bracket;
        level = i > 0 && rung[-1].bracket == rung->bracket ? level + 1 : 0;
        struct figure bracket = figure_count((uint64_t)rung->bracket + 1);
        struct figure number = figure_count(level + 1);
        struct figure budget = figure_budget(rung->budget, facts->unit);
        struct figure entered = figure_count(rung->candidates);
        struct figure promoted = figure_count(rung->promoted);
        char unit[sizeof budget.text];
        figure_clean(unit, sizeof unit, budget.text, false);
        const char *cells[] = {bracket.text, number.text, unit, entered.text,
                               last && rung->promoted == 0 ? "-" : promoted.text};
        (void)text_table_row(table, cells + skipped, NULL);
    }
    if (table)
        text_table_print(table, stream, terminal_columns(stream, TABLE_COLUMNS), colour);
    text_table_destroy(table);
}

/* --- trials -------------------------------------------------------------------------------------
 */

static enum text_style state_style(enum trial_state state)
{
    switch (state) {
    case TRIAL_COMPLETE:
        return STYLE_GREEN;
    case TRIAL_DIVERGED:
        return STYLE_RED;
    case TRIAL_FAILED:
        return STYLE_YELLOW;
    case TRIAL_STOPPED:
    case TRIAL_WAITING:
        return STYLE_DIM;
    default:
        return STYLE_PLAIN;
    }
}

static void add_trial(struct text_table *table, const struct trial_row *trial,
                      const struct study_facts *facts)
{
    char candidate[256];
    candidate_text(trial, candidate, sizeof candidate);
    double epochs = study_facts_epochs(facts, trial, trial->step);
    struct figure id = figure_count(trial->id), rate = figure_rate(trial->lr);
    struct figure length = isnan(epochs) ? figure_count(trial->step) : figure_rate(epochs);
    struct figure metric = figure_metric(trial->metric), final = figure_metric(trial->final);
    const char *cells[] = {id.text,
                           rate.text,
                           candidate,
                           trial_state_name(trial->state),
                           verdict_name(trial->verdict),
                           length.text,
                           metric.text,
                           final.text};
    enum text_style marked = trial == facts->best ? STYLE_BOLD : STYLE_PLAIN;
    enum text_style state = state_style(trial->state);
    const enum text_style styles[] = {marked, marked, marked, state, state, marked, marked, marked};
    (void)text_table_row(table, cells, styles);
}

void result_table_trials(FILE *stream, const struct snapshot *snapshot,
                         const struct study_facts *facts, bool colour)
{
    size_t count = snapshot->trial_count;
    char metric[24];
    figure_clean(metric, sizeof metric, facts->metric, false);
    const struct text_column columns[] = {
        {"trial", true, false},
        {"lr", true, false},
        {"schedule", false, true},
        {"state", false, false},
        {"verdict", false, false},
        {isnan(facts->steps_per_epoch) ? "steps" : "epochs", true, false},
        {"best", true, false},
        {"final", true, false},
    };
    struct text_table *table = text_table_create(columns, sizeof columns / sizeof columns[0]);
    struct trial_rank *order = calloc(count + 1, sizeof *order);
    if (table && !facts->searches_rate)
        text_table_hide(table, RATE_COLUMN);
    if (table && order) {
        size_t candidates = trial_order(snapshot, order);
        for (size_t i = 0; i < candidates; i++)
            add_trial(table, order[i].trial, facts);
        /* Promotions go by the value at a rung's end, which need not be a trial's best. */
        fprintf(stream,
                "Trials by their %s: the best one seen, and the one at the last rung's end\n",
                metric);
        text_table_print(table, stream, terminal_columns(stream, TABLE_COLUMNS), colour);
    }
    free(order);
    text_table_destroy(table);
}

/* --- finalists ----------------------------------------------------------------------------------
 */

static void add_finalist(struct text_table *table, const struct snapshot *snapshot,
                         const struct snapshot_finalist *finalist, const struct study_facts *facts)
{
    const struct trial_row *trial = snapshot_trial(snapshot, finalist->trial);
    char candidate[256] = "", error[48] = "-", note[64] = "";
    if (!trial)
        return;
    candidate_text(trial, candidate, sizeof candidate);
    struct figure id = figure_count(trial->id), rate = figure_rate(trial->lr);
    struct figure mean = figure_metric(finalist->mean), repeats = figure_count(finalist->repeats);
    if (isfinite(finalist->standard_error))
        (void)snprintf(error, sizeof error, "+-%s", figure_metric(finalist->standard_error).text);
    if (finalist->lost > 0)
        (void)snprintf(note, sizeof note, "%u diverged or failed", (unsigned)finalist->lost);
    else if (trial == facts->best)
        (void)snprintf(note, sizeof note, "recommended");
    else if (finalist->tied)
        (void)snprintf(note, sizeof note, "tied within the error");
    const char *cells[] = {id.text, rate.text, candidate, repeats.text, mean.text, error, note};
    enum text_style style = trial == facts->best ? STYLE_BOLD : STYLE_PLAIN;
    const enum text_style styles[] = {style, style, style, style, style, style, style};
    (void)text_table_row(table, cells, styles);
}

void result_table_finalists(FILE *stream, const struct snapshot *snapshot,
                            const struct study_facts *facts, bool colour)
{
    static const struct text_column columns[] = {
        {"trial", true, false},   {"lr", true, false},   {"schedule", false, true},
        {"repeats", true, false}, {"mean", true, false}, {"error", true, false},
        {"", false, false}};
    struct text_table *table = snapshot->finalist_count > 0
                                   ? text_table_create(columns, sizeof columns / sizeof columns[0])
                                   : NULL;
    if (table && !facts->searches_rate)
        text_table_hide(table, RATE_COLUMN);
    for (size_t i = 0; table && i < snapshot->finalist_count; i++)
        add_finalist(table, snapshot, &snapshot->finalists[i], facts);
    if (table) {
        char metric[24];
        figure_clean(metric, sizeof metric, facts->metric, false);
        fprintf(stream,
                "\nFinalists, trained again with fresh seeds: mean %s and its standard error\n",
                metric);
        text_table_print(table, stream, terminal_columns(stream, TABLE_COLUMNS), colour);
    }
    text_table_destroy(table);
}

/* --- sentences ----------------------------------------------------------------------------------
 */

void result_wrap(FILE *stream, const char *first, size_t indent, const char *text)
{
    char clean[LONGEST_SENTENCE];
    size_t column = figure_columns(first);
    bool begins = true;
    figure_clean(clean, sizeof clean, text, false);
    fputs(first, stream);
    char *rest = NULL;
    for (char *word = strtok_r(clean, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        size_t width = figure_columns(word);
        if (!begins && column + 1 + width > WRAP_COLUMNS) {
            fprintf(stream, "\n%*s", (int)indent, "");
            column = indent;
            begins = true;
        }
        fprintf(stream, "%s%s", begins ? "" : " ", word);
        column += width + !begins;
        begins = false;
    }
    fputc('\n', stream);
}

static void print_heading(FILE *stream, const char *heading, bool colour)
{
    fprintf(stream, "\n%s%s%s\n", text_style_begin(STYLE_BOLD, colour), heading,
            text_style_end(STYLE_BOLD, colour));
}

static void print_sentence(FILE *stream, const struct trial_row *trial)
{
    char first[128];
    char rate[64] = "";
    if (isfinite(trial->lr))
        (void)snprintf(rate, sizeof rate, "  lr %s", figure_rate(trial->lr).text);
    (void)snprintf(first, sizeof first, "%5s%s: ", figure_count(trial->id).text, rate);
    result_wrap(stream, first, ENDING_INDENT, trial->message);
}

static bool ended_itself(const struct trial_row *trial)
{
    return trial->state == TRIAL_DIVERGED || trial->state == TRIAL_FAILED;
}

void result_table_endings(FILE *stream, const struct snapshot *snapshot, bool colour)
{
    bool any = false;
    for (size_t i = 0; i < snapshot->trial_count; i++) {
        const struct trial_row *trial = &snapshot->trials[i];
        if (!ended_itself(trial) || !trial->message[0])
            continue;
        if (!any)
            print_heading(stream, "Why they ended", colour);
        any = true;
        print_sentence(stream, trial);
    }
}

void result_table_explanations(FILE *stream, const struct snapshot *snapshot, bool colour)
{
    const struct trial_row *best[VERDICTS] = {NULL};
    size_t count[VERDICTS] = {0};
    for (size_t i = 0; i < snapshot->trial_count; i++) {
        const struct trial_row *trial = &snapshot->trials[i];
        enum verdict verdict = trial->verdict;
        if (ended_itself(trial) || verdict <= VERDICT_HEALTHY || !trial->message[0])
            continue;
        count[verdict]++;
        if (!best[verdict] || trial_order_value(trial) < trial_order_value(best[verdict]))
            best[verdict] = trial;
    }
    bool any = false;
    for (int verdict = VERDICT_HEALTHY + 1; verdict < VERDICTS; verdict++) {
        if (!best[verdict])
            continue;
        if (!any)
            print_heading(stream, "What was seen of the others: the best one of each verdict",
                          colour);
        any = true;
        fprintf(stream, "%s, %s of them\n", verdict_name((enum verdict)verdict),
                figure_count(count[verdict]).text);
        print_sentence(stream, best[verdict]);
    }
}
