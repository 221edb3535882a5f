/* trace.c - records, files and replays what a monitor is fed. */
#include "tests/support/trace.h"

#include "worker/trainer/evaluate.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { END_STEPS = 100, LINE_BYTES = 4096 };

static size_t checks(const struct trace *trace)
{
    return trace->budget / MONITOR_CHECK_STEPS + 2;
}

static bool checked(size_t step)
{
    return step == 1 || step % MONITOR_CHECK_STEPS == 0;
}

/* Which check comes after a step. */
static size_t check_index(size_t step)
{
    return step / MONITOR_CHECK_STEPS;
}

static bool trace_allocate(struct trace *trace)
{
    trace->loss = calloc(trace->budget + 1, sizeof *trace->loss);
    trace->check = calloc(checks(trace), sizeof *trace->check);
    return trace->loss && trace->check;
}

/* Mean of the END_STEPS losses up to step `end`, or of as many as there are. */
static double mean_to(const struct trace *trace, size_t end)
{
    size_t count = end < END_STEPS ? end : END_STEPS;
    double sum = 0;
    for (size_t i = end - count; i < end; i++)
        sum += trace->loss[i];
    return sum / (double)count;
}

bool trace_record(struct trace *trace, struct trial *trial, size_t budget)
{
    const struct model *model = trial->model;
    const struct monitor_settings settings = trial_monitor_settings(trial);
    trace->budget = budget;
    trace->constant_loss = settings.constant_loss;
    trace->falling = settings.falling;
    trace->whole_set = settings.whole_set;
    trace->step_length = settings.step_length;
    trace->layers = settings.watched_layers;
    trace->classes = settings.classes;
    if (trace->layers > TRACE_LAYERS_MAX || !trace_allocate(trace))
        return false;
    bool finite = true;
    for (trace->steps = 0; finite && trace->steps < budget;) {
        double lr, same, loss = trial_step(trial, &lr, NULL);
        trace->loss[trace->steps++] = loss;
        finite = isfinite(loss);
        if (!checked(trace->steps))
            continue;
        struct trace_check *check = &trace->check[check_index(trace->steps)];
        check->spread = network_watch(&model->network, &trial->activations,
                                      trial->candidate.batch_size, check->shares, &same);
    }
    trace->end_train = mean_to(trace, trace->steps);
    trace->end_val = evaluate(&model->network, &model->loss, trial->weights, &trial->activations,
                              &model->dataset, SPLIT_VALIDATION)
                         .loss;
    return true;
}

/* JSON has no NaN. */
static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static double number_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

bool trace_write(const struct trace *trace, FILE *file)
{
    json_t *head = json_pack(
        "{s:s, s:s, s:s, s:o, s:o, s:b, s:b, s:b, s:i, s:i, s:i, s:i, s:i, s:o, s:o, s:o, s:o, "
        "s:o}",
        "network", trace->network, "optimizer", trace->optimizer, "schedule", trace->schedule, "lr",
        number(trace->lr), "constant_loss", number(trace->constant_loss), "falling", trace->falling,
        "classes", trace->classes, "whole_set", trace->whole_set, "step_length",
        (int)trace->step_length, "seed", trace->seed, "layers", (int)trace->layers, "budget",
        (int)trace->budget, "steps", (int)trace->steps, "end_train", number(trace->end_train),
        "end_val", number(trace->end_val), "advice", number(trace->advice), "advised_train",
        number(trace->advised_train), "advised_val", number(trace->advised_val));
    bool good = head && json_dumpf(head, file, JSON_COMPACT | JSON_REAL_PRECISION(6)) == 0;
    json_decref(head);
    for (size_t step = 1; step <= trace->steps; step++) {
        (void)fprintf(file, "%s%.4g", step == 1 || checked(step - 1) ? "\n" : " ",
                      trace->loss[step - 1]);
        if (!checked(step))
            continue;
        const struct trace_check *check = &trace->check[check_index(step)];
        (void)fputs(" |", file);
        for (size_t i = 0; i < trace->layers; i++)
            (void)fprintf(file, " %.3g %.3g", check->shares[i].same, check->shares[i].near);
        (void)fprintf(file, " | %.3g", check->spread);
    }
    return fputc('\n', file) != EOF && good && !ferror(file);
}

static void text_take(char text[TRACE_NAME_BYTES], const json_t *head, const char *key)
{
    const char *value = json_string_value(json_object_get(head, key));
    (void)snprintf(text, TRACE_NAME_BYTES, "%s", value ? value : "");
}

static bool head_read(struct trace *trace, const char *line)
{
    json_t *head = json_loads(line, 0, NULL);
    text_take(trace->network, head, "network");
    text_take(trace->optimizer, head, "optimizer");
    text_take(trace->schedule, head, "schedule");
    trace->lr = number_of(head, "lr");
    trace->constant_loss = number_of(head, "constant_loss");
    trace->falling = json_is_true(json_object_get(head, "falling"));
    trace->classes = json_is_true(json_object_get(head, "classes"));
    trace->whole_set = json_is_true(json_object_get(head, "whole_set"));
    trace->seed = (int)number_of(head, "seed");
    trace->end_train = number_of(head, "end_train");
    trace->end_val = number_of(head, "end_val");
    trace->advice = number_of(head, "advice");
    trace->advised_train = number_of(head, "advised_train");
    trace->advised_val = number_of(head, "advised_val");
    double layers = number_of(head, "layers"), budget = number_of(head, "budget");
    double steps = number_of(head, "steps"), step_length = number_of(head, "step_length");
    json_decref(head);
    if (!(step_length >= STEP_LENGTH_OWN && step_length <= STEP_LENGTH_RATE && layers >= 0 &&
          layers <= TRACE_LAYERS_MAX && budget >= 1 && budget < 1e7 && steps >= 1 &&
          steps <= budget))
        return false;
    trace->step_length = (enum step_length)step_length;
    trace->layers = (size_t)layers;
    trace->budget = (size_t)budget;
    trace->steps = (size_t)steps;
    return true;
}

/* The next number of a line, over any bar before it. */
static double number_next(char **at)
{
    while (**at == ' ' || **at == '|')
        ++*at;
    return strtod(*at, at);
}

bool trace_read(struct trace *trace, FILE *file)
{
    char line[LINE_BYTES], *at = line;
    memset(trace, 0, sizeof *trace);
    if (!fgets(line, sizeof line, file) || !head_read(trace, line) || !trace_allocate(trace))
        return false;
    for (size_t step = 1; step <= trace->steps; step++) {
        if ((step == 1 || checked(step - 1)) && !fgets(at = line, sizeof line, file))
            return false;
        trace->loss[step - 1] = number_next(&at);
        if (!checked(step))
            continue;
        struct trace_check *check = &trace->check[check_index(step)];
        for (size_t i = 0; i < trace->layers; i++) {
            check->shares[i].same = number_next(&at);
            check->shares[i].near = number_next(&at);
        }
        check->spread = number_next(&at);
    }
    return true;
}

void trace_free(struct trace *trace)
{
    free(trace->loss);
    free(trace->check);
}

struct monitor *trace_monitor(const struct trace *trace)
{
    return monitor_create(&(struct monitor_settings){.constant_loss = trace->constant_loss,
                                                     .watched_layers = trace->layers,
                                                     .budget_steps = (double)trace->budget,
                                                     .falling = trace->falling,
                                                     .classes = trace->classes,
                                                     .whole_set = trace->whole_set,
                                                     .step_length = trace->step_length,
                                                     .by_loss = true});
}

size_t trace_feed(const struct trace *trace, struct monitor *monitor, size_t first, size_t last)
{
    for (size_t step = first + 1; step <= last && step <= trace->steps; step++) {
        enum verdict verdict = monitor_step(monitor, trace->loss[step - 1]);
        const struct trace_check *check = &trace->check[check_index(step)];
        if (!verdict_ends(verdict) && monitor_wants_units(monitor))
            verdict = monitor_units(monitor, check->shares, check->spread);
        if (verdict_ends(verdict))
            return step;
    }
    return 0;
}

bool trace_lost(const struct trace *trace)
{
    double c = trace->constant_loss, best = INFINITY, peak = 0;
    if (trace->steps < trace->budget || !isfinite(trace->loss[trace->steps - 1]))
        return true;
    for (size_t i = 0; i < trace->steps; i++)
        peak = trace->loss[i] > peak ? trace->loss[i] : peak;
    for (size_t end = END_STEPS; end <= trace->steps; end += END_STEPS / 5)
        best = fmin(best, mean_to(trace, end));
    /* Batches of numbers to predict differ far more than those of classes. */
    double start = trace->loss[0] > c ? trace->loss[0] : c;
    bool thrown = peak > (trace->classes ? 1.1 : 3) * start;
    bool bad = !(trace->end_train < 0.85 * c) && !(trace->end_val < 0.85 * c);
    return bad && (best < 0.85 * c || thrown);
}
