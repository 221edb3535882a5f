/* monitor.c - what a monitor is fed and remembers. */
#include "worker/trainer/monitor.h"

#include "worker/trainer/monitor_state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t rows(const struct monitor *monitor)
{
    return monitor->settings.watched_layers + 1;
}

struct monitor *monitor_create(const struct monitor_settings *settings)
{
    struct monitor *monitor =
        calloc(1, sizeof *monitor + (settings->watched_layers + 1) * sizeof(struct layer_state));
    if (!monitor)
        return NULL;
    monitor->settings = *settings;
    monitor->first_loss = monitor->finite_loss = NAN;
    monitor->lowest_ten = INFINITY;
    monitor->block_steps = 1;
    monitor->validation_step = monitor->lowest_step = -1;
    for (size_t i = 0; i < rows(monitor); i++)
        monitor->layer[i] = (struct layer_state){.near_since = -1, .same_since = -1};
    return monitor;
}

void monitor_destroy(struct monitor *monitor)
{
    free(monitor);
}

/* Returns whether a block was completed. */
static bool block_feed(struct monitor *monitor, double loss)
{
    monitor->open_sum += loss;
    monitor->open_steps++;
    if (monitor->open_steps < monitor->block_steps)
        return false;
    monitor->block[(size_t)monitor->block_count++] = monitor->open_sum / monitor->open_steps;
    monitor->open_sum = monitor->open_steps = 0;
    if (monitor->block_count < MONITOR_BLOCKS)
        return true;
    for (size_t i = 0; i < MONITOR_BLOCKS / 2; i++)
        monitor->block[i] = (monitor->block[2 * i] + monitor->block[2 * i + 1]) / 2;
    monitor->block_count /= 2;
    monitor->block_steps *= 2;
    return true;
}

static void ten_feed(struct monitor *monitor, double loss)
{
    monitor->ten_sum += loss;
    if ((size_t)monitor->steps % 10 != 0)
        return;
    double ten = monitor->ten_sum / 10, c = monitor->settings.constant_loss;
    monitor->ten_sum = 0;
    monitor->peak_ten = fmax(monitor->peak_ten, ten);
    monitor->lowest_ten = fmin(monitor->lowest_ten, ten);
    monitor->floor_step = ten < MONITOR_FLOOR * c ? monitor->steps : monitor->floor_step;
    monitor->free_step = ten < MONITOR_STUCK * c ? monitor->steps : monitor->free_step;
}

static enum verdict judge(const struct monitor *monitor)
{
    struct finding finding;
    return !monitor->settings.patient && monitor_find_lost(monitor, &finding)
               ? finding_verdict(finding.kind)
               : VERDICT_HEALTHY;
}

enum verdict monitor_step(struct monitor *monitor, double loss)
{
    monitor->loss[(size_t)monitor->steps % MONITOR_WINDOW_STEPS] = loss;
    monitor->steps++;
    if (!isfinite(loss))
        return VERDICT_DIVERGED;
    if (isnan(monitor->first_loss))
        monitor->first_loss = loss;
    monitor->finite_loss = loss;
    monitor->peak = loss > monitor->peak ? loss : monitor->peak;
    ten_feed(monitor, loss);
    return block_feed(monitor, loss) ? judge(monitor) : VERDICT_HEALTHY;
}

bool monitor_wants_units(const struct monitor *monitor)
{
    return monitor->steps == 1 || (size_t)monitor->steps % MONITOR_CHECK_STEPS == 0;
}

static void layer_feed(struct layer_state *layer, double step, bool near, bool same)
{
    if (layer->same_since >= 0 && !same)
        layer->woken = 1;
    layer->near_since = !near ? -1 : layer->near_since < 0 ? step : layer->near_since;
    layer->same_since = !same ? -1 : layer->same_since < 0 ? step : layer->same_since;
    layer->alive = near ? layer->alive : 1;
}

enum verdict monitor_units(struct monitor *monitor, const struct unit_shares *shares, double spread)
{
    size_t layers = monitor->settings.watched_layers;
    for (size_t i = 0; i < layers; i++)
        layer_feed(&monitor->layer[i], monitor->steps, shares[i].near == 1, shares[i].same == 1);
    double limit = MONITOR_SPREAD * sqrt(monitor->settings.constant_loss);
    layer_feed(&monitor->layer[layers], monitor->steps, spread <= limit, spread == 0);
    return judge(monitor);
}

enum verdict monitor_validation(struct monitor *monitor, double loss, bool regular)
{
    monitor->validation_step = monitor->steps;
    monitor->validation_loss = loss;
    if (regular && (monitor->lowest_step < 0 || loss < monitor->lowest_loss)) {
        monitor->lowest_step = monitor->steps;
        monitor->lowest_loss = loss;
    }
    return isfinite(loss) ? VERDICT_HEALTHY : VERDICT_DIVERGED;
}

double monitor_recent_mean(const struct monitor *monitor, size_t count)
{
    size_t steps = (size_t)monitor->steps;
    double sum = 0;
    count = count < steps ? count : steps;
    for (size_t i = steps - count; i < steps; i++)
        sum += monitor->loss[i % MONITOR_WINDOW_STEPS];
    return sum / (double)count;
}

/* --- checkpoints ---------------------------------------------------------------------------------
 */

/* Everything from `steps` on is doubles, without gaps. */
static size_t state_offset(void)
{
    return offsetof(struct monitor, steps);
}

size_t monitor_state_count(const struct monitor *monitor)
{
    size_t bytes = offsetof(struct monitor, layer) + rows(monitor) * sizeof(struct layer_state);
    return (bytes - state_offset()) / sizeof(double);
}

void monitor_save(const struct monitor *monitor, double *state)
{
    memcpy(state, (const char *)monitor + state_offset(),
           monitor_state_count(monitor) * sizeof(double));
}

static bool is_count(double value, double most)
{
    return value >= 0 && value <= most && value == floor(value);
}

bool monitor_load(struct monitor *monitor, const double *state)
{
    memcpy((char *)monitor + state_offset(), state, monitor_state_count(monitor) * sizeof(double));
    const double steps_max = 9007199254740992.0; /* 2^53 */
    return is_count(monitor->steps, steps_max - 1) && monitor->block_steps >= 1 &&
           is_count(monitor->block_steps, steps_max) &&
           is_count(monitor->block_count, MONITOR_BLOCKS - 1) &&
           is_count(monitor->open_steps, monitor->block_steps - 1);
}
