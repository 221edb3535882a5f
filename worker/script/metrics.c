/* metrics.c - reads name=value. */
#include "worker/script/metrics.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
    [METRIC_EPOCH] = "epoch",
    [METRIC_TRAIN_LOSS] = "train_loss",
    [METRIC_VAL_LOSS] = "val_loss",
    [METRIC_VAL_ACCURACY] = "val_accuracy",
    [METRIC_LR] = "lr",
    [METRIC_GRAD_NORM] = "grad_norm",
    [METRIC_UPDATE_RATIO] = "update_ratio",
    [METRIC_DEAD_UNITS] = "dead_units",
    [METRIC_SECONDS] = "seconds",
};

static bool is_name(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static void take(struct metrics *metrics, const char *name, size_t length, double value)
{
    if (length == strlen("step") && memcmp(name, "step", length) == 0) {
        if (value >= 0 && value < 1e15)
            metrics->step = (long long)value;
        return;
    }
    for (size_t i = 0; i < METRICS; i++) {
        if (strlen(names[i]) != length || memcmp(name, names[i], length) != 0)
            continue;
        metrics->values[i] = value;
        metrics->told[i] = true;
    }
}

bool metrics_parse(const char *line, size_t length, struct metrics *metrics)
{
    *metrics = (struct metrics){.step = -1};
    for (size_t i = 0; i < METRICS; i++)
        metrics->values[i] = NAN;
    for (size_t at = 1; at + 1 < length; at++) {
        char text[64], *end;
        size_t name = at, rest = length - at - 1;
        if (line[at] != '=')
            continue;
        while (name > 0 && is_name(line[name - 1]))
            name--;
        rest = rest < sizeof text - 1 ? rest : sizeof text - 1;
        memcpy(text, line + at + 1, rest);
        text[rest] = '\0';
        double value = strtod(text, &end);
        if (end != text && !isspace((unsigned char)text[0]) && !is_name(*end))
            take(metrics, line + name, at - name, value);
    }
    return metrics->told[METRIC_TRAIN_LOSS] || metrics->told[METRIC_VAL_LOSS] ||
           metrics->told[METRIC_VAL_ACCURACY];
}

json_t *metrics_report(const struct metrics *metrics, long long trial, long long step)
{
    json_t *report = json_pack("{s:s, s:I, s:I, s:n}", "op", "report", "trial", (json_int_t)trial,
                               "step", (json_int_t)step, "train_loss");
    for (size_t i = 0; report && i < METRICS; i++)
        if (isfinite(metrics->values[i]))
            (void)json_object_set_new(report, names[i], json_real(metrics->values[i]));
    return report;
}
