/* find_plot.c - a bar for every column, in eighths of a character's height. */
#include "coordinator/find/find_plot.h"

#include "coordinator/view/figures.h"

#include <math.h>
#include <string.h>

#define ROWS        6
#define EIGHTHS     8
#define LABEL       10 /* columns left of the bars */
#define COLUMNS_MAX 200
#define COLUMNS_MIN 24

struct bars {
    size_t count;
    double value[COLUMNS_MAX]; /* NaN: none */
    double low, high;
};

/* The column of a rate; below 0 or from `count` up: outside. */
static double column_of(const struct find_plot *plot, const struct bars *bars, double lr)
{
    double whole = log(plot->lr[plot->count - 1] / plot->lr[0]);
    return floor(log(lr / plot->lr[0]) / whole * (double)(bars->count - 1) + 0.5);
}

/* The mean of what falls into each column; where the columns are more than the points, the nearest.
 */
static bool fill(const struct find_plot *plot, struct bars *bars)
{
    bars->low = INFINITY;
    bars->high = -INFINITY;
    for (size_t i = 0; i < bars->count; i++) {
        size_t first = i * plot->count / bars->count, last = (i + 1) * plot->count / bars->count;
        double sum = 0;
        last = last > first ? last : first + 1;
        for (size_t j = first; j < last; j++)
            sum += fmin(plot->loss[j], isnan(plot->loss[j]) ? (double)NAN : plot->top);
        bars->value[i] = sum / (double)(last - first);
        bars->low = fmin(bars->low, bars->value[i]);
        bars->high = fmax(bars->high, bars->value[i]);
    }
    return bars->low < bars->high;
}

/* How many eighths of row `row` (from the top) the bar fills. */
static int eighths(const struct bars *bars, size_t column, int row)
{
    double share = (bars->value[column] - bars->low) / (bars->high - bars->low);
    int height = 1 + (int)(share * (ROWS * EIGHTHS - 1) + 0.5) - (ROWS - 1 - row) * EIGHTHS;
    return height < 0 ? 0 : height > EIGHTHS ? EIGHTHS : height;
}

static void print_row(FILE *stream, const struct find_plot *plot, const struct bars *bars, int row)
{
    static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const plain[] = {" ", ".", ".", ".", ":", ":", "|", "|", "|"};
    bool labelled = row == 0 || row == ROWS - 1;
    fprintf(stream, "%*s ", LABEL - 1,
            labelled ? figure_metric(row == 0 ? bars->high : bars->low).text : "");
    for (size_t i = 0; i < bars->count; i++) {
        if (isnan(bars->value[i]))
            fputs(row == ROWS - 1 ? "x" : " ", stream);
        else
            fputs((plot->blocks ? blocks : plain)[eighths(bars, i, row)], stream);
    }
    fputc('\n', stream);
}

static void print_marks(FILE *stream, const struct find_plot *plot, const struct bars *bars)
{
    const char *signs[COLUMNS_MAX] = {NULL};
    size_t last = 0;
    for (size_t i = 0; i < sizeof plot->marks / sizeof plot->marks[0]; i++) {
        double column = column_of(plot, bars, plot->marks[i].lr);
        if (!(column >= 0 && column < (double)bars->count))
            continue;
        signs[(size_t)column] = plot->marks[i].sign;
        last = (size_t)column + 1 > last ? (size_t)column + 1 : last;
    }
    fprintf(stream, "%*s", LABEL, "");
    for (size_t i = 0; i < last; i++)
        fputs(signs[i] ? signs[i] : " ", stream);
    fputc('\n', stream);
}

/* Powers of ten that find room, each beginning at its column. */
static void print_axis(FILE *stream, const struct find_plot *plot, const struct bars *bars)
{
    char line[COLUMNS_MAX + 1];
    size_t used = 0;
    int first = (int)ceil(log10(plot->lr[0]) - 1e-9);
    int last = (int)floor(log10(plot->lr[plot->count - 1]) + 1e-9);
    memset(line, ' ', sizeof line);
    for (int power = first; power <= last; power++) {
        struct figure label = figure_rate(pow(10, power));
        double column = column_of(plot, bars, pow(10, power));
        size_t length = strlen(label.text);
        if (column < (double)used || column + (double)length > (double)bars->count)
            continue;
        memcpy(line + (size_t)column, label.text, length);
        used = (size_t)column + length + 1;
    }
    while (used > 0 && line[used - 1] == ' ')
        used--;
    fprintf(stream, "%*s%.*s\n", LABEL, "", (int)used, line);
}

void find_plot_print(FILE *stream, const struct find_plot *plot)
{
    struct bars bars = {.count = plot->width > LABEL ? plot->width - LABEL : 0};
    bars.count = bars.count > COLUMNS_MAX ? COLUMNS_MAX : bars.count;
    if (bars.count < COLUMNS_MIN || plot->count < 2 || !fill(plot, &bars))
        return;
    for (int row = 0; row < ROWS; row++)
        print_row(stream, plot, &bars, row);
    print_marks(stream, plot, &bars);
    print_axis(stream, plot, &bars);
}
