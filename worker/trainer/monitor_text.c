/* monitor_text.c - findings as verdicts and sentences. */
#include "worker/trainer/monitor_state.h"

#include <math.h>
#include <stdio.h>

enum verdict finding_verdict(enum finding_kind kind)
{
    static const enum verdict verdicts[] = {
        [FOUND_NOT_FINITE] = VERDICT_DIVERGED,
        [FOUND_DEAD_LAYER] = VERDICT_COLLAPSED,
        [FOUND_CONSTANT_OUTPUT] = VERDICT_COLLAPSED,
        [FOUND_GROWTH] = VERDICT_DIVERGED,
        [FOUND_LEVEL] = VERDICT_COLLAPSED,
        [FOUND_STUCK] = VERDICT_COLLAPSED,
        [FOUND_SWING] = VERDICT_OSCILLATING,
        [FOUND_OVERFITTING] = VERDICT_OVERFITTING,
        [FOUND_FLUCTUATION] = VERDICT_ERRATIC,
        [FOUND_WORSE] = VERDICT_ERRATIC,
        [FOUND_THROWN] = VERDICT_ERRATIC,
        [FOUND_NOTHING_LEARNED] = VERDICT_SLOW,
        [FOUND_PACE] = VERDICT_SLOW,
        [FOUND_PLATEAU] = VERDICT_PLATEAUED,
        [FOUND_NOTHING] = VERDICT_HEALTHY,
    };
    return verdicts[kind];
}

/* What was seen. */
static int write_seen(const struct monitor *monitor, const struct finding *found, char *text,
                      size_t bytes)
{
    double steps = monitor->steps, c = monitor->settings.constant_loss;
    switch (found->kind) {
    case FOUND_NOT_FINITE:
        if (!isfinite(found->first))
            return snprintf(text, bytes, "The loss was not finite from the first step on");
        return snprintf(text, bytes,
                        "The loss was not finite at step %.0f (the last finite loss was %.4g)",
                        found->from, found->first);
    case FOUND_DEAD_LAYER:
        return snprintf(text, bytes,
                        "All units of hidden layer %zu have given the same output for every "
                        "sample since step %.0f: they are dead. The loss stands at %.4g at step "
                        "%.0f (a constant predictor reaches %.4g)",
                        found->layer + 1, found->from, found->first, steps, c);
    case FOUND_CONSTANT_OUTPUT:
        return snprintf(text, bytes,
                        "The network has given the same answer for every sample since step %.0f. "
                        "The loss stands at %.4g at step %.0f (a constant predictor reaches %.4g)",
                        found->from, found->first, steps, c);
    case FOUND_GROWTH:
        return snprintf(text, bytes,
                        "The loss grew without bound, by %.3g %% a step, to %.4g at step %.0f (a "
                        "constant predictor reaches %.4g)",
                        100 * (found->last - 1), found->first, steps, c);
    case FOUND_LEVEL:
        return snprintf(text, bytes,
                        "The loss was thrown up and has stood near %.4g from step %.0f to %.0f "
                        "without coming down enough (a constant predictor reaches %.4g)",
                        found->first, found->from, steps, c);
    case FOUND_STUCK:
        return snprintf(text, bytes,
                        "The loss stands at %.4g at step %.0f, with %.0f steps to go, and has not "
                        "been below %.4g since step %.0f (a constant predictor reaches %.4g)",
                        found->first, steps, monitor->settings.budget_steps - steps,
                        MONITOR_STUCK * c, found->from, c);
    case FOUND_SWING:
        return snprintf(text, bytes,
                        "The loss swings by %.2g %% about every %.0f steps without settling, at "
                        "least from step %.0f to %.0f",
                        100 * found->first, found->last, found->from, steps);
    case FOUND_OVERFITTING:
        return snprintf(text, bytes,
                        "The validation loss was lowest, %.4g, at step %.0f and is %.4g at step "
                        "%.0f, while the training loss went on falling to %.4g",
                        monitor->lowest_loss, found->from, found->first, steps, found->last);
    case FOUND_FLUCTUATION:
        return snprintf(text, bytes,
                        "The loss fluctuates by %.3g around %.4g from step %.0f to %.0f",
                        found->first, found->last, found->from, steps);
    case FOUND_WORSE:
        return snprintf(text, bytes,
                        "The loss had come down to %.4g by step %.0f and was %.4g in the last "
                        "quarter up to step %.0f",
                        found->first, found->from, found->last, steps);
    case FOUND_THROWN:
        return snprintf(
            text, bytes,
            "The loss was thrown to %.4g and is still at %.4g from step %.0f to %.0f (a "
            "constant predictor reaches %.4g)",
            found->first, found->last, found->from, steps, c);
    case FOUND_NOTHING_LEARNED:
        return snprintf(text, bytes,
                        "Hardly anything was learned: the loss went from %.4g to %.4g by step %.0f",
                        found->first, found->last, steps);
    case FOUND_PACE:
        return snprintf(text, bytes,
                        "The loss still falls at an even pace, from %.4g to %.4g in the last "
                        "quarter up to step %.0f",
                        found->first, found->last, steps);
    case FOUND_PLATEAU:
        return snprintf(text, bytes,
                        "The loss no longer improves: %.4g, then %.4g, in the two quarters from "
                        "step %.0f to %.0f",
                        found->first, found->last, found->from, steps);
    case FOUND_NOTHING:
        break;
    }
    if (isnan(found->first))
        return snprintf(text, bytes, "Nothing was trained yet");
    return snprintf(text, bytes, "The loss went from %.4g to %.4g by step %.0f", found->first,
                    found->last, steps);
}

/* What to do. */
static void write_advice(const struct finding *found, double lr, char *text, size_t bytes)
{
    double advised = lr * found->factor;
    switch (finding_verdict(found->kind)) {
    case VERDICT_DIVERGED:
    case VERDICT_COLLAPSED:
        if (found->kind == FOUND_NOT_FINITE && !isfinite(found->first))
            (void)snprintf(text, bytes,
                           ": look at the data and the initial weights before the "
                           "rate %.3g.",
                           lr);
        else
            (void)snprintf(text, bytes,
                           ": the rate %.3g is too large; try about %.2g (%.2g times less), or a "
                           "warm-up.",
                           lr, advised, 1 / found->factor);
        return;
    case VERDICT_OSCILLATING:
    case VERDICT_ERRATIC:
        (void)snprintf(text, bytes,
                       ": the rate %.3g is too large; try about %.2g (%.2g times less).", lr,
                       advised, 1 / found->factor);
        return;
    case VERDICT_SLOW:
        (void)snprintf(text, bytes, ": the rate %.3g is small; try about %.2g (%.2g times more).",
                       lr, advised, found->factor);
        return;
    case VERDICT_PLATEAUED:
        (void)snprintf(text, bytes,
                       ": lower the rate %.3g towards the end with a schedule, or try about %.2g "
                       "(%.2g times less).",
                       lr, advised, 1 / found->factor);
        return;
    case VERDICT_OVERFITTING:
        (void)snprintf(text, bytes,
                       ": the rate %.3g may stay; stop earlier, or regularise "
                       "(weight_decay, dropout, more data).",
                       lr);
        return;
    default:
        (void)snprintf(text, bytes, ".");
    }
}

enum verdict monitor_explain(const struct monitor *monitor, double lr, char *text,
                             size_t text_bytes)
{
    const struct finding found = monitor_find(monitor);
    int used = write_seen(monitor, &found, text, text_bytes);
    if (used >= 0 && (size_t)used < text_bytes)
        write_advice(&found, lr, text + used, text_bytes - (size_t)used);
    return finding_verdict(found.kind);
}

double monitor_advice(const struct monitor *monitor)
{
    return monitor_find(monitor).factor;
}
