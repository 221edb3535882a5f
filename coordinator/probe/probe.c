/* probe.c - asks a trainer whether it accepts the study. */
#include "coordinator/probe/probe.h"

#include "common/line_reader.h"
#include "common/monotonic.h"
#include "common/study_document.h"
#include "common/trainer_start.h"
#include "lrsweep/protocol.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FINISH_SECONDS 2.0

bool probe_trainer_path(char *path, size_t bytes, struct error *error)
{
    static const char name[] = "lrsweep-trainer";
    ssize_t length = readlink("/proc/self/exe", path, bytes - 1);
    if (length < 0)
        return error_set(error, "/proc/self/exe: %s", strerror(errno));
    path[length] = '\0';
    char *slash = strrchr(path, '/');
    size_t room = bytes - (size_t)(slash + 1 - path);
    if (sizeof name > room)
        return error_set(error, "%s: the path is too long", path);
    memcpy(slash + 1, name, sizeof name);
    if (access(path, X_OK) != 0)
        return error_set(error, "%s: %s; it belongs beside lrsweep", path, strerror(errno));
    return true;
}

static int milliseconds(double seconds)
{
    return isinf(seconds) ? -1 : (int)(1000 * fmin(seconds, 1e6)) + 1;
}

/* Until the trainer takes more of what is said to it. False: it took nothing for too long. */
static bool await_room(struct probe *probe, double end_s)
{
    struct pollfd news[] = {{.fd = probe->child.input, .events = POLLOUT},
                            {.fd = probe->child.errors, .events = POLLIN}};
    double left_s = end_s - monotonic_s();
    if (left_s <= 0)
        return false;
    (void)poll(news, sizeof news / sizeof news[0], milliseconds(left_s));
    child_listen(&probe->child);
    return true;
}

bool probe_send(struct probe *probe, json_t *message, struct error *error)
{
    char *text = json_dumps(message, TRAINER_JSON_FLAGS);
    json_decref(message);
    if (!text)
        return error_set(error, "out of memory");
    size_t length = strlen(text), sent = 0;
    double end_s = monotonic_s() + probe->silence_s;
    text[length++] = '\n'; /* in the place of the terminator */
    while (sent < length) {
        ssize_t put = write(probe->child.input, text + sent, length - sent);
        if (put > 0)
            sent += (size_t)put;
        else if (put < 0 && errno == EINTR)
            continue;
        else if (put == 0 || errno != EAGAIN || !await_room(probe, end_s))
            break; /* it is gone, or does not listen: its answer will tell */
    }
    free(text);
    return true;
}

bool probe_start(struct probe *probe, const char *program, const json_t *document,
                 struct error *error)
{
    /* The built-in one reads data, which may take its time; another may not speak the protocol. */
    *probe = (struct probe){.silence_s = trainer_is_own(document)
                                             ? study_number(document, "run", "heartbeat_timeout")
                                             : (double)INFINITY};
    return trainer_start(&probe->child, program, document, error) &&
           probe_send(probe, trainer_hello(document), error);
}

static bool judge(struct probe *probe, json_t *line, char *at, size_t at_bytes, struct error *error)
{
    const char *op = json_string_value(json_object_get(line, "op"));
    if (op && strcmp(op, "ready") == 0) {
        probe->answer = line;
        return true;
    }
    if (op && strcmp(op, "refused") == 0) {
        const char *setting = json_string_value(json_object_get(line, "at"));
        const char *message = json_string_value(json_object_get(line, "message"));
        (void)snprintf(at, at_bytes, "%s", setting ? setting : "");
        error_set(error, "%s",
                  message ? message : "the trainer refused the study without a reason");
    } else {
        error_set(error, "the trainer answered hello with neither ready nor refused");
    }
    json_decref(line);
    return false;
}

bool probe_answer(struct probe *probe, char *at, size_t at_bytes, struct error *error)
{
    struct line_reader reader;
    char *text, how[CHILD_HOW_BYTES];
    size_t length;
    json_error_t reason;
    (void)snprintf(at, at_bytes, "%s", "");
    line_reader_create(&reader, LRSWEEP_LINE_MAX_BYTES);
    enum line_status status;
    double end_s = monotonic_s() + probe->silence_s;
    while ((status = line_reader_next(&reader, probe->child.output, &text, &length)) == LINE_NONE) {
        struct pollfd news[] = {{.fd = probe->child.output, .events = POLLIN},
                                {.fd = probe->child.errors, .events = POLLIN}};
        double left_s = end_s - monotonic_s();
        if (left_s <= 0)
            break;
        (void)poll(news, sizeof news / sizeof news[0], milliseconds(left_s));
        child_listen(&probe->child);
    }
    bool accepted = false;
    if (status == LINE_READ) {
        json_t *line = json_loadb(text, length, 0, &reason);
        accepted = judge(probe, line, at, at_bytes, error);
    } else if (status == LINE_NONE) {
        error_set(error, "the trainer did not answer hello within %g s (run.heartbeat_timeout)",
                  probe->silence_s);
        child_last_words(&probe->child, error->text, sizeof error->text);
        child_kill(&probe->child);
    } else if (status == LINE_END) {
        child_reap(&probe->child, how, sizeof how);
        error_set(error, "the trainer gave no answer: it %s", how);
    } else {
        error_set(error, "the trainer answered with a line of more than %d bytes",
                  LRSWEEP_LINE_MAX_BYTES);
    }
    line_reader_destroy(&reader);
    return accepted;
}

double probe_number(const struct probe *probe, const char *key, double fallback)
{
    const json_t *value = json_object_get(probe->answer, key);
    return json_is_number(value) ? json_number_value(value) : fallback;
}

bool probe_can(const struct probe *probe, const char *key)
{
    return !json_is_false(json_object_get(probe->answer, key));
}

void probe_end(struct probe *probe)
{
    child_finish(&probe->child, FINISH_SECONDS);
    json_decref(probe->answer);
    probe->answer = NULL;
}
