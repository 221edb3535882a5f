/* plot.c - scales, draws into a canvas, and prints it with its axes. */
#include "coordinator/view/plot.h"

#include "coordinator/view/figures.h"
#include "coordinator/view/plot_canvas.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LABEL       10 /* columns left of the picture */
#define COLUMNS_MIN 24
#define TICK_WIDTH  10 /* columns that a label of a linear axis wants */

/* A range of values on a line of places. */
struct scale {
    double low, high; /* logarithms, if `log` */
    bool log;
};

/* What is drawn with. */
struct frame {
    const struct plot *plot;
    struct canvas *canvas;
    struct scale x, y;
};

static double position(const struct scale *scale, double value)
{
    double place = scale->log ? (value > 0 ? log(value) : (double)NAN) : value;
    return (place - scale->low) / (scale->high - scale->low);
}

static double clamp(double share)
{
    return share < 0 ? 0 : share > 1 ? 1 : share;
}

/* --- the ranges ---------------------------------------------------------------------------------
 */

static void widen(struct scale *scale, double value)
{
    double place = scale->log ? (value > 0 ? log(value) : (double)NAN) : value;
    if (!isfinite(place))
        return;
    scale->low = fmin(scale->low, place);
    scale->high = fmax(scale->high, place);
}

static void fix(struct scale *scale, double low, double high)
{
    if (isfinite(low))
        scale->low = scale->log ? log(low) : low;
    if (isfinite(high))
        scale->high = scale->log ? log(high) : high;
}

/* The mean of what falls into a column of bars, nothing above the top; NaN: something is missing.
 * Where the columns are more than the points, the nearest point. */
static double bar_value(const struct frame *frame, const struct plot_series *series, size_t column)
{
    size_t columns = frame->canvas->columns;
    size_t first = column * series->count / columns, last = (column + 1) * series->count / columns;
    double sum = 0, top = frame->plot->y_high;
    last = last > first ? last : first + 1;
    for (size_t i = first; i < last; i++)
        sum += isnan(series->y[i]) || isnan(top) ? series->y[i] : fmin(series->y[i], top);
    return sum / (double)(last - first);
}

static void range_of(struct frame *frame, const struct plot_series *series)
{
    for (size_t i = 0; i < series->count; i++) {
        if (series->kind != PLOT_BARS && !isfinite(series->y[i]))
            continue;
        widen(&frame->x, series->x[i]);
        if (series->kind != PLOT_BARS)
            widen(&frame->y, series->y[i]);
    }
    for (size_t i = 0; series->kind == PLOT_BARS && i < frame->canvas->columns; i++)
        widen(&frame->y, bar_value(frame, series, i));
}

static bool is_negative_somewhere(const struct plot *plot)
{
    for (size_t i = 0; i < plot->series_count; i++)
        for (size_t j = 0; j < plot->series[i].count; j++)
            if (isfinite(plot->series[i].y[j]) && plot->series[i].y[j] < 0)
                return true;
    return false;
}

/* False: there is nothing to draw. */
static bool scale(struct frame *frame)
{
    const struct plot *plot = frame->plot;
    bool bars = false;
    frame->x = (struct scale){INFINITY, -INFINITY, plot->x_log};
    frame->y = (struct scale){INFINITY, -INFINITY, plot->y_log && !is_negative_somewhere(plot)};
    for (size_t i = 0; i < plot->series_count; i++) {
        range_of(frame, &plot->series[i]);
        bars = bars || plot->series[i].kind == PLOT_BARS;
    }
    bool drawn = frame->y.low <= frame->y.high && frame->x.low <= frame->x.high;
    fix(&frame->x, plot->x_low, plot->x_high);
    /* Bars reach from their lowest to their highest value, whatever the top that cuts them. */
    if (!bars)
        fix(&frame->y, plot->y_low, plot->y_high);
    return drawn && frame->x.low < frame->x.high && frame->y.low < frame->y.high;
}

/* --- drawing ------------------------------------------------------------------------------------
 */

static void draw_bars(struct frame *frame, const struct plot_series *series)
{
    for (size_t column = 0; column < frame->canvas->columns; column++) {
        double value = bar_value(frame, series, column);
        if (isnan(value))
            canvas_sign(frame->canvas, column, frame->canvas->rows - 1, "x", series->style);
        else
            canvas_bar(frame->canvas, column, clamp(position(&frame->y, value)), series->style);
    }
}

static void draw_points(struct frame *frame, const struct plot_series *series)
{
    for (size_t i = 0; i < series->count; i++) {
        double x = position(&frame->x, series->x[i]), y = position(&frame->y, series->y[i]);
        if (!isfinite(x) || !isfinite(y))
            continue;
        size_t column = (size_t)(clamp(x) * (double)(frame->canvas->columns - 1) + 0.5);
        size_t row = (size_t)((1 - clamp(y)) * (double)(frame->canvas->rows - 1) + 0.5);
        canvas_sign(frame->canvas, column, row, series->sign, series->style);
    }
}

static void draw_line(struct frame *frame, const struct plot_series *series)
{
    double x_before = NAN, y_before = NAN;
    for (size_t i = 0; i < series->count; i++) {
        double x = position(&frame->x, series->x[i]), y = position(&frame->y, series->y[i]);
        if (isfinite(x) && isfinite(y)) {
            bool joined = isfinite(x_before) && isfinite(y_before);
            canvas_line(frame->canvas, clamp(joined ? x_before : x), clamp(joined ? y_before : y),
                        clamp(x), clamp(y), series->style);
        }
        x_before = x;
        y_before = y;
    }
}

static void draw(struct frame *frame, const struct plot_series *series)
{
    static void (*const draws[])(struct frame * frame, const struct plot_series *series) = {
        [PLOT_LINE] = draw_line, [PLOT_POINTS] = draw_points, [PLOT_BARS] = draw_bars};
    draws[series->kind](frame, series);
}

/* --- around the picture -------------------------------------------------------------------------
 */

static double value_at(const struct scale *scale, double share)
{
    double place = scale->low + share * (scale->high - scale->low);
    return scale->log ? exp(place) : place;
}

static void print_rows(FILE *stream, const struct frame *frame)
{
    for (size_t row = 0; row < frame->canvas->rows; row++) {
        bool top = row == 0, bottom = row + 1 == frame->canvas->rows;
        fprintf(stream, "%*s ", LABEL - 1,
                top || bottom ? figure_metric(value_at(&frame->y, top)).text : "");
        canvas_print_row(stream, frame->canvas, row, frame->plot->blocks, frame->plot->colour);
        fputc('\n', stream);
    }
}

/* The column of a place on the axis; below 0 or from `columns` up: outside. */
static double column_of(const struct frame *frame, double x)
{
    return floor(position(&frame->x, x) * (double)(frame->canvas->columns - 1) + 0.5);
}

static void print_marks(FILE *stream, const struct frame *frame)
{
    const char *signs[CANVAS_COLUMNS_MAX] = {NULL};
    size_t last = 0;
    for (size_t i = 0; i < frame->plot->mark_count; i++) {
        double column = column_of(frame, frame->plot->marks[i].x);
        if (!(column >= 0 && column < (double)frame->canvas->columns))
            continue;
        signs[(size_t)column] = frame->plot->marks[i].sign;
        last = (size_t)column + 1 > last ? (size_t)column + 1 : last;
    }
    fprintf(stream, "%*s", LABEL, "");
    for (size_t i = 0; i < last; i++)
        fputs(signs[i] ? signs[i] : " ", stream);
    fputc('\n', stream);
}

/* A line of labels that begin at their columns; one that finds no room is left out. */
struct axis {
    char line[CANVAS_COLUMNS_MAX + 1];
    size_t used;
};

static void put_label(struct axis *axis, const struct frame *frame, double value)
{
    struct figure label = figure_rate(value);
    double column = column_of(frame, value);
    size_t length = strlen(label.text);
    if (!(column >= (double)axis->used) || column + (double)length > (double)frame->canvas->columns)
        return;
    memcpy(axis->line + (size_t)column, label.text, length);
    axis->used = (size_t)column + length + 1;
}

/* 1, 2 or 5 times a power of ten: the least that leaves every label its room. */
static double tick_of(const struct frame *frame)
{
    double least = (frame->x.high - frame->x.low) * TICK_WIDTH / (double)frame->canvas->columns;
    double power = pow(10, floor(log10(least)));
    return least <= power       ? power
           : least <= 2 * power ? 2 * power
           : least <= 5 * power ? 5 * power
                                : 10 * power;
}

static void print_axis(FILE *stream, const struct frame *frame)
{
    struct axis axis = {.used = 0};
    memset(axis.line, ' ', sizeof axis.line);
    if (frame->x.log) {
        int last = (int)floor(frame->x.high / log(10) + 1e-9);
        for (int power = (int)ceil(frame->x.low / log(10) - 1e-9); power <= last; power++)
            put_label(&axis, frame, pow(10, power));
    } else {
        double tick = tick_of(frame);
        long count = (long)floor((frame->x.high - ceil(frame->x.low / tick) * tick) / tick + 1e-9);
        for (long i = 0; i <= count; i++)
            put_label(&axis, frame, (ceil(frame->x.low / tick) + (double)i) * tick);
    }
    while (axis.used > 0 && axis.line[axis.used - 1] == ' ')
        axis.used--;
    fprintf(stream, "%*s%.*s\n", LABEL, "", (int)axis.used, axis.line);
}

void plot_print(FILE *stream, const struct plot *plot)
{
    size_t columns = plot->width > LABEL ? plot->width - LABEL : 0;
    if (columns < COLUMNS_MIN || plot->rows == 0)
        return;
    struct frame frame = {.plot = plot, .canvas = canvas_create(columns, plot->rows)};
    if (frame.canvas && scale(&frame)) {
        for (size_t i = 0; i < plot->series_count; i++)
            draw(&frame, &plot->series[i]);
        print_rows(stream, &frame);
        if (plot->mark_count > 0)
            print_marks(stream, &frame);
        print_axis(stream, &frame);
    }
    free(frame.canvas);
}
