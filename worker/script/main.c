/* main.c - lrsweep-script: a trainer that runs a script of the user's for each segment.
 *
 * It speaks the protocol of lrsweep/protocol.h on its standard input and output. The study's
 * trainer.script is the command line (command_line.h); what the script prints holds its metrics
 * (metrics.h). A report's step is the one that the line tells, or the one after the last. Exit
 * status 0 says that it trained as far as it was told to ({steps}): its last metrics are those of
 * that step. The script is killed when the trial is to stop; what it started ends with it. There
 * are no checkpoints and no tests. */
#include "common/child.h"
#include "common/line_reader.h"
#include "lrsweep/protocol.h"
#include "worker/script/command_line.h"
#include "worker/script/descendants.h"
#include "worker/script/metrics.h"

#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINES_A_TURN = 100 }; /* a script that never stops printing is not all that is heard */

struct adapter {
    struct line_reader commands; /* of standard input */
    json_t *study;
};

/* One segment. */
struct segment {
    long long trial, to, step; /* step: of the last report */
    struct child child;
    struct line_reader output;
    struct metrics last;
    bool reported;
};

enum ending { ENDING_EXIT, ENDING_STOP, ENDING_INPUT_OVER };

static void say(json_t *line)
{
    if (!line)
        exit(1);
    json_dumpf(line, stdout, JSON_COMPACT | JSON_REAL_PRECISION(17));
    (void)putchar('\n');
    (void)fflush(stdout);
    json_decref(line);
}

static const char *op_of(const json_t *line)
{
    const char *op = json_string_value(json_object_get(line, "op"));
    return op ? op : "";
}

static void done(const struct segment *segment, const char *status, const char *message)
{
    say(json_pack("{s:s, s:I, s:I, s:s, s:s?}", "op", "done", "trial", (json_int_t)segment->trial,
                  "step", (json_int_t)segment->step, "status", status, "message", message));
}

/* A value that was told and is not finite. */
static bool is_lost(const struct metrics *metrics)
{
    for (size_t i = METRIC_TRAIN_LOSS; i <= METRIC_VAL_LOSS; i++)
        if (metrics->told[i] && !isfinite(metrics->values[i]))
            return true;
    return false;
}

static void hear_line(struct segment *segment, const char *text, size_t length)
{
    struct metrics metrics;
    if (!metrics_parse(text, length, &metrics))
        return;
    long long step = metrics.step >= 0 ? metrics.step : segment->step + 1;
    segment->step = step < segment->to ? step : segment->to;
    segment->last = metrics;
    segment->reported = true;
    say(metrics_report(&metrics, segment->trial, segment->step));
}

/* Some of what the script has printed. LINE_READ: there may be more; LINE_NONE: not now. */
static enum line_status hear_script(struct segment *segment)
{
    char *text;
    size_t length;
    enum line_status status = LINE_READ;
    child_listen(&segment->child);
    for (int lines = 0; lines < LINES_A_TURN && status == LINE_READ; lines++) {
        status = line_reader_next(&segment->output, segment->child.output, &text, &length);
        if (status == LINE_READ)
            hear_line(segment, text, length);
    }
    return status;
}

/* The next command, if one is there. NULL: none; *over: none will come. */
static json_t *next_command(struct adapter *adapter, bool *over)
{
    char *text;
    size_t length;
    enum line_status status = line_reader_next(&adapter->commands, STDIN_FILENO, &text, &length);
    *over = status == LINE_END || status == LINE_TOO_LONG;
    return status == LINE_READ ? json_loadb(text, length, 0, NULL) : NULL;
}

/* Until the script ends, or the trial is to. */
static enum ending await(struct adapter *adapter, struct segment *segment)
{
    enum line_status heard;
    while ((heard = hear_script(segment)) == LINE_READ || heard == LINE_NONE) {
        bool over;
        json_t *command = next_command(adapter, &over);
        bool stop = strcmp(op_of(command), "stop") == 0;
        over = over || strcmp(op_of(command), "quit") == 0;
        json_decref(command);
        if (stop || over)
            return stop ? ENDING_STOP : ENDING_INPUT_OVER;
        struct pollfd news[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                                {.fd = segment->child.output, .events = POLLIN},
                                {.fd = segment->child.errors, .events = POLLIN}};
        if (heard == LINE_NONE)
            (void)poll(news, sizeof news / sizeof news[0], -1);
    }
    return ENDING_EXIT;
}

/* The script has ended by itself. */
static void conclude(struct segment *segment)
{
    char how[CHILD_HOW_BYTES], message[CHILD_HOW_BYTES + 64];
    child_reap(&segment->child, how, sizeof how);
    (void)snprintf(message, sizeof message, "the script %s", how);
    if (strncmp(how, "ended with exit status 0", strlen("ended with exit status 0")) != 0) {
        done(segment, "failed", message);
    } else if (!segment->reported) {
        done(segment, "failed",
             "the script printed no train_loss=..., val_loss=... or "
             "val_accuracy=... on its standard output");
    } else if (is_lost(&segment->last)) {
        done(segment, "diverged", "The script's last loss is not finite.");
    } else {
        if (segment->step < segment->to)
            say(metrics_report(&segment->last, segment->trial, segment->to));
        segment->step = segment->to;
        done(segment, "ok", NULL);
    }
}

/* False: the end of the input came. */
static bool train(struct adapter *adapter, const json_t *command)
{
    const json_t *words = json_object_get(json_object_get(adapter->study, "trainer"), "script");
    static const char *const environment[] = {NULL};
    struct segment segment = {
        .trial = (long long)json_integer_value(json_object_get(command, "trial")),
        .to = (long long)json_integer_value(json_object_get(command, "to")),
    };
    struct error error = {"out of memory"};
    char **arguments = command_line_fill(words, command);
    const struct child_plan plan = {.arguments = (const char *const *)arguments,
                                    .environment = environment,
                                    .in_our_group = true};
    enum ending ending = ENDING_EXIT;
    if (!arguments || !child_start(&segment.child, &plan, &error)) {
        done(&segment, "failed", error.text);
    } else {
        line_reader_create(&segment.output, LRSWEEP_LINE_MAX_BYTES);
        ending = await(adapter, &segment);
        if (ending == ENDING_EXIT)
            conclude(&segment);
        child_kill(&segment.child);
        descendants_kill(); /* a shell's children outlive it */
        if (ending == ENDING_STOP)
            done(&segment, "stopped", NULL);
        line_reader_destroy(&segment.output);
    }
    command_line_destroy(arguments);
    return ending != ENDING_INPUT_OVER;
}

/* False: the study is refused. */
static bool greet(struct adapter *adapter, const json_t *command)
{
    struct error error;
    adapter->study = json_incref(json_object_get(command, "study"));
    if (!command_line_check(json_object_get(json_object_get(adapter->study, "trainer"), "script"),
                            adapter->study, &error)) {
        say(json_pack("{s:s, s:s, s:s}", "op", "refused", "at", "trainer.script", "message",
                      error.text));
        return false;
    }
    say(json_pack("{s:s, s:i, s:s, s:b, s:b}", "op", "ready", "version", LRSWEEP_PROTOCOL_VERSION,
                  "trainer", "a script", "checkpoints", 0, "tests", 0));
    return true;
}

int main(void)
{
    struct adapter adapter = {.study = NULL};
    bool over = false;
    line_reader_create(&adapter.commands, LRSWEEP_LINE_MAX_BYTES);
    descendants_adopt();
    /* Commands are looked for while a script runs. */
    (void)fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
    while (!over) {
        struct pollfd news = {.fd = STDIN_FILENO, .events = POLLIN};
        json_t *command = next_command(&adapter, &over);
        if (strcmp(op_of(command), "hello") == 0)
            over = !greet(&adapter, command);
        else if (strcmp(op_of(command), "train") == 0)
            over = !train(&adapter, command);
        else if (strcmp(op_of(command), "quit") == 0)
            over = true;
        else if (!command && !over)
            (void)poll(&news, 1, -1);
        json_decref(command);
    }
    line_reader_destroy(&adapter.commands);
    json_decref(adapter.study);
    return 0;
}
