/* monitor.c - windows over losses and dead units, and the verdicts that follow from them. */
#include "worker/trainer/monitor.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The dead units of one layer. */
struct layer_state {
    double share;      /* at the last check */
    double dead_since; /* the step of the first check in the unbroken row of those that found
                          MONITOR_DEAD_SHARE or more; -1: the last check found less */
};

struct monitor {
    double constant_loss;
    size_t layer_count;

    /* State, as it is saved: all numbers are doubles. */
    double steps;                      /* fed so far */
    double verdict;                    /* enum verdict, of the call before */
    double last_finite_loss;           /* NAN: there was none */
    double loss[MONITOR_WINDOW_STEPS]; /* ring, by step number */
    double collapsed_layer;            /* that the verdict is about */
    struct layer_state layer[];
};

struct monitor *monitor_create(double constant_loss, size_t relu_layers)
{
    struct monitor *monitor = calloc(1, sizeof *monitor + relu_layers * sizeof(struct layer_state));
    if (!monitor)
        return NULL;
    monitor->constant_loss = constant_loss;
    monitor->layer_count = relu_layers;
    monitor->verdict = VERDICT_HEALTHY;
    monitor->last_finite_loss = NAN;
    for (size_t i = 0; i < relu_layers; i++)
        monitor->layer[i].dead_since = -1;
    return monitor;
}

void monitor_destroy(struct monitor *monitor)
{
    free(monitor);
}

static enum verdict judge(struct monitor *monitor, enum verdict verdict)
{
    monitor->verdict = verdict;
    return verdict;
}

enum verdict monitor_step(struct monitor *monitor, double loss)
{
    monitor->loss[(size_t)monitor->steps % MONITOR_WINDOW_STEPS] = loss;
    monitor->steps++;
    if (!isfinite(loss))
        return judge(monitor, VERDICT_DIVERGED);
    monitor->last_finite_loss = loss;
    return judge(monitor, VERDICT_HEALTHY);
}

bool monitor_wants_dead_units(const struct monitor *monitor)
{
    return monitor->layer_count > 0 && (size_t)monitor->steps % MONITOR_CHECK_STEPS == 0;
}

static double mean(const double *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return sum / (double)count;
}

enum verdict monitor_dead_units(struct monitor *monitor, const double *share)
{
    for (size_t i = 0; i < monitor->layer_count; i++) {
        struct layer_state *layer = &monitor->layer[i];
        layer->share = share[i];
        if (share[i] < MONITOR_DEAD_SHARE)
            layer->dead_since = -1;
        else if (layer->dead_since < 0)
            layer->dead_since = monitor->steps;
    }
    /* Not before the window is full of steps, nor where the constant predictor is not known or,
     * with one class only, perfect. */
    if (monitor->steps < MONITOR_WINDOW_STEPS || !(monitor->constant_loss > 0))
        return judge(monitor, VERDICT_HEALTHY);
    if (!(mean(monitor->loss, MONITOR_WINDOW_STEPS) >= MONITOR_LOSS_SHARE * monitor->constant_loss))
        return judge(monitor, VERDICT_HEALTHY);
    for (size_t i = 0; i < monitor->layer_count; i++) {
        double since = monitor->layer[i].dead_since;
        /* The check at step `since` stands for the MONITOR_CHECK_STEPS steps up to it. */
        if (since < 0 || monitor->steps - since < MONITOR_WINDOW_STEPS - MONITOR_CHECK_STEPS)
            continue;
        monitor->collapsed_layer = (double)i;
        return judge(monitor, VERDICT_COLLAPSED);
    }
    return judge(monitor, VERDICT_HEALTHY);
}

enum verdict monitor_validation(struct monitor *monitor, double loss)
{
    return judge(monitor, isfinite(loss) ? VERDICT_HEALTHY : VERDICT_DIVERGED);
}

void monitor_explain(const struct monitor *monitor, double lr, char *text, size_t text_bytes)
{
    switch ((enum verdict)monitor->verdict) {
    case VERDICT_DIVERGED:
        if (isfinite(monitor->last_finite_loss))
            (void)snprintf(text, text_bytes,
                           "The loss was not finite at step %.0f (the last finite loss was %.4g): "
                           "the rate %.3g is too large; try a third of it or a warm-up.",
                           monitor->steps, monitor->last_finite_loss, lr);
        else
            (void)snprintf(text, text_bytes,
                           "The loss was not finite from the first step on: look at the data and "
                           "the initial weights before the rate %.3g.",
                           lr);
        return;
    case VERDICT_COLLAPSED: {
        const struct layer_state *layer = &monitor->layer[(size_t)monitor->collapsed_layer];
        (void)snprintf(
            text, text_bytes,
            "The loss has stood at %.4g on average for %d steps (a constant predictor "
            "reaches %.4g) and %.3g %% of the units of ReLU layer %.0f are dead, since step "
            "%.0f: the rate %.3g is too large; try a third of it or a warm-up.",
            mean(monitor->loss, MONITOR_WINDOW_STEPS), MONITOR_WINDOW_STEPS, monitor->constant_loss,
            100 * layer->share, monitor->collapsed_layer + 1, layer->dead_since, lr);
        return;
    }
    case VERDICT_NONE:
    case VERDICT_HEALTHY:
        break;
    }
    (void)snprintf(text, text_bytes, "The loss is finite and the network is alive.");
}

/* Everything from `steps` on is doubles, without gaps. */
static size_t state_offset(void)
{
    return offsetof(struct monitor, steps);
}

size_t monitor_state_count(const struct monitor *monitor)
{
    size_t bytes = sizeof *monitor + monitor->layer_count * sizeof(struct layer_state);
    return (bytes - state_offset()) / sizeof(double);
}

void monitor_save(const struct monitor *monitor, double *state)
{
    memcpy(state, (const char *)monitor + state_offset(),
           monitor_state_count(monitor) * sizeof(double));
}

bool monitor_load(struct monitor *monitor, const double *state)
{
    memcpy((char *)monitor + state_offset(), state, monitor_state_count(monitor) * sizeof(double));
    const double steps_max = 9007199254740992.0; /* 2^53 */
    double layer = monitor->collapsed_layer, verdict = monitor->verdict;
    return monitor->steps >= 0 && monitor->steps < steps_max &&
           monitor->steps == floor(monitor->steps) && verdict >= VERDICT_NONE &&
           verdict <= VERDICT_COLLAPSED && verdict == floor(verdict) && layer >= 0 &&
           layer == floor(layer) && (layer == 0 || layer < (double)monitor->layer_count);
}
