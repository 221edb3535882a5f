/* status_plot.c - gathers points and has them drawn. */
#include "coordinator/view/status_plot.h"

#include "coordinator/view/figures.h"
#include "coordinator/view/plot.h"
#include "coordinator/view/result_table.h"
#include "coordinator/view/stable_lr.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TOP_FACTOR    1.5 /* of the constant predictor's loss */
#define SCHEDULES_MAX 26
#define LEGEND_BYTES  1024

/* --- losses -------------------------------------------------------------------------------------
 */

/* What is drawn later lies above: the best one last. */
static int layer_of(const struct study_facts *facts, const struct trial_row *trial)
{
    if (trial == facts->best)
        return 3;
    return trial->state == TRIAL_COMPLETE ? 2 : trial->state == TRIAL_RUNNING ? 1 : 0;
}

static enum text_style style_of(const struct study_facts *facts, const struct trial_row *trial)
{
    if (trial->state == TRIAL_DIVERGED)
        return STYLE_RED;
    static const enum text_style styles[] = {STYLE_DIM, STYLE_PLAIN, STYLE_GREEN, STYLE_BOLD};
    return styles[layer_of(facts, trial)];
}

/* Points of all reports; series of them, one a trial. */
struct curves {
    double *x, *y;              /* [reports->count] */
    struct plot_series *series; /* [count] */
    size_t count;
};

static void gather(struct curves *curves, const struct snapshot *snapshot,
                   const struct study_facts *facts, const struct report_list *reports)
{
    bool steps = isnan(facts->steps_per_epoch);
    for (size_t i = 0; i < reports->count; i++) {
        const struct report_row *row = &reports->rows[i];
        curves->x[i] = steps ? (double)row->step : row->epoch;
        curves->y[i] = row->train_loss;
    }
    for (int layer = 0; layer <= 3; layer++)
        for (size_t i = 0; i < snapshot->trial_count; i++) {
            const struct trial_row *trial = &snapshot->trials[i];
            size_t count;
            const struct report_row *rows = report_list_of(reports, trial->id, &count);
            if (count == 0 || layer_of(facts, trial) != layer)
                continue;
            size_t first = (size_t)(rows - reports->rows);
            curves->series[curves->count++] =
                (struct plot_series){PLOT_LINE, curves->x + first,     curves->y + first, count,
                                     NULL,      style_of(facts, trial)};
        }
}

static void print_losses(FILE *stream, const struct snapshot *snapshot,
                         const struct study_facts *facts, const struct report_list *reports,
                         struct status_look look)
{
    struct curves curves = {.x = calloc(reports->count + 1, sizeof *curves.x),
                            .y = calloc(reports->count + 1, sizeof *curves.y),
                            .series = calloc(snapshot->trial_count + 1, sizeof *curves.series)};
    double constant = study_facts_number(snapshot, "constant_loss");
    if (curves.x && curves.y && curves.series && reports->count > 0) {
        gather(&curves, snapshot, facts, reports);
        const struct plot plot = {.series = curves.series,
                                  .series_count = curves.count,
                                  .y_log = true,
                                  .x_low = 0,
                                  .x_high = NAN,
                                  .y_low = NAN,
                                  .y_high = constant > 0 ? TOP_FACTOR * constant : (double)NAN,
                                  .width = look.width,
                                  .rows = look.rows,
                                  .blocks = look.blocks,
                                  .colour = look.colour};
        fprintf(stream, "Training losses over %s\n",
                isnan(facts->steps_per_epoch) ? "steps" : "epochs");
        plot_print(stream, &plot);
    }
    free(curves.x);
    free(curves.y);
    free(curves.series);
}

/* --- the metric against the rate ----------------------------------------------------------------
 */

/* The schedules that there are, in the order in which they are met; then those that diverged. */
struct groups {
    char names[SCHEDULES_MAX][40];
    size_t count;
    double *x, *y;              /* [trials] */
    struct plot_series *series; /* [trials], a point each: in the order of the trials */
    char signs[SCHEDULES_MAX][2];
};

static const char *sign_of(struct groups *groups, const char *schedule)
{
    size_t i = 0;
    char name[40];
    figure_clean(name, sizeof name, schedule, false);
    while (i < groups->count && strcmp(groups->names[i], name) != 0)
        i++;
    if (i == SCHEDULES_MAX)
        return "?";
    if (i == groups->count) {
        memcpy(groups->names[i], name, sizeof name);
        groups->signs[i][0] = (char)('a' + (int)i);
        groups->count++;
    }
    return groups->signs[i];
}

static size_t gather_rates(struct groups *groups, const struct snapshot *snapshot,
                           const struct study_facts *facts)
{
    double highest = -INFINITY;
    size_t used = 0;
    for (size_t i = 0; i < snapshot->trial_count; i++)
        if (isfinite(snapshot->trials[i].metric))
            highest = fmax(highest, snapshot->trials[i].metric);
    for (size_t i = 0; i < snapshot->trial_count; i++) {
        const struct trial_row *trial = &snapshot->trials[i];
        bool diverged = trial->state == TRIAL_DIVERGED;
        if (trial->repeat || (!diverged && !isfinite(trial->metric)))
            continue;
        groups->x[used] = trial->lr;
        groups->y[used] = diverged ? highest : trial->metric;
        groups->series[used] =
            (struct plot_series){PLOT_POINTS,
                                 &groups->x[used],
                                 &groups->y[used],
                                 1,
                                 diverged ? "x" : sign_of(groups, trial->schedule),
                                 style_of(facts, trial)};
        used++;
    }
    return used;
}

static void print_legend(FILE *stream, const struct groups *groups, const struct study_facts *facts,
                         const struct plot_mark *best)
{
    char text[LEGEND_BYTES];
    size_t used = 0;
    for (size_t i = 0; i < groups->count && used < sizeof text - 128; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s %s, ", groups->signs[i],
                                 groups->names[i]);
    used +=
        (size_t)snprintf(text + used, sizeof text - used,
                         "x diverged; below, [ ] from the lowest rate that learned to the edge");
    if (facts->best)
        (void)snprintf(text + used, sizeof text - used, ", %s trial %u", best->sign,
                       (unsigned)facts->best->id);
    result_wrap(stream, "", 0, text);
}

static void print_rates(FILE *stream, const struct snapshot *snapshot,
                        const struct study_facts *facts, struct status_look look)
{
    size_t room = snapshot->trial_count + 1;
    struct groups *groups = calloc(1, sizeof *groups);
    if (!groups)
        return;
    groups->x = calloc(room, sizeof *groups->x);
    groups->y = calloc(room, sizeof *groups->y);
    groups->series = calloc(room, sizeof *groups->series);
    const struct stable_lr stable = stable_lr_find(snapshot);
    const struct plot_mark marks[] = {
        {stable.lowest_useful, "["},
        {stable.edge, "]"},
        {facts->best ? facts->best->lr : (double)NAN, look.blocks ? "▲" : "^"}};
    if (groups->x && groups->y && groups->series) {
        const struct plot plot = {.series = groups->series,
                                  .series_count = gather_rates(groups, snapshot, facts),
                                  .x_log = true,
                                  .y_log = true,
                                  .x_low = NAN,
                                  .x_high = NAN,
                                  .y_low = NAN,
                                  .y_high = NAN,
                                  .marks = marks,
                                  .mark_count = sizeof marks / sizeof marks[0],
                                  .width = look.width,
                                  .rows = look.rows,
                                  .blocks = look.blocks,
                                  .colour = look.colour};
        char metric[24];
        figure_clean(metric, sizeof metric, facts->metric, false);
        fprintf(stream, "\nBest %s of each trial against its rate\n", metric);
        plot_print(stream, &plot);
        print_legend(stream, groups, facts, &marks[2]);
    }
    free(groups->x);
    free(groups->y);
    free(groups->series);
    free(groups);
}

void status_plot_print(FILE *stream, const struct snapshot *snapshot,
                       const struct report_list *reports, struct status_look look)
{
    const struct study_facts facts = study_facts_of(snapshot);
    print_losses(stream, snapshot, &facts, reports, look);
    if (!facts.range_test && facts.searches_rate)
        print_rates(stream, snapshot, &facts, look);
}
