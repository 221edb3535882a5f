/* plot.c - writes shapes. */
#include "coordinator/report/svg/plot.h"

#include "coordinator/view/figures.h"

#include <math.h>
#include <stdio.h>

/* In pixels, of which a paper's column has about 320. */
#define WIDTH      640.0
#define HEIGHT     420.0
#define LEFT       66.0
#define RIGHT      132.0 /* the key */
#define TOP        26.0
#define BOTTOM     54.0
#define INNER      (WIDTH - LEFT - RIGHT)
#define TALL       (HEIGHT - TOP - BOTTOM)
#define TICKS_MOST 12
#define INK        "#1b1f24"
#define PALE       "#d9dde1"

#define CIRCLE "M0.8,0A0.8,0.8,0,1,1,-0.8,0A0.8,0.8,0,1,1,0.8,0Z"

const struct plot_look *plot_look(enum verdict verdict)
{
    static const struct plot_look looks[VERDICTS] = {
        [VERDICT_NONE] = {"#9aa4ad", "", CIRCLE},
        [VERDICT_HEALTHY] = {"#009e73", "", CIRCLE},
        [VERDICT_DIVERGED] = {"#d55e00", "3 3",
                              "M-0.55,-1L0,-0.45L0.55,-1L1,-0.55L0.45,0L1,0.55L0.55,1L0,0.45"
                              "L-0.55,1L-1,0.55L-0.45,0L-1,-0.55Z"},
        [VERDICT_COLLAPSED] = {INK, "1 2",
                               "M-1,-0.35H-0.35V-1H0.35V-0.35H1V0.35H0.35V1H-0.35V0.35H-1Z"},
        [VERDICT_OSCILLATING] = {"#b8a500", "4 2", "M-0.75,-0.95L0.95,0L-0.75,0.95Z"},
        [VERDICT_ERRATIC] = {"#e69f00", "5 2 1 2", "M-0.95,0.75H0.95L0,-0.95Z"},
        [VERDICT_PLATEAUED] = {"#0072b2", "2 2", "M-0.75,-0.75H0.75V0.75H-0.75Z"},
        [VERDICT_SLOW] = {"#56b4e9", "7 3", "M-0.95,-0.75H0.95L0,0.95Z"},
        [VERDICT_OVERFITTING] = {"#cc79a7", "8 3 2 3", "M0,-1.05L0.85,0L0,1.05L-0.85,0Z"},
    };
    return &looks[verdict < VERDICTS ? verdict : VERDICT_NONE];
}

/* --- scales ------------------------------------------------------------------------------------
 */

bool plot_scale_fit(struct plot_scale *scale, const double *values, size_t count, bool log_scale,
                    const char *label)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < count; i++)
        log_scale = log_scale && !(isfinite(values[i]) && values[i] < 0);
    for (size_t i = 0; i < count; i++)
        if (isfinite(values[i]) && (!log_scale || values[i] > 0)) {
            low = fmin(low, values[i]);
            high = fmax(high, values[i]);
        }
    *scale = (struct plot_scale){low, high, log_scale, label};
    if (low > high)
        return false;
    if (log_scale) {
        double room = fmax(pow(high / low, 0.05), 1.03);
        scale->low = low / room;
        scale->high = high * room;
    } else {
        double room = high > low ? 0.02 * (high - low) : fmax(fabs(high), 1);
        scale->low = low == 0 ? 0 : low - room;
        scale->high = high + room;
    }
    return scale->low < scale->high && isfinite(scale->high);
}

/* Where a value lies, 0 at the lower end, 1 at the upper; what is not finite at the upper one. */
static double place(const struct plot_scale *scale, double value)
{
    if (!isfinite(value))
        return 1;
    if (value <= scale->low)
        return 0;
    double part = scale->log ? log(value / scale->low) / log(scale->high / scale->low)
                             : (value - scale->low) / (scale->high - scale->low);
    return fmin(part, 1);
}

static double at_x(const struct plot *plot, double value)
{
    return LEFT + INNER * place(&plot->x, value);
}

static double at_y(const struct plot *plot, double value)
{
    return TOP + TALL * (1 - place(&plot->y, value));
}

/* Round values within a scale; returns how many. */
static size_t linear_ticks(const struct plot_scale *scale, double ticks[TICKS_MOST])
{
    static const double factors[] = {1, 2, 2.5, 5, 10};
    double rough = (scale->high - scale->low) / 5, power = pow(10, floor(log10(rough)));
    double step = 10 * power;
    for (size_t i = sizeof factors / sizeof factors[0]; i-- > 0;)
        if (factors[i] * power >= rough)
            step = factors[i] * power;
    double first = ceil(scale->low / step), most = floor(scale->high / step) - first + 1;
    size_t count = most > 0 ? (size_t)fmin(most, TICKS_MOST) : 0;
    for (size_t i = 0; i < count; i++)
        ticks[i] = (first + (double)i) * step;
    return count;
}

/* Powers of ten; where there are few of them, 2, 3 and 5 times these too. */
static size_t log_ticks(const struct plot_scale *scale, double ticks[TICKS_MOST])
{
    static const double factors[] = {1, 2, 3, 5};
    double decades = log10(scale->high / scale->low);
    size_t used = decades > 2.5 ? 1 : sizeof factors / sizeof factors[0], count = 0;
    int skip = (int)fmax(1, ceil(decades / 9)), last = (int)floor(log10(scale->high));
    for (int power = (int)floor(log10(scale->low)); power <= last; power++)
        for (size_t i = 0; i < used && count < TICKS_MOST; i++) {
            double tick = factors[i] * pow(10, power);
            bool within = tick >= scale->low && tick <= scale->high;
            if (within && (used > 1 || power % skip == 0))
                ticks[count++] = tick;
        }
    return count > 1 ? count : linear_ticks(scale, ticks);
}

static size_t make_ticks(const struct plot_scale *scale, double ticks[TICKS_MOST])
{
    return scale->log ? log_ticks(scale, ticks) : linear_ticks(scale, ticks);
}

/* --- shapes ------------------------------------------------------------------------------------
 */

static void add_line(const struct plot *plot, double x1, double y1, double x2, double y2,
                     const char *colour)
{
    text_buffer_print(plot->out,
                      "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n", x1,
                      y1, x2, y2, colour);
}

/* anchor: "start", "middle" or "end" */
static void add_text(const struct plot *plot, double x, double y, const char *anchor,
                     const char *text)
{
    char clean[256];
    figure_clean(clean, sizeof clean, text, false);
    text_buffer_print(plot->out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"" INK "\">",
                      x, y, anchor);
    text_buffer_add_escaped(plot->out, clean);
    text_buffer_print(plot->out, "</text>\n");
}

static void add_axes(const struct plot *plot)
{
    double ticks[TICKS_MOST];
    double bottom = TOP + TALL, right = LEFT + INNER;
    size_t count = make_ticks(&plot->x, ticks);
    for (size_t i = 0; i < count; i++) {
        double x = at_x(plot, ticks[i]);
        add_line(plot, x, TOP, x, bottom, PALE);
        add_line(plot, x, bottom, x, bottom + 5, INK);
        add_text(plot, x, bottom + 18, "middle", figure_rate(ticks[i]).text);
    }
    count = make_ticks(&plot->y, ticks);
    for (size_t i = 0; i < count; i++) {
        double y = at_y(plot, ticks[i]);
        add_line(plot, LEFT, y, right, y, PALE);
        add_line(plot, LEFT - 5, y, LEFT, y, INK);
        add_text(plot, LEFT - 9, y + 4, "end", figure_rate(ticks[i]).text);
    }
    add_line(plot, LEFT, bottom, right, bottom, INK);
    add_line(plot, LEFT, TOP, LEFT, bottom, INK);
    add_text(plot, LEFT + INNER / 2, HEIGHT - 12, "middle", plot->x.label);
    text_buffer_print(plot->out, "<g transform=\"rotate(-90)\">");
    add_text(plot, -(TOP + TALL / 2), 16, "middle", plot->y.label);
    text_buffer_print(plot->out, "</g>\n");
}

void plot_begin(const struct plot *plot, const char *title)
{
    char clean[256];
    figure_clean(clean, sizeof clean, title, false);
    text_buffer_print(plot->out,
                      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                      "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" width=\"%.0f\" "
                      "height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" font-family=\"Helvetica, Arial, "
                      "sans-serif\" font-size=\"12\">\n<title>",
                      WIDTH, HEIGHT, WIDTH, HEIGHT);
    text_buffer_add_escaped(plot->out, clean);
    text_buffer_print(plot->out,
                      "</title>\n<rect width=\"%.0f\" height=\"%.0f\" fill=\"#ffffff\"/>\n"
                      "<clipPath id=\"frame\"><rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
                      "height=\"%.1f\"/></clipPath>\n",
                      WIDTH, HEIGHT, LEFT, TOP, INNER, TALL);
    add_axes(plot);
}

void plot_band(const struct plot *plot, double from, double to, const char *colour, double opacity)
{
    double x = at_x(plot, from);
    text_buffer_print(plot->out,
                      "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\" "
                      "fill-opacity=\"%.2f\"/>\n",
                      x, TOP, fmax(at_x(plot, to) - x, 0), TALL, colour, opacity);
}

void plot_rule(const struct plot *plot, double x, const char *colour, const char *text)
{
    double at = at_x(plot, x);
    text_buffer_print(plot->out,
                      "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" "
                      "stroke-width=\"1.5\" stroke-dasharray=\"5 3\"/>\n",
                      at, TOP, at, TOP + TALL, colour);
    add_text(plot, fmin(at, LEFT + INNER - 40), TOP - 8, "middle", text);
}

void plot_line(const struct plot *plot, const double *x, const double *y, size_t count,
               const struct plot_look *look, double width, double opacity)
{
    if (count == 0)
        return;
    text_buffer_print(plot->out,
                      "<polyline clip-path=\"url(#frame)\" fill=\"none\" stroke=\"%s\" "
                      "stroke-width=\"%.1f\" stroke-opacity=\"%.2f\" stroke-linejoin=\"round\"",
                      look->colour, width, opacity);
    if (look->dash[0])
        text_buffer_print(plot->out, " stroke-dasharray=\"%s\"", look->dash);
    text_buffer_print(plot->out, " points=\"");
    for (size_t i = 0; i < count; i++)
        text_buffer_print(plot->out, "%s%.1f,%.1f", i ? " " : "", at_x(plot, x[i]),
                          at_y(plot, y[i]));
    text_buffer_print(plot->out, "\"/>\n");
}

static void add_mark(const struct plot *plot, double x, double y, const struct plot_look *look,
                     double radius, double opacity)
{
    text_buffer_print(plot->out,
                      "<path transform=\"translate(%.1f %.1f) scale(%.1f)\" d=\"%s\" fill=\"%s\" "
                      "fill-opacity=\"%.2f\"/>\n",
                      x, y, radius, look->shape, look->colour, opacity);
}

void plot_mark(const struct plot *plot, double x, double y, const struct plot_look *look,
               double radius, double opacity)
{
    add_mark(plot, at_x(plot, x), at_y(plot, y), look, radius, opacity);
}

void plot_end(const struct plot *plot, const size_t counts[VERDICTS])
{
    double y = TOP + 8;
    for (int verdict = 0; verdict < VERDICTS; verdict++) {
        const struct plot_look *look = plot_look((enum verdict)verdict);
        const char *name = verdict_name((enum verdict)verdict);
        char text[64];
        if (counts[verdict] == 0)
            continue;
        (void)snprintf(text, sizeof text, "%s (%zu)", name[0] ? name : "none yet", counts[verdict]);
        add_mark(plot, LEFT + INNER + 18, y - 4, look, 4.5, 1);
        add_text(plot, LEFT + INNER + 29, y, "start", text);
        y += 19;
    }
    text_buffer_print(plot->out, "</svg>\n");
}
