/* range_curve.c - smooths the curve of a range test, finds its fall and its edge. */
#include "coordinator/find/range_curve.h"

#include "common/median.h"

#include <math.h>
#include <stdlib.h>

/* Half a smoothing window, as a share of all points: with 300 points windows of 11, a third of a
 * decade of the usual eight. A median is blind to spikes on less than half of its window. */
#define WINDOW_SHARE 60
#define WINDOW_LEAST 2

/* The start's level is the median of so large a share of the points. */
#define START_SHARE 20
#define START_LEAST 5

/* A fall must be this share of the start deep: less, and nothing worth having was learned. */
#define FALL_SHARE 0.02

/* And it must stand out from the noise. Either the losses before it stand so many standard errors
 * above those of the trough in ranks, which no outlier sways; of 30,000 curves of pure noise
 * (normal, log-normal, chi-squared; 300 points) none came to more than 4.92. Or, where points are
 * too few for ranks, it is so many standard errors of the smoothed loss deep; of the same curves
 * none came to more than 15. */
#define FALL_RANKS  5.0
#define FALL_ERRORS 20.0

/* A rise counts from so many standard errors on. */
#define RISE_ERRORS 6.0

/* Where the fall begins: this share of it is done, and it is so many standard errors deep. */
#define ONSET_SHARE  0.1
#define ONSET_ERRORS 3.0

/* Where it is all but done. */
#define KNEE_SHARE 0.9

/* A slope is taken over so many windows: a slope is noisier than a level. */
#define SLOPE_WINDOWS 3

/* A search should start so far below the onset: a run that is longer than the test learns at
 * lower rates. Half a decade. */
#define LOW_FACTOR 3.16

/* A loss so many times above where it was before it rose grows without bound. A network's, thrown
 * by too large a rate, was measured up to 100 times above. */
#define UNBOUND_FACTOR   1e4
#define GROWTH_POINTS    20     /* that its growth is judged by, at most */
#define GROWTH_LEAST     3      /* and at least */
#define GROWTH_RISING    0.8    /* share of them that must be a rise */
#define NORMAL_OF_MEDIAN 1.4826 /* a normal's deviation over its median absolute deviation */

struct shape {
    const struct range_curve *curve;
    const double *smoothed;
    size_t length; /* one past the last finite loss */
    size_t half;   /* of a window, without its middle */
    size_t lowest; /* index */
    double start, bottom;
    double error; /* standard error of the smoothed loss */
};

/* The median of the finite ones of values[first .. last - 1]. */
static double finite_median(const double *values, size_t first, size_t last, double *room)
{
    size_t count = 0;
    for (size_t i = first; i < last; i++)
        if (isfinite(values[i]))
            room[count++] = values[i];
    return median(room, count);
}

/* The window around i: cut at the ends on both sides alike, so that it stays centred. */
static size_t reach(size_t i, size_t length, size_t half)
{
    size_t most = i < length - 1 - i ? i : length - 1 - i;
    return most < half ? most : half;
}

/* Median, then a mean (of logarithms, where there are some: the loss may grow by orders of
 * magnitude in a window). room[2 * count]. */
static void smooth(const struct shape *shape, double *smoothed, double *room)
{
    double *medians = room + shape->curve->count;
    double before = NAN;
    bool positive = true;
    for (size_t i = 0; i < shape->length; i++) {
        size_t wide = shape->half;
        size_t first = i > wide ? i - wide : 0;
        size_t last = i + wide + 1 < shape->length ? i + wide + 1 : shape->length;
        /* At the very ends a centred window has one point, which may be a spike: there it is not
         * centred, and what it says is at most half a window off. */
        medians[i] = finite_median(shape->curve->loss, first, last, room);
        if (isnan(medians[i])) /* a gap wider than the window */
            medians[i] = before;
        before = medians[i];
        positive = positive && !(medians[i] <= 0);
    }
    for (size_t i = 0; i < shape->length; i++) {
        size_t wide = reach(i, shape->length, shape->half), used = 0;
        double sum = 0;
        for (size_t j = i - wide; j <= i + wide; j++) {
            if (isnan(medians[j]))
                continue;
            sum += positive ? log(medians[j]) : medians[j];
            used++;
        }
        smoothed[i] = used == 0  ? (double)NAN
                      : positive ? exp(sum / (double)used)
                                 : sum / (double)used;
    }
    for (size_t i = shape->length; i < shape->curve->count; i++)
        smoothed[i] = NAN;
}

/* The noise of a loss, from the differences between neighbours before its lowest point: a trend
 * adds little to them, and a median is blind to spikes. room[count]. */
static double noise(const struct shape *shape, double *room)
{
    const double *loss = shape->curve->loss;
    size_t last = shape->lowest > START_LEAST ? shape->lowest : shape->length - 1;
    size_t count = 0;
    for (size_t i = 0; i < last; i++)
        if (isfinite(loss[i]) && isfinite(loss[i + 1]))
            room[count++] = fabs(loss[i + 1] - loss[i]);
    return count ? NORMAL_OF_MEDIAN * median(room, count) / sqrt(2) : 0;
}

static size_t onset(const struct shape *shape)
{
    double fall = shape->start - shape->bottom;
    double seen = fmax(ONSET_SHARE * fall, ONSET_ERRORS * shape->error);
    double begun = shape->start - fmin(seen, fall / 2);
    size_t i = shape->lowest;
    while (i > 0 && shape->smoothed[i] < begun)
        i--;
    return i;
}

static void measure(struct shape *shape, double *room)
{
    const struct range_curve *curve = shape->curve;
    size_t first = curve->count / START_SHARE;
    first = first < START_LEAST ? START_LEAST : first;
    first = first < shape->length ? first : shape->length;
    shape->start = finite_median(curve->loss, 0, first, room);
    shape->lowest = 0;
    for (size_t i = 1; i < shape->length; i++)
        if (shape->smoothed[i] < shape->smoothed[shape->lowest] ||
            isnan(shape->smoothed[shape->lowest]))
            shape->lowest = i;
    shape->bottom = shape->smoothed[shape->lowest];
    /* The median's standard error is sqrt(pi / 2) times the mean's. */
    shape->error = 1.2533 * noise(shape, room) / sqrt(2.0 * (double)shape->half + 1);
    /* Once more, now that it is known roughly how far the start reaches. */
    if (onset(shape) / 2 > first)
        shape->start = finite_median(curve->loss, 0, onset(shape) / 2, room);
}

/* The level above which what was gained counts as lost. */
static double level(const struct shape *shape)
{
    return shape->bottom > 0 ? sqrt(shape->bottom * shape->start)
                             : (shape->bottom + shape->start) / 2;
}

/* The first index from which on the smoothed loss stays above `above`; length: there is none. */
static size_t last_crossing(const struct shape *shape, double above)
{
    size_t i = shape->length;
    while (i > 0 && !(shape->smoothed[i - 1] <= above))
        i--;
    return i;
}

/* The product of rate and curvature at which descent multiplies what is left along a direction by
 * -r at every step: with a heavy ball from the roots of z^2 - (1 + m - lr c) z + m (Polyak 1964),
 * with Nesterov's momentum as PyTorch has it from those of z^2 - (1 + m)(1 - lr c) z + m (1 - lr
 * c).
 */
static double stiffness(const struct range_curve *curve, double r)
{
    double m = curve->momentum;
    return curve->nesterov ? 1 + r * r / ((1 + m) * r + m) : (1 + r) * (1 + m / r);
}

/* r is 1 at the edge. A loss grows by r^2. */
static double edge_by_growth(const struct range_curve *curve, double lr, double growth)
{
    return lr * stiffness(curve, 1) / stiffness(curve, sqrt(growth));
}

/* NaN: the loss does not grow without bound behind `crossing`. Heavy balls swing before that, so
 * what counts is the growth far above the start, if enough of it is seen. room[count]. */
static double unbound_edge(const struct shape *shape, size_t crossing, double *room)
{
    const struct range_curve *curve = shape->curve;
    double highest = 0;
    size_t count = 0, rising = 0;
    double base = fmax(shape->start, level(shape));
    size_t above = last_crossing(shape, sqrt(UNBOUND_FACTOR) * base);
    if (above + GROWTH_LEAST < shape->length)
        crossing = above;
    for (size_t i = crossing; i < shape->length; i++)
        if (isfinite(curve->loss[i]) && curve->loss[i] > highest)
            highest = curve->loss[i];
    bool broken = shape->length < curve->count;
    if (!broken && !(highest > UNBOUND_FACTOR * base))
        return NAN;
    for (size_t i = crossing; i + 1 < shape->length && count < GROWTH_POINTS; i++) {
        double growth = curve->loss[i + 1] / curve->loss[i];
        if (!isfinite(growth) || growth <= 0)
            continue;
        rising += growth > 1;
        room[count++] = edge_by_growth(curve, curve->lr[i], growth > 1 ? growth : 1);
    }
    if (count < GROWTH_LEAST || (double)rising < GROWTH_RISING * (double)count)
        return NAN;
    return median(room, count);
}

static double edge(const struct shape *shape, double *room)
{
    const double *lr = shape->curve->lr;
    size_t crossing = last_crossing(shape, level(shape));
    if (crossing == shape->length)
        return shape->length < shape->curve->count ? lr[shape->length] : (double)NAN;
    /* Where the loss grows without bound in the end, what came before was no divergence. */
    double unbound = unbound_edge(shape, crossing, room);
    return isnan(unbound) ? lr[crossing] : unbound;
}

/* By how many standard errors the losses before the onset stand above those around the lowest
 * point, in ranks (Mann and Whitney, "On a test of whether one of two random variables is
 * stochastically larger than the other", 1947). */
static double separation(const struct shape *shape)
{
    const double *loss = shape->curve->loss, middle = (shape->start + shape->bottom) / 2;
    size_t first = shape->lowest, last = shape->lowest, highs = 0, lows = 0, before = onset(shape);
    double above = 0;
    for (size_t i = before; i < shape->length; i++) {
        if (!(shape->smoothed[i] < middle))
            continue;
        first = i < first ? i : first;
        last = i > last ? i : last;
    }
    for (size_t i = first; i <= last; i++) {
        lows += isfinite(loss[i]);
        for (size_t j = 0; j < before && isfinite(loss[i]); j++)
            above += loss[j] > loss[i] ? 1 : loss[j] == loss[i] ? 0.5 : 0;
    }
    for (size_t j = 0; j < before; j++)
        highs += !isnan(loss[j]);
    double pairs = (double)highs * (double)lows;
    return pairs > 0 ? (above - pairs / 2) / sqrt(pairs * (double)(highs + lows + 1) / 12) : 0;
}

static bool fell(const struct shape *shape)
{
    double fall = shape->start - shape->bottom;
    return fall > FALL_SHARE * fabs(shape->start) &&
           (fall > FALL_ERRORS * shape->error || separation(shape) > FALL_RANKS);
}

static size_t knee(const struct shape *shape)
{
    double done = shape->start - KNEE_SHARE * (shape->start - shape->bottom);
    size_t i = 0;
    while (i < shape->lowest && !(shape->smoothed[i] <= done))
        i++;
    return i;
}

/* The least-squares slope of the smoothed loss over a window around each point. */
static size_t steepest(const struct shape *shape, size_t first)
{
    size_t best = first;
    double lowest = INFINITY;
    for (size_t i = first; i <= shape->lowest; i++) {
        size_t wide = reach(i, shape->length, SLOPE_WINDOWS * shape->half);
        double sum = 0, squares = 0;
        for (size_t j = 1; j <= wide; j++) {
            sum += (double)j * (shape->smoothed[i + j] - shape->smoothed[i - j]);
            squares += 2 * (double)j * (double)j;
        }
        if (wide >= shape->half && sum / squares < lowest) {
            lowest = sum / squares;
            best = i;
        }
    }
    return best;
}

/* length[i]: of the longest falling subsequence that ends at i, begin[i]: where that begins.
 * room[2 * count]. */
static size_t valley(const struct shape *shape, size_t first, double *room)
{
    double *length = room, *begin = room + shape->curve->count;
    size_t best = first;
    for (size_t i = first; i <= shape->lowest; i++) {
        length[i] = 1;
        begin[i] = (double)i;
        for (size_t j = first; j < i; j++)
            if (shape->smoothed[i] < shape->smoothed[j] && length[i] < length[j] + 1) {
                length[i] = length[j] + 1;
                begin[i] = begin[j];
            }
        if (length[i] > length[best])
            best = i;
    }
    return ((size_t)begin[best] + best) / 2;
}

static void suggest(const struct shape *shape, struct range_result *result, double *room)
{
    const double *lr = shape->curve->lr;
    double *rate = result->rate;
    size_t first = onset(shape);
    rate[RANGE_EDGE] = edge(shape, room);
    rate[RANGE_KNEE] = lr[knee(shape)];
    rate[RANGE_STEEPEST] = lr[steepest(shape, first)];
    rate[RANGE_VALLEY] = lr[valley(shape, first, room)];
    rate[RANGE_MINIMUM_TENTH] = lr[shape->lowest] / 10;
    rate[RANGE_LOW] = lr[first] / LOW_FACTOR;
    rate[RANGE_HIGH] = isnan(rate[RANGE_EDGE]) ? lr[shape->curve->count - 1] : rate[RANGE_EDGE];
    /* The loss of least squares goes on falling for a while beyond the edge. */
    for (size_t i = 0; i < RANGE_EDGE; i++)
        rate[i] = fmin(rate[i], rate[RANGE_HIGH]);
    rate[RANGE_LOW] = fmin(rate[RANGE_LOW], rate[RANGE_HIGH] / LOW_FACTOR);
}

/* Not fallen: has it risen, or is it flat? */
static void judge_unfallen(const struct shape *shape, struct range_result *result)
{
    double above = shape->start + fmax(RISE_ERRORS * shape->error, FALL_SHARE * shape->start);
    size_t crossing = last_crossing(shape, above);
    bool broken = shape->length < shape->curve->count;
    result->status = crossing < shape->length || broken ? RANGE_RISING : RANGE_FLAT;
    if (result->status == RANGE_RISING)
        result->rising = shape->curve->lr[crossing < shape->curve->count ? crossing : 0];
}

const char *range_rate_name(enum range_rate rate)
{
    static const char *const names[RANGE_RATES] = {
        [RANGE_KNEE] = "knee",     [RANGE_STEEPEST] = "steepest",
        [RANGE_VALLEY] = "valley", [RANGE_MINIMUM_TENTH] = "minimum/10",
        [RANGE_EDGE] = "edge",     [RANGE_LOW] = "low",
        [RANGE_HIGH] = "high"};
    return names[rate];
}

bool range_curve_read(const struct range_curve *curve, double *smoothed,
                      struct range_result *result)
{
    double *room = malloc((2 * curve->count + 1) * sizeof *room);
    if (!room)
        return false;
    struct shape shape = {
        .curve = curve, .smoothed = smoothed, .half = curve->count / WINDOW_SHARE};
    size_t finite = 0;
    shape.half = shape.half < WINDOW_LEAST ? WINDOW_LEAST : shape.half;
    for (size_t i = 0; i < curve->count; i++)
        if (isfinite(curve->loss[i])) {
            shape.length = i + 1;
            finite++;
        }
    *result =
        (struct range_result){.status = RANGE_EMPTY, .start = NAN, .bottom = NAN, .rising = NAN};
    for (size_t i = 0; i < RANGE_RATES; i++)
        result->rate[i] = NAN;
    smooth(&shape, smoothed, room);
    /* Fewer than a window tells nothing, but that it came to an end. */
    if (finite > 2 * shape.half) {
        measure(&shape, room);
        result->start = shape.start;
        result->bottom = shape.bottom;
        if (fell(&shape)) {
            result->status = RANGE_SOUND;
            suggest(&shape, result, room);
        } else {
            judge_unfallen(&shape, result);
        }
    }
    free(room);
    return true;
}
