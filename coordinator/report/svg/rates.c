/* rates.c - the metric against the learning rate, as SVG. */
#include "coordinator/report/svg/plot.h"
#include "coordinator/report/svg/svg.h"
#include "coordinator/view/figures.h"
#include "coordinator/view/stable_lr.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRIALS_MOST 2000

static double value_of(const struct trial_row *trial)
{
    return isnan(trial->final) ? trial->metric : trial->final;
}

static void add_range(const struct plot *plot, const struct stable_lr *stable)
{
    double high = stable_lr_top(stable);
    char text[64];
    if (stable->lowest_useful < high)
        plot_band(plot, stable->lowest_useful, high, "#0072b2", 0.08);
    if (isnan(stable->edge))
        return;
    if (stable->edge_low < stable->edge_high)
        plot_band(plot, stable->edge_low, stable->edge_high, "#d55e00", 0.12);
    (void)snprintf(text, sizeof text, "edge %s", figure_rate(stable->edge).text);
    plot_rule(plot, stable->edge, "#d55e00", text);
}

static enum svg_end draw(struct plot *plot, const struct report_source *source,
                         const uint32_t *trials, size_t count)
{
    const struct stable_lr stable = stable_lr_find(source->snapshot);
    bool loss = strcmp(source->facts.metric, "val_error") != 0;
    double ceiling = loss ? report_source_ceiling(source) : INFINITY;
    size_t counts[VERDICTS] = {0}, used = 0;
    double *rates = calloc(count + 1, sizeof *rates), *values = calloc(count + 1, sizeof *values);
    for (size_t i = 0; rates && values && i < count; i++) {
        const struct trial_row *trial = snapshot_trial(source->snapshot, trials[i]);
        if (trial->step > 0) {
            rates[used] = trial->lr;
            values[used++] = fmin(value_of(trial), ceiling);
        }
    }
    bool sound = plot_scale_fit(&plot->x, rates, used, true, "learning rate");
    /* Where every trial diverged there is no value: they stand at the upper edge of any scale. */
    if (sound && !plot_scale_fit(&plot->y, values, used, true, source->facts.metric))
        plot->y = (struct plot_scale){0.1, 1, true, source->facts.metric};
    free(rates);
    free(values);
    if (!sound)
        return SVG_NOTHING;
    plot_begin(plot, "The metric against the learning rate");
    add_range(plot, &stable);
    for (size_t i = count; i-- > 0;) {
        const struct trial_row *trial = snapshot_trial(source->snapshot, trials[i]);
        if (trial->step == 0 || !(trial->lr > 0))
            continue;
        counts[trial->verdict]++;
        plot_mark(plot, trial->lr, value_of(trial), plot_look(trial->verdict),
                  trial == source->facts.best ? 6 : 4, trial->state == TRIAL_STOPPED ? 0.7 : 1);
    }
    plot_end(plot, counts);
    return SVG_DRAWN;
}

enum svg_end svg_rates(struct text_buffer *out, const struct report_source *source,
                       struct error *error)
{
    uint32_t *trials = calloc(TRIALS_MOST, sizeof *trials);
    struct plot plot = {.out = out};
    if (!trials) {
        error_set(error, "out of memory");
        return SVG_FAILED;
    }
    size_t count = report_source_sample(source, TRIALS_MOST, trials);
    enum svg_end end = draw(&plot, source, trials, count);
    free(trials);
    return end;
}
