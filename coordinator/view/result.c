/* result.c - tells a study's result in words, around its tables. */
#include "coordinator/view/result.h"

#include "common/layout.h"
#include "coordinator/view/candidate_text.h"
#include "coordinator/view/figures.h"
#include "coordinator/view/result_table.h"
#include "coordinator/view/running_table.h"
#include "coordinator/view/stable_lr.h"
#include "coordinator/view/text_table.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SENTENCE_BYTES 1024
#define LOSSES_SHOWN   8
#define RUNNING_MOST   64 /* trials in training that are shown */

static uint32_t through(const struct study_facts *facts)
{
    return facts->states[TRIAL_COMPLETE] + facts->states[TRIAL_STOPPED] +
           facts->states[TRIAL_DIVERGED] + facts->states[TRIAL_FAILED];
}

/* --- how the search stands ----------------------------------------------------------------------
 */

static void print_headline(FILE *stream, const struct snapshot *snapshot,
                           const struct study_facts *facts, bool colour)
{
    const char *headline = strcmp(facts->status, "failed") == 0        ? "The run failed"
                           : strcmp(facts->status, "interrupted") == 0 ? "Interrupted"
                           : snapshot->unattended ? "The run died before its end"
                                                  : "Running";
    char holder[256];
    figure_clean(holder, sizeof holder, snapshot->holder ? snapshot->holder : "", false);
    fprintf(stream, "%s%s%s: %s of %s trials are through", text_style_begin(STYLE_BOLD, colour),
            headline, text_style_end(STYLE_BOLD, colour), figure_count(through(facts)).text,
            isfinite(facts->candidates) && facts->candidates >= snapshot->trial_count
                ? figure_count((uint64_t)facts->candidates).text
                : figure_count(snapshot->trial_count).text);
    if (facts->states[TRIAL_RUNNING] > 0)
        fprintf(stream, ", %s %sin training", figure_count(facts->states[TRIAL_RUNNING]).text,
                strcmp(headline, "Running") == 0 ? "" : "were ");
    if (running_left(snapshot, facts) > 0)
        fprintf(stream, ", %s are left", figure_count(running_left(snapshot, facts)).text);
    if (facts->states[TRIAL_PAUSED] > 0)
        fprintf(stream, " (%s of them paused)", figure_count(facts->states[TRIAL_PAUSED]).text);
    fputs(".\n", stream);
    if (snapshot->unattended)
        fprintf(stream, "Rank 0 is dead: no process holds the study%s%s.\n",
                *holder ? "; the last one was " : "", holder);
    else if (*holder)
        fprintf(stream, "Rank 0 is %s.\n", holder);
    /* A range test that was cut off begins anew. */
    if (strcmp(headline, "Running") != 0 && !facts->range_test) {
        char dir[512];
        figure_clean(dir, sizeof dir, snapshot->dir, false);
        fprintf(stream, "Go on with it: lrsweep run FILE --out %s --resume\n", dir);
    }
}

/* --- the recommendation -------------------------------------------------------------------------
 */

static void print_length(FILE *stream, const struct study_facts *facts,
                         const struct trial_row *trial)
{
    double epochs = study_facts_epochs(facts, trial, trial->step);
    uint64_t steps = trial->step;
    if (isnan(epochs))
        fprintf(stream, " after %s steps", figure_count(steps).text);
    else
        fprintf(stream, " after %s (%s steps)", figure_budget(epochs, "epochs").text,
                figure_count(steps).text);
}

static void print_test(FILE *stream, const struct snapshot *snapshot)
{
    double accuracy = study_facts_number(snapshot, "test_accuracy");
    double loss = study_facts_number(snapshot, "test_loss");
    if (isnan(accuracy) && isnan(loss))
        return;
    fputs("  test set: ", stream);
    /* Where there are no classes, R^2 stands in the place of accuracy. */
    if (!isnan(accuracy) && study_facts_number(snapshot, "classes") == 0)
        fprintf(stream, "R2 %.4f%s", accuracy, isnan(loss) ? "" : ", ");
    else if (!isnan(accuracy))
        fprintf(stream, "accuracy %.2f %%%s", 100 * accuracy, isnan(loss) ? "" : ", ");
    if (!isnan(loss))
        fprintf(stream, "loss %s", figure_metric(loss).text);
    fputc('\n', stream);
}

static void print_best(FILE *stream, const struct snapshot *snapshot,
                       const struct study_facts *facts, bool colour)
{
    const struct trial_row *best = facts->best;
    char candidate[400], metric[24];
    candidate_text_whole(best, candidate, sizeof candidate);
    figure_clean(metric, sizeof metric, facts->metric, false);
    fprintf(stream, "%s%s: %s%s (trial %u)\n", text_style_begin(STYLE_BOLD, colour),
            study_facts_finished(facts) ? "Recommended" : "Best so far", candidate,
            text_style_end(STYLE_BOLD, colour), (unsigned)best->id);
    bool trained_on = strcmp(facts->metric, "train_loss") == 0;
    fprintf(stream, "  %s set: %s %s", trained_on ? "training" : "validation", metric,
            figure_metric(facts->best_value).text);
    print_length(stream, facts, best);
    fputc('\n', stream);
    print_test(stream, snapshot);
}

/* Nothing can be recommended: what the user can try. */
static void print_nothing(FILE *stream, const struct study_facts *facts,
                          const struct stable_lr *stable, bool colour)
{
    char text[SENTENCE_BYTES];
    fprintf(stream, "%sNo candidate survived%s: %u diverged, %u failed.\n",
            text_style_begin(STYLE_BOLD, colour), text_style_end(STYLE_BOLD, colour),
            (unsigned)facts->states[TRIAL_DIVERGED], (unsigned)facts->states[TRIAL_FAILED]);
    if (stable->lost > 0 && isnan(stable->highest_stable))
        (void)snprintf(text, sizeof text,
                       "Even the lowest rate that was tried, %s, was too large. Try lower bounds: "
                       "space = { lr = { log_uniform = [%s, %s]; }; ... };",
                       figure_rate(stable->lowest_tried).text,
                       figure_rate(stable->lowest_tried * 1e-4).text,
                       figure_rate(stable->lowest_tried).text);
    else if (stable->lost > 0)
        (void)snprintf(text, sizeof text,
                       "No rate lasted to the full budget. Try lower bounds for space.lr: the "
                       "highest rate that did not diverge was %s.",
                       figure_rate(stable->highest_stable).text);
    else
        (void)snprintf(text, sizeof text,
                       "None of them diverged: their trainers were lost. The reasons stand below "
                       "the table.");
    result_wrap(stream, "", 0, text);
}

/* --- what it took, and where it is ---------------------------------------------------------------
 */

/* "  2026-11-24 13:40:12  rank 2 on node3 (2 trainers): 1 attempt lost, back after 0:41". */
static void print_losses(FILE *stream, const struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->loss_count && i < LOSSES_SHOWN; i++) {
        const struct snapshot_loss *loss = &snapshot->losses[i];
        char clock[32] = "at some time", host[64];
        time_t at = (time_t)fmax(0, fmin(loss->time, 1e11));
        struct tm local;
        if (localtime_r(&at, &local))
            (void)strftime(clock, sizeof clock, "%F %T", &local);
        figure_clean(host, sizeof host, loss->host, false);
        fprintf(stream,
                "  %s  rank %" PRIu32 " on %s (%" PRIu32 " trainer%s): %" PRIu32 " attempt%s lost",
                clock, loss->rank, host, loss->trainers, loss->trainers == 1 ? "" : "s",
                loss->attempts, loss->attempts == 1 ? "" : "s");
        if (loss->back >= loss->time)
            fprintf(stream, ", back after %s", figure_duration(loss->back - loss->time).text);
        fputc('\n', stream);
    }
    if (snapshot->loss_count > LOSSES_SHOWN)
        fprintf(stream, "  ... and more: see losses in %s\n", LAYOUT_SUMMARY);
}

static void print_effort(FILE *stream, const struct snapshot *snapshot,
                         const struct study_facts *facts)
{
    double wall_s = study_facts_number(snapshot, "wall_s");
    double epochs = facts->epochs_trained;
    double full = facts->candidates * facts->max_budget;
    bool steps = strcmp(facts->unit, "steps") == 0;
    if (isnan(wall_s))
        return;
    fprintf(stream, "\n%s %s", study_facts_finished(facts) ? "Took" : "So far",
            figure_duration(wall_s).text);
    if (steps)
        fprintf(stream, ", trained %s steps", figure_count(facts->steps_trained).text);
    else if (isfinite(epochs))
        fprintf(stream, ", trained %s epochs", figure_rate(epochs).text);
    if (full > 0 && full < 1e15 && (steps || isfinite(epochs)))
        fprintf(stream, " (all candidates in full: %s)",
                steps ? figure_count((uint64_t)full).text : figure_rate(full).text);
    fputs(".\n", stream);
    const char *closed = snapshot_value(snapshot, "closed");
    char clean[64];
    figure_clean(clean, sizeof clean, closed, false);
    if (*closed)
        fprintf(stream, "search.%s ended the search before all candidates were through.\n", clean);
    double lost = study_facts_number(snapshot, "workers_lost");
    if (lost > 0 && lost < 1e9)
        fprintf(stream, "%s worker%s lost on the way; what was held there was trained elsewhere.\n",
                figure_count((uint64_t)lost).text, lost > 1 ? "s were" : " was");
    print_losses(stream, snapshot);
}

static void print_files(FILE *stream, const struct snapshot *snapshot)
{
    static const char *const names[] = {LAYOUT_DATABASE, LAYOUT_SUMMARY, LAYOUT_REPORT,
                                        LAYOUT_BEST};
    char path[4096], clean[512], text[SENTENCE_BYTES] = "";
    size_t used = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        int length = snprintf(path, sizeof path, "%s/%s", snapshot->dir, names[i]);
        if (length < 0 || (size_t)length >= sizeof path || access(path, F_OK) != 0)
            continue;
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", used > 0 ? ", " : "",
                                 names[i]);
    }
    figure_clean(clean, sizeof clean, snapshot->dir, false);
    if (used > 0)
        fprintf(stream, "Files in %s: %s\n", clean, text);
}

/* A table by rates would mislead: each trial went through all of them. */
static void print_range_test(FILE *stream, const struct snapshot *snapshot,
                             const struct study_facts *facts)
{
    result_wrap(stream, "", 0,
                "A range test of lrsweep find: the rate of each trial grows from step to step, so "
                "none of them is recommended. What the test found stands in find.json, in the "
                "folder around this one.");
    print_effort(stream, snapshot, facts);
    print_files(stream, snapshot);
}

void result_print(FILE *stream, const struct snapshot *snapshot, bool colour)
{
    const struct study_facts facts = study_facts_of(snapshot);
    const struct stable_lr stable = stable_lr_find(snapshot);
    if (!study_facts_finished(&facts))
        print_headline(stream, snapshot, &facts, colour);
    if (facts.range_test) {
        print_range_test(stream, snapshot, &facts);
        return;
    }
    if (facts.best)
        print_best(stream, snapshot, &facts, colour);
    else if (study_facts_finished(&facts))
        print_nothing(stream, &facts, &stable, colour);
    if (snapshot->rung_count > 0)
        fputc('\n', stream);
    result_table_rungs(stream, snapshot, &facts, colour);
    result_table_finalists(stream, snapshot, &facts, colour);
    if (!study_facts_finished(&facts))
        running_table_print(stream, snapshot, &facts, RUNNING_MOST, colour);
    result_print_rates(stream, snapshot, &facts);
    if (snapshot->trial_count > 0) {
        fputc('\n', stream);
        result_table_trials(stream, snapshot, &facts, colour);
        result_table_endings(stream, snapshot, colour);
        result_table_explanations(stream, snapshot, colour);
    }
    print_effort(stream, snapshot, &facts);
    print_files(stream, snapshot);
}

void result_print_overview(FILE *stream, const struct snapshot *snapshot, size_t most, bool colour)
{
    const struct study_facts facts = study_facts_of(snapshot);
    if (study_facts_finished(&facts))
        fprintf(stream, "%sFinished%s: %s trials are through.\n",
                text_style_begin(STYLE_BOLD, colour), text_style_end(STYLE_BOLD, colour),
                figure_count(through(&facts)).text);
    else
        print_headline(stream, snapshot, &facts, colour);
    if (facts.best)
        print_best(stream, snapshot, &facts, colour);
    fprintf(stream, "Ended: %u complete, %u stopped, %u diverged, %u failed\n",
            (unsigned)facts.states[TRIAL_COMPLETE], (unsigned)facts.states[TRIAL_STOPPED],
            (unsigned)facts.states[TRIAL_DIVERGED], (unsigned)facts.states[TRIAL_FAILED]);
    if (snapshot->rung_count > 0)
        fputc('\n', stream);
    result_table_rungs(stream, snapshot, &facts, colour);
    if (!study_facts_finished(&facts))
        running_table_print(stream, snapshot, &facts, most, colour);
    print_effort(stream, snapshot, &facts);
}

void result_show(const struct snapshot *snapshot, bool json)
{
    if (!json) {
        result_print(stdout, snapshot, text_style_colour(stdout));
        return;
    }
    json_t *summary = result_summary(snapshot);
    json_dumpf(summary, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
    puts("");
    json_decref(summary);
}
