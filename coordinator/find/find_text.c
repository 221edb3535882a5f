/* find_text.c - advice, plot and table. */
#include "coordinator/find/find_text.h"

#include "coordinator/view/figures.h"
#include "coordinator/view/plot.h"
#include "coordinator/view/result_table.h"
#include "coordinator/view/study_text.h"
#include "coordinator/view/terminal.h"
#include "coordinator/view/text_table.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#define WIDTH_PLAIN 80
#define PLOT_ROWS   6
#define TOP_FACTOR  1.15 /* of the start: losses above are cut off in the plot */

static double highest_start(const struct find_result *find)
{
    double highest = -INFINITY;
    for (size_t i = 0; i < find->seeds; i++)
        highest = fmax(highest, find->result[i].start);
    return highest;
}

static void print_plot(FILE *stream, const struct find_result *find)
{
    const struct range_interval *rate = find->summary.rate;
    bool blocks = terminal_blocks();
    double start = highest_start(find);
    const struct plot_series bars = {
        .kind = PLOT_BARS, .x = find->lr, .y = find->middle, .count = find->steps};
    const struct plot_mark marks[] = {{rate[RANGE_LOW].median, "["},
                                      {rate[RANGE_HIGH].median, "]"},
                                      {rate[RANGE_KNEE].median, blocks ? "▲" : "^"}};
    const struct plot plot = {
        .series = &bars,
        .series_count = 1,
        .x_log = true,
        .x_low = NAN,
        .x_high = NAN,
        .y_low = NAN,
        .y_high = start > 0 ? TOP_FACTOR * start : start,
        .marks = marks,
        .mark_count = sizeof marks / sizeof marks[0],
        .width = terminal_size_of(stream).columns - (isatty(fileno(stream)) ? 1U : 0U),
        .rows = PLOT_ROWS,
        .blocks = blocks,
    };
    fputc('\n', stream);
    plot_print(stream, &plot);
}

static void print_suggestions(FILE *stream, const struct find_result *find, bool colour)
{
    static const struct {
        enum range_rate rate;
        const char *text;
    } rows[] = {
        {RANGE_KNEE, "nine tenths fallen (recommended)"},
        {RANGE_STEEPEST, "the loss falls fastest"},
        {RANGE_VALLEY, "the middle of the fall"},
        {RANGE_MINIMUM_TENTH, "a tenth of the lowest loss's rate"},
        {RANGE_EDGE, "the lowest rate that diverges"},
        {RANGE_LOW, "lower bound for a search"},
        {RANGE_HIGH, "upper bound for a search"},
    };
    static const struct text_column columns[] = {{"suggestion", false, false},
                                                 {"lr", true, false},
                                                 {"over the seeds", false, false},
                                                 {"", false, true}};
    struct text_table *table = text_table_create(columns, 4);
    for (size_t i = 0; table && i < sizeof rows / sizeof rows[0]; i++) {
        const struct range_interval *rate = &find->summary.rate[rows[i].rate];
        char interval[96] = "-";
        if (!isnan(rate->median))
            (void)snprintf(interval, sizeof interval, "%s to %s", figure_rate(rate->low).text,
                           figure_rate(rate->high).text);
        struct figure middle = figure_rate(rate->median);
        const char *cells[] = {range_rate_name(rows[i].rate), middle.text, interval, rows[i].text};
        enum text_style style = rows[i].rate == RANGE_KNEE ? STYLE_BOLD : STYLE_PLAIN;
        const enum text_style styles[] = {style, style, style, style};
        (void)text_table_row(table, cells, styles);
    }
    fputc('\n', stream);
    if (table)
        text_table_print(table, stream, WIDTH_PLAIN, colour);
    text_table_destroy(table);
}

/* "lr from 1e-07 to 10 in 300 steps, 4 seeds; sgd, batch_size 64; momentum 0.5 (searched) ..." */
static void print_setting(FILE *stream, const struct find_result *find)
{
    char text[1024];
    const char *name;
    const json_t *value;
    size_t used =
        (size_t)snprintf(text, sizeof text, "Tested lr %s to %s in %u steps, %u seed%s, with %s.",
                         figure_rate(find->test.from).text, figure_rate(find->test.to).text,
                         find->test.steps, find->test.seeds, find->test.seeds == 1 ? "" : "s",
                         json_string_value(find_result_setting(find, "optimizer")));
    bool first = true;
    json_object_foreach(find->fixed, name, value)
    {
        char *written = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(4));
        if (written && used < sizeof text)
            used +=
                (size_t)snprintf(text + used, sizeof text - used, "%s %s = %s",
                                 first ? " What space searches stood still:" : ",", name, written);
        free(written);
        first = false;
    }
    if (!first && used < sizeof text)
        (void)snprintf(text + used, sizeof text - used, ".");
    fputc('\n', stream);
    result_wrap(stream, "", 0, text);
}

void find_text_print(FILE *stream, const struct find_result *find, bool colour)
{
    char advice[ERROR_TEXT_BYTES];
    find_result_advice(find, advice, sizeof advice);
    fputs(text_style_begin(STYLE_BOLD, colour), stream);
    result_wrap(stream, "", 0, advice);
    fputs(text_style_end(STYLE_BOLD, colour), stream);
    print_plot(stream, find);
    if (find->summary.status == RANGE_SOUND)
        print_suggestions(stream, find, colour);
    print_setting(stream, find);
}

void find_text_print_space(FILE *stream, const struct find_result *find)
{
    double low, high;
    find_result_bounds(find, &low, &high);
    json_t *space = range_study_space(find->document, low, high);
    if (space)
        study_text_print_group(stream, "space", space);
    json_decref(space);
}
