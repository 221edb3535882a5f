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
static const double thrown_share = 1.2, thrown_errors = 4;

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

/* Whether all checks of the last `steps` steps, of which `since` is the first, found it, and the
 * mean loss meanwhile was at least `share` of c. The check at step `since` stands for the
 * MONITOR_CHECK_STEPS steps up to it. */
static bool lasts(const struct monitor *monitor, double since, size_t steps, double share)
{
    return since >= 0 && monitor->steps - since >= (double)(steps - MONITOR_CHECK_STEPS) &&
           monitor_recent_mean(monitor, steps) >= share * monitor->settings.constant_loss;
}

static bool find_dead(const struct monitor *monitor, struct finding *finding)
{
    size_t layers = monitor->settings.watched_layers;
    for (size_t i = 0; i <= layers; i++) {
        const struct layer_state *layer = &monitor->layer[i];
        bool thrown = layer->woken == 0 &&
                      lasts(monitor, layer->same_since, MONITOR_DEAD_STEPS, MONITOR_THROWN_SHARE);
        bool stuck = lasts(monitor, layer->same_since, MONITOR_WINDOW_STEPS, MONITOR_LOSS_SHARE);
        if (layer->alive == 0 || !(thrown || stuck))
            continue;
        *finding = (struct finding){.kind = i < layers ? FOUND_DEAD_LAYER : FOUND_CONSTANT_OUTPUT,
                                    .from = layer->same_since,
                                    .first = monitor_recent_mean(monitor, MONITOR_DEAD_STEPS),
                                    .factor = less(monitor),
                                    .layer = i};
        return true;
    }
    return false;
}

/* Logarithm of the geometric mean of blocks first .. end - 1. */
static double log_level(const struct monitor *monitor, size_t first, size_t end)
{
    double sum = 0;
    for (size_t i = first; i < end; i++)
        sum += log(monitor->block[i]);
    return sum / (double)(end - first);
}

static bool find_level(const struct monitor *monitor, struct finding *finding)
{
    double c = monitor->settings.constant_loss;
    size_t count = (size_t)monitor->block_count / 4 * 4;
    double steps = (double)count * monitor->block_steps;
    if (steps < MONITOR_LEVEL_STEPS || steps / 4 < monitor->settings.warmup_steps ||
        monitor->settings.falling || !monitor->settings.by_loss)
        return false;
    for (size_t i = count / 2; i < count; i++)
        if (!(monitor->block[i] >= MONITOR_FLOOR * c))
            return false;
    /* From the middle of the second quarter to that of the second half the steps double. */
    double level = log_level(monitor, count / 2, count);
    double change = level - log_level(monitor, count / 4, count / 2);
    double limit = log(MONITOR_LEVEL * c);
    if (!(level >= limit) || !(level + change * log2(MONITOR_PATIENCE) >= limit))
        return false;
    bool grows = change >= log(MONITOR_GROWTH);
    double growth = exp(change / (3 * steps / 8));
    *finding = (struct finding){.kind = grows ? FOUND_GROWTH : FOUND_LEVEL,
                                .from = steps / 2,
                                .first = exp(level),
                                .last = growth,
                                .factor = grows ? less_for_growth(growth, 2) : less(monitor)};
    return true;
}

bool monitor_find_lost(const struct monitor *monitor, struct finding *finding)
{
    if (find_not_finite(monitor, finding))
        return true;
    /* With one class only, the constant predictor is perfect. */
    if (!(monitor->settings.constant_loss > 0))
        return false;
    return find_dead(monitor, finding) || find_level(monitor, finding);
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

static double mean_of_blocks(const struct monitor *monitor, size_t first, size_t end)
{
    double sum = 0;
    for (size_t i = first; i < end; i++)
        sum += monitor->block[i];
    return sum / (double)(end - first);
}

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

/* Or some layer fell silent: none does at small rates. */
static bool was_thrown(const struct monitor *monitor, double start, double deviation)
{
    for (size_t i = 0; i <= monitor->settings.watched_layers; i++) {
        const struct layer_state *layer = &monitor->layer[i];
        if (layer->alive == 1 && (layer->near_since >= 0 || layer->woken == 1))
            return true;
    }
    return monitor->peak_ten > thrown_share * start + thrown_errors * deviation / sqrt(10);
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
    double highest_start = c > monitor->first_loss ? c : monitor->first_loss;
    bool thrown = was_thrown(monitor, highest_start, swing.deviation);
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
    if (!learned && thrown)
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
