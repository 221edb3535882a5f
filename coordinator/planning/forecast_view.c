/* forecast_view.c - the forecast as tables and notes, and as JSON. */
#include "common/study_document.h"
#include "coordinator/planning/forecast.h"
#include "coordinator/view/figures.h"
#include "coordinator/view/text_table.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#define TABLE_COLUMNS_MOST 100
#define SHORT_S            100  /* below, whole seconds are too coarse */
#define MANY_EPOCHS        1000 /* above, fractions do not matter */
#define QUIET_SHARE        0.9  /* below, what was measured is not what an idle machine does */
#define COUNT_OF(array)    (sizeof(array) / sizeof(array)[0])

static const char *unit_of_time(const struct forecast *forecast)
{
    if (forecast->options.rate != FORECAST_NO_RATE)
        return "s";
    return forecast->options.train_samples ? "epochs" : "steps";
}

/* A time as the forecast knows it: "1:02:03", "12.3 s" in a short search, or "63 epochs". */
static struct figure time_text(const struct forecast *forecast, double time)
{
    struct figure figure;
    if (forecast->options.rate == FORECAST_NO_RATE)
        (void)snprintf(figure.text, sizeof figure.text, "%.4g %s", time, unit_of_time(forecast));
    else if (forecast->wanted.wall_s < SHORT_S)
        (void)snprintf(figure.text, sizeof figure.text, "%.1f s", time);
    else
        figure = figure_duration(time);
    return figure;
}

static struct figure epochs_text(const struct forecast *forecast, double epochs)
{
    struct figure figure = {"-"};
    if (forecast->options.train_samples == 0)
        return figure;
    if (epochs >= MANY_EPOCHS)
        return figure_count((uint64_t)(epochs + 0.5));
    (void)snprintf(figure.text, sizeof figure.text, "%.4g", epochs);
    return figure;
}

static struct figure percent(double share)
{
    struct figure figure;
    (void)snprintf(figure.text, sizeof figure.text, "%.1f %%", 100 * share);
    return figure;
}

static void print_rungs(const struct forecast *forecast)
{
    static const struct text_column columns[] = {
        {"bracket", true, false},    {"rung", true, false},   {"budget", true, false},
        {"candidates", true, false}, {"epochs", true, false}, {"steps", true, false},
        {"from", true, false},       {"to", true, false}};
    bool several = false; /* brackets of the search proper */
    for (size_t i = 0; i < forecast->rung_count; i++)
        several =
            several || (!forecast->rungs[i].rung.finals && forecast->rungs[i].rung.bracket > 0);
    struct text_table *table = text_table_create(columns + !several, COUNT_OF(columns) - !several);
    const char *unit = study_text(forecast->options.document, "search", "unit");
    for (size_t i = 0; table && i < forecast->rung_count; i++) {
        const struct forecast_rung *row = &forecast->rungs[i];
        const struct figure bracket = figure_count((uint64_t)row->rung.bracket + 1);
        const struct figure rung = figure_count((uint64_t)row->rung.level + 1);
        const struct figure budget = figure_budget(row->rung.budget, unit);
        const struct figure candidates = figure_count(row->rung.entered);
        const struct figure epochs = epochs_text(forecast, row->cost.epochs);
        const struct figure steps = figure_count(row->cost.steps);
        const struct figure from = time_text(forecast, row->cost.begun_s);
        const struct figure to = time_text(forecast, row->cost.end_s);
        const char *const cells[] = {bracket.text,
                                     row->rung.finals ? "finals" : rung.text,
                                     budget.text,
                                     candidates.text,
                                     epochs.text,
                                     steps.text,
                                     isnan(row->cost.begun_s) ? "-" : from.text,
                                     isnan(row->cost.end_s) ? "-" : to.text};
        (void)text_table_row(table, cells + !several, NULL);
    }
    if (table)
        text_table_print(table, stdout, TABLE_COLUMNS_MOST, false);
    text_table_destroy(table);
}

static void print_cases(const struct forecast *forecast)
{
    static const struct text_column columns[] = {{"trainers", true, false},
                                                 {"wall time", true, false},
                                                 {"utilisation", true, false},
                                                 {"epochs", true, false},
                                                 {"steps", true, false}};
    const struct forecast_case *const cases[] = {&forecast->half, &forecast->wanted,
                                                 &forecast->twice};
    struct text_table *table = text_table_create(columns, COUNT_OF(columns));
    for (size_t i = 0; table && i < COUNT_OF(cases); i++) {
        if (cases[i]->trainers == 0)
            continue;
        const struct figure trainers = figure_count(cases[i]->trainers);
        const struct figure wall = time_text(forecast, cases[i]->wall_s);
        const struct figure utilisation = percent(cases[i]->utilisation);
        const struct figure epochs = epochs_text(forecast, cases[i]->epochs);
        const struct figure steps = figure_count(cases[i]->steps);
        const char *const cells[] = {trainers.text, wall.text, utilisation.text, epochs.text,
                                     steps.text};
        (void)text_table_row(table, cells, NULL);
    }
    if (table)
        text_table_print(table, stdout, TABLE_COLUMNS_MOST, false);
    text_table_destroy(table);
}

/* Rules that end a search by its results, which nobody knows yet. */
static size_t open_rules(const struct forecast *forecast, const char *names[3])
{
    const json_t *search = json_object_get(forecast->options.document, "search");
    size_t count = 0;
    if (json_object_get(search, "target"))
        names[count++] = "target";
    if (json_integer_value(json_object_get(search, "patience")) > 0)
        names[count++] = "patience";
    if (json_object_get(search, "wall_time") && forecast->options.rate == FORECAST_NO_RATE)
        names[count++] = "wall_time";
    return count;
}

static void print_rate(const struct forecast *forecast)
{
    const struct forecast_options *options = &forecast->options;
    const struct simulator_costs *costs = &options->costs;
    switch (options->rate) {
    case FORECAST_NO_RATE:
        printf("Times are in the time that one trainer takes for %s, validations and start-up not\n"
               "counted: --probe measures it here, --seconds-per-epoch tells it.\n",
               options->train_samples ? "an epoch" : "a step");
        break;
    case FORECAST_GIVEN:
        printf("An epoch takes %.4g s, as told; validations and start-up are not counted.\n",
               costs->epoch_s);
        break;
    case FORECAST_MEASURED:
        if (options->train_samples)
            printf(
                "Measured here with %u trainer%s at once: %.4g s an epoch, %.3g ms a validation,\n"
                "%.3g ms to begin a trial, %.3g ms to take one up again, %.3g s to start.\n",
                options->measured_with, options->measured_with == 1 ? "" : "s", costs->epoch_s,
                1e3 * costs->validation_s, 1e3 * costs->fresh_s, 1e3 * costs->resume_s,
                costs->start_s);
        else
            printf(
                "Measured here with %u trainer%s at once: %.4g ms a step, %.3g ms a validation,\n"
                "%.3g ms to begin a trial, %.3g ms to take one up again, %.3g s to start.\n",
                options->measured_with, options->measured_with == 1 ? "" : "s", 1e3 * costs->step_s,
                1e3 * costs->validation_s, 1e3 * costs->fresh_s, 1e3 * costs->resume_s,
                costs->start_s);
        if (options->cpu_share < QUIET_SHARE)
            printf("The trainers had a core for only %.0f %% of this time, because other programs "
                   "work here\n"
                   "or because they wait: on an idle machine the search may be faster.\n",
                   100 * options->cpu_share);
        if (options->measured_with < 2 * options->trainers)
            puts("Trainers beyond these are taken to have cores of their own that are as fast.");
        break;
    }
}

static void print_notes(const struct forecast *forecast)
{
    static const char *const closes[] = {[SEARCH_OPEN] = NULL,
                                         [SEARCH_CLOSE_TARGET] = NULL, /* a synthetic result */
                                         [SEARCH_CLOSE_EPOCHS] = "search.total_epochs",
                                         [SEARCH_CLOSE_PATIENCE] = NULL,
                                         [SEARCH_CLOSE_TIME] = "search.wall_time"};
    const char *rules[3];
    print_rate(forecast);
    if (forecast->options.diverging > 0)
        printf("Taken to diverge early: %.3g %% of the range of rates (%u of %u candidates).\n",
               100 * forecast->options.diverging, forecast->diverged, forecast->candidates);
    else
        puts("No candidate is taken to diverge; those that do make the search shorter "
             "(--diverging).");
    if (closes[forecast->close])
        printf("%s ends the search before all of its candidates are through.\n",
               closes[forecast->close]);
    size_t count = open_rules(forecast, rules);
    for (size_t i = 0; i < count; i++)
        printf("search.%s may end it earlier; that is not counted.\n", rules[i]);
}

void forecast_print(const struct forecast *forecast)
{
    const json_t *document = forecast->options.document;
    const struct figure candidates = figure_count(forecast->candidates);
    const struct figure trainers = figure_count(forecast->options.trainers);
    const struct figure wall = time_text(forecast, forecast->wanted.wall_s);
    printf("%s: %s, %s candidate%s on %s trainer%s: about %s\n\n",
           study_text(document, "study", "name"), study_text(document, "search", "scheduler"),
           candidates.text, forecast->candidates == 1 ? "" : "s", trainers.text,
           forecast->options.trainers == 1 ? "" : "s", wall.text);
    print_rungs(forecast);
    puts("");
    print_cases(forecast);
    puts("");
    print_notes(forecast);
}

/* --- JSON --- */

static json_t *case_json(const struct forecast_case *one)
{
    return json_pack("{s:I, s:o, s:o, s:o, s:I, s:o}", "trainers", (json_int_t)one->trainers,
                     "wall_time", figure_json(one->wall_s), "utilisation",
                     figure_json(one->utilisation), "epochs", figure_json(one->epochs), "steps",
                     (json_int_t)one->steps, "event_us", figure_json(one->event_us));
}

static json_t *rung_json(const struct forecast *forecast, const struct forecast_rung *row)
{
    double epochs = forecast->options.train_samples ? row->cost.epochs : NAN;
    return json_pack("{s:I, s:I, s:b, s:o, s:I, s:o, s:I, s:o, s:o, s:o}", "bracket",
                     (json_int_t)row->rung.bracket, "level", (json_int_t)row->rung.level, "finals",
                     row->rung.finals, "budget", figure_json(row->rung.budget), "candidates",
                     (json_int_t)row->rung.entered, "epochs", figure_json(epochs), "steps",
                     (json_int_t)row->cost.steps, "begun", figure_json(row->cost.begun_s), "ended",
                     figure_json(row->cost.end_s), "busy", figure_json(row->cost.busy_s));
}

json_t *forecast_json(const struct forecast *forecast)
{
    static const char *const rates[] = {
        [FORECAST_NO_RATE] = "none", [FORECAST_GIVEN] = "given", [FORECAST_MEASURED] = "measured"};
    const struct forecast_options *options = &forecast->options;
    const struct simulator_costs *costs = &options->costs;
    const char *names[3];
    json_t *rungs = json_array(), *cases = json_array(), *rules = json_array();
    size_t count = open_rules(forecast, names);
    for (size_t i = 0; i < forecast->rung_count; i++)
        json_array_append_new(rungs, rung_json(forecast, &forecast->rungs[i]));
    if (forecast->half.trainers > 0)
        json_array_append_new(cases, case_json(&forecast->half));
    json_array_append_new(cases, case_json(&forecast->wanted));
    json_array_append_new(cases, case_json(&forecast->twice));
    for (size_t i = 0; i < count; i++)
        json_array_append_new(rules, json_string(names[i]));
    json_t *rate =
        json_pack("{s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "source", rates[options->rate],
                  "trainers_at_once", (json_int_t)options->measured_with, "cpu_share",
                  figure_json(options->cpu_share), "epoch_s", figure_json(costs->epoch_s), "step_s",
                  figure_json(costs->step_s), "validation_s", figure_json(costs->validation_s),
                  "fresh_s", figure_json(costs->fresh_s), "resume_s", figure_json(costs->resume_s),
                  "start_s", figure_json(costs->start_s));
    return json_pack(
        "{s:s, s:s, s:I, s:I, s:s, s:o, s:o, s:I, s:o, s:o, s:o, s:o}", "study",
        study_text(options->document, "study", "name"), "scheduler",
        study_text(options->document, "search", "scheduler"), "candidates",
        (json_int_t)forecast->candidates, "trainers", (json_int_t)options->trainers, "time_unit",
        unit_of_time(forecast), "wall_time", figure_json(forecast->wanted.wall_s), "utilisation",
        figure_json(forecast->wanted.utilisation), "diverged", (json_int_t)forecast->diverged,
        "rate", rate, "rungs", rungs, "cases", cases, "may_end_earlier_by", rules);
}
