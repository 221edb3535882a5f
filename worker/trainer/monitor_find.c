/* monitor_find.c - the rules of monitor.h, each a function of what the monitor remembers. */
#include "worker/trainer/monitor_state.h"

#include <math.h>

/* By what the advice moves the rate. Over the runs of tests/bench/verdicts the largest sound rate
 * lies a factor of 3 to 4 below that of a run that is alive but fluctuates, 7 to 15 below that of a
 * lost one (medians), 20 to 50 where its loss once stood at a hundred times c. */
static const double less_where_alive = 1 / 4.0, less_where_lost = 1 / 10.0,
                    less_where_far = 1 / 30.0, far_share = 100, less_at_plateau = 1 / 3.0,
                    more_where_slow = 3, more_where_still = 10;

/* A mean of ten losses so many times the larger of c and the first loss, and as many of its
 * standard errors above that, tells that the run was thrown. */
static const double thrown_share = 1.2, thrown_share_numbers = 3, thrown_errors = 4;

/* Below so many blocks nothing but a lost run is told. */
enum { BLOCKS_LEAST = 16 };

/* --- lost runs -----------------------------------------------------------------------------------
 */

/* For gradient descent on a quadratic the loss grows by (lr lambda - 1)^2 a step; the advice is the
 * rate at which lr lambda is 1. */
static double less_for_growth(double growth, double least)
{
    double times = 1 + sqrt(growth);
    return 1 / (times < least ? least : times > 100 ? 100 : times);
}

static bool find_not_finite(const struct monitor *monitor, struct finding *finding)
{
    size_t steps = (size_t)monitor->steps;
    bool loss = steps > 0 && !isfinite(monitor->loss[(steps - 1) % MONITOR_WINDOW_STEPS]);
    bool validation =
        monitor->validation_step == monitor->steps && !isfinite(monitor->validation_loss);
    if (!loss && !validation)
        return false;
    double growth = monitor->steps > 1 && monitor->first_loss > 0
                        ? pow(monitor->peak / monitor->first_loss, 1 / (monitor->steps - 1))
                        : 1;
    *finding = (struct finding){.kind = FOUND_NOT_FINITE,
                                .from = monitor->steps,
                                .first = monitor->finite_loss,
                                .factor = less_for_growth(growth, 10)};
    return true;
}

static double less(const struct monitor *monitor)
{
    bool far = monitor->peak >= far_share * monitor->settings.constant_loss;
    return far ? less_where_far : less_where_lost;
}

/* Whether neither the schedule nor the optimizer will take the steps down. */
static bool steps_stay(const struct monitor *monitor)
{
    return !monitor->settings.falling && monitor->settings.step_length != STEP_LENGTH_OWN;
}

/* Geometric mean of the last `count` losses. */
static double recent_level(const struct monitor *monitor, size_t count)
{
    size_t steps = (size_t)monitor->steps;
    double sum = 0;
    count = count < steps ? count : steps;
    for (size_t i = steps - count; i < steps; i++)
        sum += log(monitor->loss[i % MONITOR_WINDOW_STEPS]);
    return exp(sum / (double)count);
}

/* Whether all checks of the last `steps` steps, of which `since` is the first, found it, and the
 * loss meanwhile stood at `share` of c or more. The check at step `since` stands for the
 * MONITOR_CHECK_STEPS steps up to it. */
static bool lasts(const struct monitor *monitor, double since, size_t steps, double share)
{
    return since >= 0 && monitor->steps - since >= (double)(steps - MONITOR_CHECK_STEPS) &&
           recent_level(monitor, steps) >= share * monitor->settings.constant_loss;
}

static bool find_dead(const struct monitor *monitor, struct finding *finding)
{
    size_t layers = monitor->settings.watched_layers;
    for (size_t i = 0; i <= layers; i++) {
        const struct layer_state *layer = &monitor->layer[i];
        size_t least = layer->woken == 0 ? MONITOR_FIRST_DEAD_STEPS : MONITOR_DEAD_STEPS;
        bool thrown = lasts(monitor, layer->same_since, least, MONITOR_THROWN_SHARE);
        bool stuck = steps_stay(monitor) &&
                     lasts(monitor, layer->same_since, MONITOR_WINDOW_STEPS, MONITOR_LOSS_SHARE);
        if (layer->alive == 0 || !(thrown || stuck))
            continue;
        *finding = (struct finding){.kind = i < layers ? FOUND_DEAD_LAYER : FOUND_CONSTANT_OUTPUT,
                                    .from = layer->same_since,
                                    .first = monitor_recent_mean(monitor, MONITOR_FIRST_DEAD_STEPS),
                                    .factor = less(monitor),
                                    .layer = i};
        return true;
    }
    return false;
}

static double mean_of_blocks(const struct monitor *monitor, size_t first, size_t end)
{
    double sum = 0;
    for (size_t i = first; i < end; i++)
        sum += monitor->block[i];
    return sum / (double)(end - first);
}

/* Logarithm of the geometric mean over `parts` parts of so many blocks each, the last of which ends
 * before block `end`. */
static double log_level(const struct monitor *monitor, size_t parts, size_t blocks, size_t end)
{
    double sum = 0;
    for (size_t i = 0; i < parts; i++)
        sum += log(mean_of_blocks(monitor, end - (i + 1) * blocks, end - i * blocks));
    return sum / (double)parts;
}

/* The level of the second half of the run, and how it came there. */
struct trend {
    double log_level;   /* of the second half */
    double log_doubled; /* by how much that is more than the second quarter's; from the middle of
                           one to that of the other the steps double */
    double growth;      /* the same as a factor for each step */
    bool unbounded;     /* it grows, and nothing will end that */
};

static struct trend trend_take(const struct monitor *monitor)
{
    const struct monitor_settings *settings = &monitor->settings;
    size_t count = (size_t)monitor->block_count, part = count / 16;
    size_t blocks = count - count / 2 - 2 * part; /* between the middles */
    double level = log_level(monitor, 8, part, count);
    double change = level - log_level(monitor, 4, part, count / 2);
    return (struct trend){.log_level = level,
                          .log_doubled = change,
                          .growth = exp(change / ((double)blocks * monitor->block_steps)),
                          .unbounded = !settings->classes &&
                                       settings->step_length == STEP_LENGTH_GRADIENT &&
                                       change >= log(MONITOR_GROWTH)};
}

/* What there is to say of a run that is lost by the loss alone. */
static struct finding growth_or(enum finding_kind kind, const struct monitor *monitor,
                                const struct trend *trend)
{
    if (trend->unbounded)
        return (struct finding){.kind = FOUND_GROWTH,
                                .last = trend->growth,
                                .factor = less_for_growth(trend->growth, 2)};
    return (struct finding){.kind = kind, .factor = less(monitor)};
}

static bool find_level(const struct monitor *monitor, struct finding *finding)
{
    const struct monitor_settings *settings = &monitor->settings;
    double c = settings->constant_loss, budget = settings->budget_steps;
    double steps = monitor->block_count * monitor->block_steps;
    bool noiseless = settings->whole_set && settings->step_length != STEP_LENGTH_GRADIENT;
    bool early = steps < MONITOR_LEVEL_STEPS;
    if (steps < (settings->classes ? MONITOR_HIGH_LEVEL_STEPS : MONITOR_LEVEL_STEPS) ||
        !settings->by_loss || !steps_stay(monitor) || noiseless || monitor->floor_step > steps / 2)
        return false;
    const struct trend trend = trend_take(monitor);
    double limit = log((settings->classes && !early ? MONITOR_LEVEL : MONITOR_HIGH_LEVEL) * c);
    double times = settings->classes && budget > 0 ? fmax(budget / steps, 1) : MONITOR_PATIENCE;
    if (!(trend.log_level + fmin(trend.log_doubled, 0) * log2(times) >= limit))
        return false;
    *finding = growth_or(FOUND_LEVEL, monitor, &trend);
    finding->from = floor(steps / 2);
    finding->first = trend.unbounded ? monitor->finite_loss : exp(trend.log_level);
    return true;
}

/* What a run that was never thrown may stand at. */
static double highest_start(const struct monitor *monitor)
{
    return fmax(monitor->settings.constant_loss, monitor->first_loss);
}

/* A mean of ten losses that tells beyond doubt that the run was thrown: those of numbers to predict
 * differ far more from batch to batch. */
static double thrown_least(const struct monitor *monitor)
{
    double share = monitor->settings.classes ? thrown_share : thrown_share_numbers;
    return share * highest_start(monitor);
}

static bool find_stuck(const struct monitor *monitor, struct finding *finding)
{
    const struct monitor_settings *settings = &monitor->settings;
    double c = settings->constant_loss, budget = settings->budget_steps;
    double left = budget - monitor->steps, since = monitor->steps - monitor->free_step;
    size_t count = (size_t)monitor->block_count;
    if (!settings->by_loss || count < MONITOR_BLOCKS / 2 || left < 0 ||
        since < MONITOR_STUCK_TIMES * left ||
        since < (settings->classes ? MONITOR_STUCK_SHARE : MONITOR_STUCK_SHARE_NUMBERS) * budget)
        return false;
    bool learned = monitor->lowest_ten < MONITOR_LEARNED * c;
    if (!learned && monitor->peak_ten < thrown_least(monitor))
        return false;
    /* About as long as what is left, and as long before that. */
    size_t part = count / 16;
    double last = mean_of_blocks(monitor, count - part, count);
    double change = last / mean_of_blocks(monitor, count - 2 * part, count - part);
    if (!(last * change >= MONITOR_STUCK * c))
        return false;
    const struct trend trend = trend_take(monitor);
    *finding = growth_or(FOUND_STUCK, monitor, &trend);
    finding->from = monitor->free_step;
    finding->first = trend.unbounded ? monitor->finite_loss : last;
    return true;
}

bool monitor_find_lost(const struct monitor *monitor, struct finding *finding)
{
    if (find_not_finite(monitor, finding))
        return true;
    /* With one class only, the constant predictor is perfect. */
    if (!(monitor->settings.constant_loss > 0))
        return false;
    return find_dead(monitor, finding) || find_level(monitor, finding) ||
           find_stuck(monitor, finding);
}

/* --- runs that are not lost ----------------------------------------------------------------------
 */

/* The last losses less their straight trend. */
struct swing {
    double residual[MONITOR_WINDOW_STEPS];
    size_t count;
    double mean, deviation;
    double correlation; /* the lowest, */
    size_t lag;         /* and where it is */
};

static void swing_take(const struct monitor *monitor, struct swing *swing)
{
    size_t steps = (size_t)monitor->steps;
    size_t count = steps < MONITOR_WINDOW_STEPS ? steps : MONITOR_WINDOW_STEPS;
    double middle = (double)(count - 1) / 2, slope = 0, weight = 0, squares = 0;
    *swing = (struct swing){.count = count, .mean = monitor_recent_mean(monitor, count)};
    for (size_t i = 0; i < count; i++) {
        double at = (double)i - middle;
        swing->residual[i] =
            monitor->loss[(steps - count + i) % MONITOR_WINDOW_STEPS] - swing->mean;
        slope += at * swing->residual[i];
        weight += at * at;
    }
    for (size_t i = 0; i < count; i++) {
        swing->residual[i] -= slope / weight * ((double)i - middle);
        squares += swing->residual[i] * swing->residual[i];
    }
    swing->deviation = sqrt(squares / (double)count);
    for (size_t lag = 1; lag <= MONITOR_SWING_LAG && squares > 0; lag++) {
        double sum = 0;
        for (size_t i = lag; i < count; i++)
            sum += swing->residual[i] * swing->residual[i - lag];
        if (sum / squares < swing->correlation) {
            swing->correlation = sum / squares;
            swing->lag = lag;
        }
    }
}

/* Means over parts of the whole run. */
struct course {
    double start;           /* the first block */
    double third, last;     /* quarters */
    double best, best_step; /* the best eighth of the first three quarters, and its last step */
};

static struct course course_take(const struct monitor *monitor)
{
    size_t count = (size_t)monitor->block_count;
    struct course course = {.start = monitor->block[0],
                            .third = mean_of_blocks(monitor, count / 2, count * 3 / 4),
                            .last = mean_of_blocks(monitor, count * 3 / 4, count),
                            .best = INFINITY};
    for (size_t i = 0; i < 6; i++) {
        size_t end = count * (i + 1) / 8;
        double mean = mean_of_blocks(monitor, count * i / 8, end);
        if (mean < course.best) {
            course.best = mean;
            course.best_step = (double)end * monitor->block_steps;
        }
    }
    return course;
}

/* Whether a layer did, or the outputs: none does at small rates. */
static bool fell_silent(const struct monitor *monitor)
{
    for (size_t i = 0; i <= monitor->settings.watched_layers; i++) {
        const struct layer_state *layer = &monitor->layer[i];
        if (layer->alive == 1 && (layer->near_since >= 0 || layer->woken == 1))
            return true;
    }
    return false;
}

static bool stood_above(const struct monitor *monitor, double deviation)
{
    return monitor->peak_ten >
           thrown_share * highest_start(monitor) + thrown_errors * deviation / sqrt(10);
}

struct finding monitor_find(const struct monitor *monitor)
{
    struct finding lost;
    if (monitor_find_lost(monitor, &lost))
        return lost;
    if (monitor->block_count < BLOCKS_LEAST)
        return (struct finding){.kind = FOUND_NOTHING,
                                .first = monitor->first_loss,
                                .last = monitor->finite_loss,
                                .factor = 1};
    struct swing swing;
    swing_take(monitor, &swing);
    const struct course course = course_take(monitor);
    double known = monitor->settings.constant_loss;
    double c = known > 0 ? known : monitor->first_loss;
    bool silent = fell_silent(monitor), thrown = silent || stood_above(monitor, swing.deviation);
    bool learned = course.last < MONITOR_LEARNED * c;
    bool validated = monitor->lowest_step >= 0 && monitor->validation_step == monitor->steps;
    double quarter = 0.75 * monitor->steps, progress = course.start - course.last;

    if (swing.correlation <= MONITOR_SWING_CORRELATION &&
        swing.deviation >= MONITOR_SWING_SHARE * swing.mean)
        return (struct finding){.kind = FOUND_SWING,
                                .from = monitor->steps - (double)swing.count,
                                .first = swing.deviation / swing.mean,
                                .last = 2.0 * (double)swing.lag,
                                .factor = less_where_alive};
    if (validated && monitor->validation_loss > MONITOR_WORSE * monitor->lowest_loss &&
        monitor->validation_loss > MONITOR_DONE * c && course.last < course.third)
        return (struct finding){.kind = FOUND_OVERFITTING,
                                .from = monitor->lowest_step,
                                .first = monitor->validation_loss,
                                .last = course.last,
                                .factor = 1};
    if (swing.deviation >= MONITOR_ERRATIC * c)
        return (struct finding){.kind = FOUND_FLUCTUATION,
                                .from = monitor->steps - (double)swing.count,
                                .first = swing.deviation,
                                .last = swing.mean,
                                .factor = less_where_alive};
    if (course.last > MONITOR_WORSE * course.best && course.last - course.best > MONITOR_DONE * c)
        return (struct finding){.kind = FOUND_WORSE,
                                .from = course.best_step,
                                .first = course.best,
                                .last = course.last,
                                .factor = less_where_alive};
    /* Numbers differ so much from batch to batch that a first mean of ten may stand above the start
     * by chance: a run that then came down, however little, was not thrown. */
    bool came_down =
        !silent && monitor->peak_ten < thrown_least(monitor) && course.last < course.start;
    if (!learned && thrown && !came_down)
        return (struct finding){.kind = FOUND_THROWN,
                                .from = quarter,
                                .first = monitor->peak,
                                .last = course.last,
                                .factor = less_where_lost};
    if (!learned)
        return (struct finding){.kind = FOUND_NOTHING_LEARNED,
                                .from = quarter,
                                .first = course.start,
                                .last = course.last,
                                .factor = more_where_still};
    if (!thrown && course.third - course.last >= MONITOR_PACE * progress)
        return (struct finding){.kind = FOUND_PACE,
                                .from = quarter,
                                .first = course.third,
                                .last = course.last,
                                .factor = more_where_slow};
    if (course.third - course.last < MONITOR_FLAT * course.third && !monitor->settings.falling &&
        course.last > MONITOR_DONE * c)
        return (struct finding){.kind = FOUND_PLATEAU,
                                .from = monitor->steps / 2,
                                .first = course.third,
                                .last = course.last,
                                .factor = less_at_plateau};
    return (struct finding){
        .kind = FOUND_NOTHING, .first = course.start, .last = course.last, .factor = 1};
}
