/* fuzz_session.c - any lines as what a trainer is sent after a sound hello.
 *
 * Another hello is left out: what studies a trainer takes is not the matter here. Paths are made
 * names in the fuzzer's own folder, and where a training would be long the end of the input ends
 * it, as it does when a worker has died. Whatever was sent, every answer is a line of the protocol,
 * and there is an answer to everything that asks for one. */
#include "lrsweep/protocol.h"
#include "tests/fuzz/input.h"
#include "worker/trainer/session.h"

#include <cblas.h>
#include <ctype.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINES_MAX = 16, STEPS_MAX = 60 };

static const char hello[] =
    "{\"op\":\"hello\",\"version\":1,\"study\":{\"study\":{\"name\":\"f\",\"seed\":1,\"metric\":"
    "\"val_loss\"},\"data\":{\"format\":\"spirals\",\"samples\":30,\"arms\":2,\"turns\":1.5,"
    "\"noise\":0.1,\"validation\":6,\"test\":6,\"shuffled\":false,\"stratified\":false},\"model\":{"
    "\"layers\":[{\"type\":\"dense\",\"units\":3,\"activation\":\"relu\",\"bias\":true,\"init\":"
    "\"pytorch\",\"lr_multiplier\":1.0},{\"type\":\"dense\",\"units\":2,\"activation\":\"none\","
    "\"bias\":true,\"init\":\"pytorch\",\"lr_multiplier\":1.0}],\"loss\":\"cross_entropy\","
    "\"label_smoothing\":0.0},\"train\":{\"batch_size\":4,\"optimizer\":\"sgd\",\"momentum\":0.9,"
    "\"nesterov\":false,\"weight_decay\":0.0,\"clip_norm\":0.0,\"clip_value\":0.0,\"decay_all\":"
    "false,\"layer_decay\":1.0,\"random_crop\":0,\"random_flip\":false,\"report_every\":2,"
    "\"validate_every\":0,\"stop_collapsed\":true},\"space\":{\"lr\":{\"log_uniform\":[0.001,1.0]},"
    "\"schedule\":[{\"type\":\"constant\"},{\"type\":\"cosine\",\"period\":0.0,\"eta_min\":0.0}]},"
    "\"search\":{\"unit\":\"steps\",\"max_budget\":60.0},\"run\":{}}}\n";

struct sent {
    FILE *lines;
    bool supervised; /* the end of the input is to end what runs */
    size_t asking;   /* lines that ask for an answer, at least; they end at a quit */
    bool over;
};

/* In the fuzzer's folder, and nowhere else; "" stays. */
static void path_confine(json_t *command, const char *key)
{
    const char *given = json_string_value(json_object_get(command, key));
    char name[16] = "p", path[INPUT_PATH_BYTES];
    size_t length = 1;
    if (!given || !*given)
        return;
    for (; *given && length < sizeof name - 1; given++)
        if (isalnum((unsigned char)*given))
            name[length++] = *given;
    name[length] = '\0';
    input_path(name, path);
    (void)json_object_set_new(command, key, json_string(path));
}

static bool is_long(const json_t *command, const char *key)
{
    const json_t *value = json_object_get(command, key);
    return json_is_integer(value) && json_integer_value(value) > STEPS_MAX;
}

static void command_send(struct sent *sent, json_t *command, const char *line, size_t length)
{
    static const char *const paths[] = {"checkpoint", "resume", "export"};
    const char *op = json_string_value(json_object_get(command, "op"));
    if (op && strcmp(op, "hello") == 0)
        return;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        path_confine(command, paths[i]);
    sent->supervised = sent->supervised || is_long(command, "to") || is_long(command, "from");
    bool blank = true;
    for (size_t i = 0; i < length; i++)
        blank = blank && (line[i] == ' ' || line[i] == '\t' || line[i] == '\r');
    char *text = command ? json_dumps(command, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    if (text)
        (void)fprintf(sent->lines, "%s\n", text);
    else
        (void)fprintf(sent->lines, "%.*s\n", (int)length, line);
    free(text);
    sent->over = sent->over || (op && strcmp(op, "quit") == 0);
    bool silent = blank || sent->over || (op && strcmp(op, "stop") == 0);
    sent->asking += !silent;
}

static void lines_send(struct sent *sent, const uint8_t *bytes, size_t length)
{
    const uint8_t *end = bytes + length;
    for (int i = 0; i < LINES_MAX && bytes < end; i++) {
        const uint8_t *line_end = input_find(bytes, end, "\n");
        size_t line_length = strnlen((const char *)bytes, (size_t)(line_end - bytes));
        json_t *command =
            json_loadb((const char *)bytes, line_length, JSON_REJECT_DUPLICATES, NULL);
        command_send(sent, command, (const char *)bytes, line_length);
        json_decref(command);
        bytes = line_end < end ? line_end + 1 : end;
    }
}

static bool is_one_of(const char *text, const char *const *allowed)
{
    for (; text && *allowed; allowed++)
        if (strcmp(text, *allowed) == 0)
            return true;
    return false;
}

/* Returns whether this answer ends what was asked for. */
static bool answer_check(const char *line)
{
    static const char *const ops[] = {"ready", "report", "done", "tested", NULL};
    static const char *const statuses[] = {"ok", "stopped", "diverged", "failed", NULL};
    json_t *answer = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    const char *op = json_string_value(json_object_get(answer, "op"));
    const char *status = json_string_value(json_object_get(answer, "status"));
    if (!is_one_of(op, ops))
        input_fail("an answer is none of the protocol");
    bool ends = strcmp(op, "done") == 0 || strcmp(op, "tested") == 0;
    if (ends && !is_one_of(status, statuses))
        input_fail("something ends in no known way");
    if (ends && strcmp(status, "failed") == 0 &&
        !json_string_length(json_object_get(answer, "message")))
        input_fail("something fails without a reason");
    json_decref(answer);
    return ends;
}

static size_t answers_check(const char *path)
{
    size_t room = 0, ended = 0;
    char *line = NULL;
    FILE *stream = fopen(path, "r");
    if (!stream)
        input_fail("cannot read the answers");
    while (getline(&line, &room, stream) > 0)
        ended += answer_check(line);
    (void)fclose(stream);
    free(line);
    return ended;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    char sent_path[INPUT_PATH_BYTES], answers_path[INPUT_PATH_BYTES];
    openblas_set_num_threads(1);
    input_clear();
    input_path("sent", sent_path);
    input_path("answers", answers_path);
    struct sent sent = {.lines = fopen(sent_path, "w")};
    if (!sent.lines)
        input_fail("cannot write the commands");
    (void)fputs(hello, sent.lines);
    lines_send(&sent, bytes, length);
    (void)fclose(sent.lines);
    const struct session_options options = {
        .input = open(sent_path, O_RDONLY | O_CLOEXEC),
        .output = open(answers_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600),
        .supervised = sent.supervised,
        .blas = "any"};
    if (options.input < 0 || options.output < 0 || session_run(&options) != 0)
        input_fail("a session that had its hello does not end well");
    (void)close(options.input);
    (void)close(options.output);
    if (answers_check(answers_path) != sent.asking && !sent.supervised)
        input_fail("something was asked and not answered, or answered twice");
    return 0;
}
