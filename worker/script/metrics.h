/* metrics.h - metrics in what a script prints: name=value, anywhere in a line.
 *
 *   epoch 3: step=300 train_loss=0.61, val_loss=0.58 (val_accuracy=0.81)
 *
 * Known names: step, and those of the protocol's report: epoch, train_loss, val_loss, val_accuracy,
 * lr, grad_norm, update_ratio, dead_units, seconds. Others are left aside. nan and inf are numbers.
 */
#ifndef LRSWEEP_WORKER_SCRIPT_METRICS_H
#define LRSWEEP_WORKER_SCRIPT_METRICS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum metric {
    METRIC_EPOCH,
    METRIC_TRAIN_LOSS,
    METRIC_VAL_LOSS,
    METRIC_VAL_ACCURACY,
    METRIC_LR,
    METRIC_GRAD_NORM,
    METRIC_UPDATE_RATIO,
    METRIC_DEAD_UNITS,
    METRIC_SECONDS,
    METRICS
};

struct metrics {
    double values[METRICS]; /* NaN: not told */
    bool told[METRICS];
    long long step; /* -1: not told */
};

/* Whether the line tells a loss or an accuracy: it then is a report. */
bool metrics_parse(const char *line, size_t length, struct metrics *metrics);

/* The report of the protocol; a new reference, NULL when memory ran out. */
json_t *metrics_report(const struct metrics *metrics, long long trial, long long step);

#endif
