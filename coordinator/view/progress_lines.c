/* progress_lines.c - words the numbers of a running search. */
#include "coordinator/view/progress_lines.h"

#include "common/portability.h"
#include "coordinator/view/figures.h"
#include "coordinator/view/text_table.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#define BAR_LEAST 5
#define BAR_MOST  40

/* A line under construction. */
struct draft {
    struct progress_line *line;
    struct progress_look look;
};

/* Appends a piece if it fits as a whole; otherwise the line stays as it is. */
PRINTF_LIKE(3, 4)
static void add(struct draft *draft, enum text_style style, const char *format, ...)
{
    struct progress_line *line = draft->line;
    char text[PROGRESS_LINE_BYTES / 2], clean[PROGRESS_LINE_BYTES / 2];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    figure_clean(clean, sizeof clean, text, false);
    size_t columns = figure_columns(clean);
    const char *begin = text_style_begin(style, draft->look.colour);
    const char *end = text_style_end(style, draft->look.colour);
    size_t bytes = strlen(begin) + strlen(clean) + strlen(end);
    if (line->columns + columns > draft->look.width || line->used + bytes + 1 > sizeof line->text)
        return;
    (void)snprintf(line->text + line->used, sizeof line->text - line->used, "%s%s%s", begin, clean,
                   end);
    line->used += bytes;
    line->columns += (unsigned)columns;
}

static struct draft draft_line(struct progress_line *line, struct progress_look look)
{
    line->text[0] = '\0';
    line->used = 0;
    line->columns = 0;
    return (struct draft){line, look};
}

/* --- the block ----------------------------------------------------------------------------------
 */

/* A bar in what is left of the line after `reserved` columns. */
static void add_bar(struct draft *draft, double share, unsigned reserved)
{
    static const char full[] = "\xe2\x96\x88", rest[] = "\xe2\x96\x91"; /* U+2588, U+2591 */
    unsigned taken = draft->line->columns + reserved + 2;
    unsigned cells = draft->look.width > taken ? draft->look.width - taken : 0;
    if (cells > BAR_MOST)
        cells = BAR_MOST;
    if (cells < BAR_LEAST)
        return;
    unsigned done = (unsigned)(fmin(fmax(share, 0), 1) * cells + 1e-9);
    char bar[BAR_MOST * 3 + 1] = "";
    size_t used = 0;
    for (unsigned i = 0; i < cells; i++) {
        const char *cell =
            i < done ? (draft->look.blocks ? full : "#") : (draft->look.blocks ? rest : "-");
        size_t bytes = strlen(cell);
        memcpy(bar + used, cell, bytes + 1);
        used += bytes;
    }
    add(draft, STYLE_PLAIN, "  ");
    add(draft, STYLE_GREEN, "%s", bar);
}

static void draw_rung(struct draft *draft, const struct progress_numbers *numbers)
{
    char done[64], busy[64];
    unsigned done_columns = (unsigned)snprintf(done, sizeof done, "  %u of %u", numbers->rung_done,
                                               numbers->rung_total);
    unsigned busy_columns = (unsigned)snprintf(busy, sizeof busy, "  %u of %u trainers",
                                               numbers->busy, numbers->trainers);
    double share = numbers->rung_total > 0 ? (double)numbers->rung_done / numbers->rung_total : 0;
    add(draft, STYLE_BOLD, "rung %u of %u", numbers->rung + 1, numbers->rungs);
    add(draft, STYLE_PLAIN, "  %s", figure_budget(numbers->rung_budget, numbers->unit).text);
    /* The trainers' share is left out before the bar is. */
    unsigned beside = done_columns + busy_columns;
    if (draft->line->columns + beside + BAR_LEAST + 2 > draft->look.width)
        beside = done_columns;
    add_bar(draft, share, beside);
    add(draft, STYLE_PLAIN, "%s", done);
    add(draft, STYLE_DIM, "%s", busy);
}

static void draw_states(struct draft *draft, const struct progress_numbers *numbers)
{
    /* What a person looks for first comes first: it is the last to be left out. */
    static const struct {
        enum trial_state state;
        enum text_style style;
        bool always;
    } shown[] = {{TRIAL_RUNNING, STYLE_PLAIN, true},  {TRIAL_DIVERGED, STYLE_RED, true},
                 {TRIAL_FAILED, STYLE_YELLOW, false}, {TRIAL_COMPLETE, STYLE_GREEN, false},
                 {TRIAL_STOPPED, STYLE_PLAIN, false}, {TRIAL_PAUSED, STYLE_PLAIN, false},
                 {TRIAL_WAITING, STYLE_PLAIN, false}};
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        uint32_t count = numbers->states[shown[i].state];
        if (shown[i].always || count > 0)
            add(draft, count > 0 ? shown[i].style : STYLE_PLAIN, "%s%u %s", i > 0 ? "  " : "",
                count, trial_state_name(shown[i].state));
    }
}

static void draw_best(struct draft *draft, const struct progress_numbers *numbers)
{
    add(draft, STYLE_BOLD, "best %s %s", numbers->metric, figure_metric(numbers->best_value).text);
    if (isfinite(numbers->best_lr))
        add(draft, STYLE_PLAIN, "  lr %s", figure_rate(numbers->best_lr).text);
    if (numbers->best_schedule)
        add(draft, STYLE_PLAIN, "  %s", numbers->best_schedule);
    add(draft, STYLE_DIM, "  trial %u", numbers->best_trial);
}

/* What the time left is called: it is a guess, and says so. */
static const char *about(double remaining_s)
{
    return remaining_s >= 0 ? "about " : "";
}

static void draw_time(struct draft *draft, const struct progress_numbers *numbers)
{
    add(draft, STYLE_PLAIN, "%s", figure_duration(numbers->elapsed_s).text);
    add(draft, STYLE_PLAIN, "  %s%s left", about(numbers->remaining_s),
        figure_duration(numbers->remaining_s).text);
    if (isfinite(numbers->epochs_per_s))
        add(draft, STYLE_PLAIN, "  %.3g epochs/s", numbers->epochs_per_s);
}

size_t progress_lines_block(struct progress_line lines[PROGRESS_LINES_MAX],
                            const struct progress_numbers *numbers, struct progress_look look)
{
    size_t count = 0;
    struct draft draft = draft_line(&lines[count++], look);
    draw_rung(&draft, numbers);
    draft = draft_line(&lines[count++], look);
    draw_states(&draft, numbers);
    if (numbers->has_best) {
        draft = draft_line(&lines[count++], look);
        draw_best(&draft, numbers);
    }
    draft = draft_line(&lines[count++], look);
    draw_time(&draft, numbers);
    return count;
}

/* --- one line -----------------------------------------------------------------------------------
 */

void progress_lines_plain(struct progress_line *line, const struct progress_numbers *numbers)
{
    const struct progress_look look = {.width = PROGRESS_LINE_BYTES};
    struct draft draft = draft_line(line, look);
    add(&draft, STYLE_PLAIN, "[%s] rung %u of %u (%s): %u of %u through, %u running, %u diverged",
        figure_duration(numbers->elapsed_s).text, numbers->rung + 1, numbers->rungs,
        figure_budget(numbers->rung_budget, numbers->unit).text, numbers->rung_done,
        numbers->rung_total, numbers->states[TRIAL_RUNNING], numbers->states[TRIAL_DIVERGED]);
    if (numbers->states[TRIAL_FAILED] > 0)
        add(&draft, STYLE_PLAIN, ", %u failed", numbers->states[TRIAL_FAILED]);
    if (numbers->has_best) {
        add(&draft, STYLE_PLAIN, "; best %s %s (", numbers->metric,
            figure_metric(numbers->best_value).text);
        if (isfinite(numbers->best_lr))
            add(&draft, STYLE_PLAIN, "lr %s, ", figure_rate(numbers->best_lr).text);
        if (numbers->best_schedule)
            add(&draft, STYLE_PLAIN, "%s, ", numbers->best_schedule);
        add(&draft, STYLE_PLAIN, "trial %u)", numbers->best_trial);
    }
    if (isfinite(numbers->epochs_per_s))
        add(&draft, STYLE_PLAIN, "; %.3g epochs/s", numbers->epochs_per_s);
    if (isfinite(numbers->remaining_s))
        add(&draft, STYLE_PLAIN, "; about %s left", figure_duration(numbers->remaining_s).text);
}
