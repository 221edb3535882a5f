/* synthetic_trainer.c - a trainer that sleeps in the place of training, for tests of scale.
 *
 * A program of its own that speaks the protocol of include/lrsweep/protocol.h. What it pretends
 * stands in the study's `data`, all of it optional:
 *
 *   step_s          seconds that a step takes [0], slept to fixed times
 *   report_every    steps from one report to the next [1]
 *   validate_every  steps from one validation to the next [1]; the last step has one in any case
 *   start_s         seconds from hello to ready [0]
 *   checkpoints     false: it says that it leaves none [true]
 *   best_lr         rate at which the loss falls lowest [0.1]
 *   worst_lr        rate from which on it diverges, after a step [none]
 *   train_samples   told in ready [not told]
 *
 * The loss after s steps at rate r is 1 / (1 + s) + log10(r / best_lr)^2: resumed or not, it is the
 * same. It keeps no files. Linked statically where that is possible: thousands of them fit. */
#define _GNU_SOURCE /* ppoll */
#include "lrsweep/protocol.h"

#include <jansson.h>
#include <math.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct pretence {
    double step_s, start_s, best_lr, worst_lr;
    long long report_every, validate_every, train_samples;
    bool checkpoints;
};

struct input {
    char text[1 << 16];
    size_t length;
    bool ended;
};

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* The next line as an object, waited for until `until_s`; NULL: none came. */
static json_t *next_line(struct input *input, double until_s)
{
    for (;;) {
        char *newline = memchr(input->text, '\n', input->length);
        if (newline) {
            json_t *line = json_loadb(input->text, (size_t)(newline - input->text), 0, NULL);
            input->length -= (size_t)(newline + 1 - input->text);
            memmove(input->text, newline + 1, input->length);
            if (!line)
                exit(1); /* not of the protocol */
            return line;
        }
        double left_s = until_s - now_s();
        struct pollfd news = {.fd = STDIN_FILENO, .events = POLLIN};
        struct timespec timeout = {0};
        if (left_s > 0 && isfinite(left_s)) {
            timeout.tv_sec = (time_t)left_s;
            timeout.tv_nsec = (long)(1e9 * (left_s - floor(left_s)));
        }
        if (input->ended || ppoll(&news, 1, isinf(left_s) ? NULL : &timeout, NULL) == 0)
            return NULL;
        ssize_t got =
            read(STDIN_FILENO, input->text + input->length, sizeof input->text - input->length);
        input->ended = got <= 0;
        input->length += got > 0 ? (size_t)got : 0;
    }
}

static const char *op_of(const json_t *line)
{
    const char *op = json_string_value(json_object_get(line, "op"));
    return op ? op : "";
}

static double number(const json_t *object, const char *key, double fallback)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : fallback;
}

static struct pretence read_study(const json_t *hello)
{
    const json_t *data = json_object_get(json_object_get(hello, "study"), "data");
    return (struct pretence){
        .step_s = number(data, "step_s", 0),
        .start_s = number(data, "start_s", 0),
        .best_lr = number(data, "best_lr", 0.1),
        .worst_lr = number(data, "worst_lr", INFINITY),
        .report_every = (long long)fmax(number(data, "report_every", 1), 1),
        .validate_every = (long long)fmax(number(data, "validate_every", 1), 1),
        .train_samples = (long long)number(data, "train_samples", 0),
        .checkpoints = !json_is_false(json_object_get(data, "checkpoints")),
    };
}

static void say_ready(const struct pretence *pretence)
{
    printf("{\"op\":\"ready\",\"version\":%d,\"trainer\":\"synthetic\",\"tests\":false,"
           "\"checkpoints\":%s",
           LRSWEEP_PROTOCOL_VERSION, pretence->checkpoints ? "true" : "false");
    if (pretence->train_samples > 0)
        printf(",\"train_samples\":%lld", pretence->train_samples);
    puts("}");
}

static void say_report(long long trial, long long step, bool validated, double loss, double lr,
                       double seconds)
{
    char validation[40] = "null";
    if (validated)
        (void)snprintf(validation, sizeof validation, "%.17g", loss);
    printf("{\"op\":\"report\",\"trial\":%lld,\"step\":%lld,\"train_loss\":%.17g,"
           "\"val_loss\":%s,\"lr\":%.17g,\"seconds\":%.6f}\n",
           trial, step, loss, validation, lr, seconds);
}

static void say_done(long long trial, long long step, const char *status)
{
    printf("{\"op\":\"done\",\"trial\":%lld,\"step\":%lld,\"status\":\"%s\"}\n", trial, step,
           status);
}

/* Whether the trial was told to stop before `until_s`. Other lines end the program: none may come.
 */
static bool stopped(struct input *input, double until_s)
{
    json_t *line = next_line(input, until_s);
    if (!line && !input->ended)
        return false;
    bool stop = line && strcmp(op_of(line), "stop") == 0;
    json_decref(line);
    if (!stop)
        exit(0);
    return true;
}

static void train(struct input *input, const struct pretence *pretence, const json_t *line)
{
    long long trial = (long long)number(line, "trial", 0);
    long long from = (long long)number(line, "from", 0), to = (long long)number(line, "to", 0);
    double lr = number(json_object_get(line, "params"), "lr", pretence->best_lr);
    double begun_s = now_s();
    long long pause = (long long)number(line, "pause", -1), step = from;
    while (step < to && step != pause) {
        long long every = pretence->report_every;
        long long next = (step / every + 1) * every;
        next = next < to ? next : to;
        next = pause > step && next > pause ? pause : next;
        double due_s = begun_s + (double)(next - from) * pretence->step_s;
        if (stopped(input, due_s)) {
            long long done = (long long)((now_s() - begun_s) / fmax(pretence->step_s, 1e-9));
            step = from + done < next ? from + done : next;
            say_done(trial, step > from ? step : from, "stopped");
            return;
        }
        step = next;
        if (lr >= pretence->worst_lr) {
            say_done(trial, step, "diverged");
            return;
        }
        double loss = 1 / (1 + (double)step) + pow(log10(lr / pretence->best_lr), 2);
        bool validated = step == to || step % pretence->validate_every == 0;
        say_report(trial, step, validated, loss, lr, (double)step * pretence->step_s);
    }
    say_done(trial, step, step == to ? "ok" : "stopped");
}

int main(void)
{
    static struct input input;
    struct pretence pretence = {0};
    json_t *line;
    setvbuf(stdout, NULL, _IOLBF, 0);
    while ((line = next_line(&input, INFINITY))) {
        if (strcmp(op_of(line), "hello") == 0) {
            pretence = read_study(line);
            struct timespec start = {
                .tv_sec = (time_t)pretence.start_s,
                .tv_nsec = (long)(1e9 * (pretence.start_s - floor(pretence.start_s)))};
            nanosleep(&start, NULL);
            say_ready(&pretence);
        } else if (strcmp(op_of(line), "train") == 0) {
            train(&input, &pretence, line);
        } else if (strcmp(op_of(line), "quit") == 0) {
            json_decref(line);
            break;
        }
        json_decref(line);
    }
    return 0;
}
