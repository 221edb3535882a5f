/* losses.c - loss over steps, as SVG. */
#include "coordinator/report/curve.h"
#include "coordinator/report/svg/plot.h"
#include "coordinator/report/svg/svg.h"
#include "coordinator/report/thin.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TRIALS_MOST 60  /* more lines than that are a smear on paper */
#define POINTS_EACH 250 /* what a column of print can show */

/* Steps become epochs where budgets are counted in them. */
static void rescale(const struct report_source *source, struct curve *curve)
{
    const struct trial_row *trial = snapshot_trial(source->snapshot, curve->trial);
    struct series *const all[] = {&curve->train, &curve->validation};
    for (size_t i = 0; trial && i < 2; i++)
        for (size_t j = 0; j < all[i]->count; j++)
            all[i]->step[j] = report_source_budget(source, trial, (uint64_t)all[i]->step[j]);
}

/* Keeps what can be seen. */
static void thin(struct series *series)
{
    size_t chosen[POINTS_EACH];
    size_t count = thin_curve(series->step, series->value, series->count, POINTS_EACH, chosen);
    for (size_t i = 0; i < count; i++) {
        series->step[i] = series->step[chosen[i]];
        series->value[i] = series->value[chosen[i]];
    }
    series->count = count;
}

/* All values of the curves, and all their steps; returns how many. Both are the caller's. */
static size_t pool(const struct curve *curves, size_t count, double **steps, double **losses,
                   double highest)
{
    size_t room = 1, used = 0;
    for (size_t i = 0; i < count; i++)
        room += curves[i].train.count + curves[i].validation.count;
    *steps = calloc(room, sizeof **steps);
    *losses = calloc(room, sizeof **losses);
    for (size_t i = 0; *steps && *losses && i < count; i++) {
        const struct series *const both[] = {&curves[i].train, &curves[i].validation};
        for (size_t k = 0; k < 2; k++)
            for (size_t j = 0; j < both[k]->count; j++, used++) {
                (*steps)[used] = both[k]->step[j];
                (*losses)[used] = fmin(both[k]->value[j], highest);
            }
    }
    return used;
}

static enum svg_end draw(struct plot *plot, const struct report_source *source,
                         struct curve *curves, size_t count)
{
    size_t counts[VERDICTS] = {0};
    double *steps = NULL, *losses = NULL;
    for (size_t i = 0; i < count; i++) {
        rescale(source, &curves[i]);
        thin(&curves[i].train);
        thin(&curves[i].validation);
    }
    size_t points = pool(curves, count, &steps, &losses, report_source_ceiling(source));
    bool epochs = strcmp(source->facts.unit, "epochs") == 0;
    bool sound = plot_scale_fit(&plot->x, steps, points, false, epochs ? "epochs" : "steps") &&
                 plot_scale_fit(&plot->y, losses, points, true, "loss");
    free(steps);
    free(losses);
    if (!sound)
        return SVG_NOTHING;
    plot->x.low = 0;
    plot_begin(plot, "Loss over steps");
    /* The best last: above the others. */
    for (size_t i = count; i-- > 0;) {
        const struct trial_row *trial = snapshot_trial(source->snapshot, curves[i].trial);
        const struct series *train = &curves[i].train, *validation = &curves[i].validation;
        const struct series *last = validation->count > 0 ? validation : train;
        const struct plot_look *look = plot_look(trial->verdict);
        double opacity = trial->state == TRIAL_STOPPED ? 0.5 : 1;
        if (last->count == 0)
            continue;
        counts[trial->verdict]++;
        plot_line(plot, train->step, train->value, train->count, look, 0.7, 0.6 * opacity);
        plot_line(plot, validation->step, validation->value, validation->count, look, 1.6, opacity);
        plot_mark(plot, last->step[last->count - 1], last->value[last->count - 1], look, 3,
                  opacity);
    }
    plot_end(plot, counts);
    return SVG_DRAWN;
}

enum svg_end svg_losses(struct text_buffer *out, const struct report_source *source,
                        struct error *error)
{
    uint32_t trials[TRIALS_MOST];
    struct plot plot = {.out = out};
    size_t count = report_source_sample(source, TRIALS_MOST, trials);
    struct curve *curves = curves_read(source->snapshot->dir, trials, count, error);
    enum svg_end end = curves ? draw(&plot, source, curves, count) : SVG_FAILED;
    curves_free(curves, count);
    return end;
}
