/* test_messages.c - what ranks send to each other, and lines from trainers that may be anyone's. */
#include "common/child.h"
#include "common/line_reader.h"
#include "common/message.h"
#include "worker/trainer_line.h"

#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void a_message_carries_its_text(void **state)
{
    (void)state;
    struct message message;
    struct error error;
    char text[MESSAGE_TEXT_MAX_BYTES + 1];
    message_begin(&message, MESSAGE_LOST);
    message_set_text(&message, "killed by signal 9");
    message_text(&message, text);
    assert_string_equal(text, "killed by signal 9");
    assert_true(message_check(&message, MESSAGE_FIXED_BYTES + message.text_bytes, &error));
    message_set_text(&message, NULL);
    assert_int_equal(message.text_bytes, 0);
}

static void a_long_text_is_cut_at_a_whole_character(void **state)
{
    (void)state;
    struct message message;
    char longer[MESSAGE_TEXT_MAX_BYTES + 64], text[MESSAGE_TEXT_MAX_BYTES + 1];
    /* "é" is two bytes: one of the two offsets cuts it in the middle. */
    for (size_t offset = 0; offset < 2; offset++) {
        memset(longer, 'x', sizeof longer);
        for (size_t i = offset; i + 1 < sizeof longer - 1; i += 2)
            memcpy(longer + i, "\xc3\xa9", 2);
        longer[sizeof longer - 1] = '\0';
        message_begin(&message, MESSAGE_LOST);
        message_set_text(&message, longer);
        message_text(&message, text);
        size_t length = strlen(text);
        assert_true(length >= MESSAGE_TEXT_MAX_BYTES - 1);
        assert_int_equal((unsigned char)text[length - 1], 0xa9);
    }
}

static void messages_that_cannot_be_used_are_refused(void **state)
{
    (void)state;
    static const struct {
        uint16_t version, kind;
        uint32_t text_bytes;
        size_t bytes;
        const char *reason;
    } cases[] = {
        {MESSAGE_VERSION, MESSAGE_DONE, 0, MESSAGE_FIXED_BYTES - 1, "shorter"},
        {MESSAGE_VERSION, MESSAGE_DONE, 0, 0, "shorter"},
        {MESSAGE_VERSION + 1, MESSAGE_DONE, 0, MESSAGE_FIXED_BYTES, "mixes builds"},
        {MESSAGE_VERSION, 0, 0, MESSAGE_FIXED_BYTES, "unknown kind"},
        {MESSAGE_VERSION, MESSAGE_LAST + 1, 0, MESSAGE_FIXED_BYTES, "unknown kind"},
        {MESSAGE_VERSION, MESSAGE_DONE, 5, MESSAGE_FIXED_BYTES, "claims 5"},
        {MESSAGE_VERSION, MESSAGE_DONE, 4294967295U, MESSAGE_FIXED_BYTES + 7, "claims 4294967295"},
        {MESSAGE_VERSION, MESSAGE_DONE, MESSAGE_TEXT_MAX_BYTES + 1,
         MESSAGE_FIXED_BYTES + MESSAGE_TEXT_MAX_BYTES + 1, "claims 673"},
        {MESSAGE_VERSION, MESSAGE_CHUNK, MESSAGE_CHUNK_MAX_BYTES + 1,
         MESSAGE_FIXED_BYTES + MESSAGE_CHUNK_MAX_BYTES + 1, "claims 32769"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct message message;
        struct error error;
        message_begin(&message, MESSAGE_DONE);
        message.version = cases[i].version;
        message.kind = cases[i].kind;
        message.text_bytes = cases[i].text_bytes;
        assert_false(message_check(&message, cases[i].bytes, &error));
        assert_non_null(strstr(error.text, cases[i].reason));
    }
}

static bool parse(const char *text, struct trainer_line *line, struct error *error)
{
    return trainer_line_parse(text, strlen(text), line, error);
}

static void every_line_of_the_protocol_is_understood(void **state)
{
    (void)state;
    struct trainer_line line;
    struct error error;
    assert_true(parse("{\"op\":\"ready\",\"version\":1,\"trainer\":\"t\",\"train_samples\":50000}",
                      &line, &error));
    assert_int_equal(line.kind, LINE_READY);
    assert_int_equal(line.body.ready.train_samples, 50000);
    assert_true(parse("{\"op\":\"refused\",\"at\":\"data.path\",\"message\":\"is not there\"}",
                      &line, &error));
    assert_string_equal(line.text, "data.path: is not there");
    assert_true(
        parse("{\"op\":\"report\",\"trial\":17,\"step\":100,\"train_loss\":0.61,\"val_loss\":"
              "0.58,\"val_accuracy\":0.8,\"lr\":0.03,\"new_field\":[1]}",
              &line, &error));
    assert_int_equal(line.kind, LINE_REPORT);
    assert_int_equal(line.trial, 17);
    assert_int_equal(line.body.report.step, 100);
    assert_true(line.body.report.train_loss == 0.61 && line.body.report.val_loss == 0.58);
    assert_int_equal(line.body.report.validated, 1);
    assert_true(isnan(line.body.report.grad_norm));
    assert_true(
        parse("{\"op\":\"report\",\"trial\":1,\"step\":3,\"train_loss\":null,\"val_loss\":null}",
              &line, &error));
    assert_true(isnan(line.body.report.train_loss));
    assert_int_equal(line.body.report.validated, 0);
    assert_true(
        parse("{\"op\":\"done\",\"trial\":2,\"step\":20,\"status\":\"diverged\",\"verdict\":"
              "\"collapsed\",\"message\":\"dead\"}",
              &line, &error));
    assert_int_equal(line.body.done.status, DONE_DIVERGED);
    assert_int_equal(line.body.done.verdict, VERDICT_COLLAPSED);
    assert_string_equal(line.text, "dead");
    assert_true(parse("{\"op\":\"done\",\"trial\":2,\"status\":\"failed\"}", &line, &error));
    assert_true(parse("{\"op\":\"tested\",\"trial\":2,\"status\":\"ok\",\"test_loss\":0.3,"
                      "\"test_accuracy\":null}",
                      &line, &error));
    assert_int_equal(line.body.tested.ok, 1);
    assert_true(line.body.tested.loss == 0.3 && isnan(line.body.tested.accuracy));
}

static void lines_that_are_not_of_the_protocol_are_refused_with_a_reason(void **state)
{
    (void)state;
    static const struct {
        const char *line, *reason;
    } cases[] = {
        {"", "not JSON"},
        {"Epoch 1: loss 0.3", "not JSON"},
        {"{\"op\":\"report\"", "not JSON"},
        {"[1,2]", "not a JSON object"},
        {"{\"trial\":1}", "\"op\" is missing"},
        {"{\"op\":\"sing\"}", "\"op\" is missing or unknown"},
        {"{\"op\":7}", "\"op\" is missing"},
        {"{\"op\":\"ready\"}", "\"version\""},
        {"{\"op\":\"ready\",\"version\":2}", "\"version\""},
        {"{\"op\":\"ready\",\"version\":1,\"train_samples\":-1}", "\"train_samples\""},
        {"{\"op\":\"report\",\"trial\":1,\"step\":1}", "train_loss"},
        {"{\"op\":\"report\",\"step\":1,\"train_loss\":1}", "\"trial\""},
        {"{\"op\":\"report\",\"trial\":4294967296,\"step\":1,\"train_loss\":1}", "\"trial\""},
        {"{\"op\":\"report\",\"trial\":1,\"step\":-5,\"train_loss\":1}", "\"step\""},
        {"{\"op\":\"report\",\"trial\":1,\"step\":1.5,\"train_loss\":1}", "\"step\""},
        {"{\"op\":\"report\",\"trial\":1,\"step\":1,\"train_loss\":\"low\"}", "\"train_loss\""},
        {"{\"op\":\"report\",\"trial\":1,\"step\":1,\"train_loss\":NaN}", "not JSON"},
        {"{\"op\":\"done\",\"trial\":1,\"step\":1,\"status\":\"fine\"}", "\"fine\""},
        {"{\"op\":\"done\",\"trial\":1,\"step\":1,\"status\":\"\\u001b[2J\"}", "\"?[2J\""},
        {"{\"op\":\"done\",\"trial\":1,\"status\":\"ok\"}", "\"step\""},
        {"{\"op\":\"done\",\"trial\":1,\"step\":1,\"status\":\"ok\",\"message\":5}", "\"message\""},
        {"{\"op\":\"done\",\"op\":\"done\"}", "not JSON"},
        {"\x01\xff\xfe binary", "?"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct trainer_line line;
        struct error error;
        assert_false(parse(cases[i].line, &line, &error));
        if (!strstr(error.text, cases[i].reason))
            fail_msg("%s: %s", cases[i].line, error.text);
        for (const char *c = error.text; *c; c++)
            assert_true(*c >= ' ' && *c <= '~');
    }
}

static void long_texts_of_lines_are_cut_at_a_whole_character(void **state)
{
    (void)state;
    /* Two bytes each: for one of the two offsets every limit cuts one in the middle. */
    enum { CHARACTERS = 400 };
    for (int offset = 0; offset < 2; offset++) {
        char text[2 * CHARACTERS + 2] = "x", line[2 * sizeof text + 64];
        for (int i = 0; i < CHARACTERS; i++)
            memcpy(text + offset + 2 * (ptrdiff_t)i, "\xc3\xa9", 3);
        static const char *const formats[] = {
            "{\"op\":\"refused\",\"at\":\"%s\"}", "{\"op\":\"refused\",\"message\":\"%s\"}",
            "{\"op\":\"done\",\"trial\":1,\"status\":\"failed\",\"message\":\"%s\"}"};
        for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
            struct trainer_line parsed;
            struct error error;
            (void)snprintf(line, sizeof line, formats[i], text);
            assert_true(parse(line, &parsed, &error));
            size_t length = strlen(parsed.text);
            if (length >= 2 && strcmp(parsed.text + length - 2, ": ") == 0)
                length -= 2;
            assert_int_equal((unsigned char)parsed.text[length - 1], 0xa9);
        }
    }
}

static void lines_come_whole_however_they_are_cut(void **state)
{
    (void)state;
    static const char text[] = "one\n\ntwo two\nthree\nunfinished";
    for (size_t piece = 1; piece < sizeof text; piece++) {
        static const char *const expected[] = {"one", "", "two two", "three"};
        struct line_reader reader;
        int pipe_ends[2];
        char *line;
        size_t length, found = 0, sent = 0;
        line_reader_create(&reader, 64);
        assert_int_equal(pipe(pipe_ends), 0);
        assert_int_equal(fcntl(pipe_ends[0], F_SETFL, O_NONBLOCK), 0);
        while (sent < sizeof text - 1) {
            size_t bytes = sizeof text - 1 - sent < piece ? sizeof text - 1 - sent : piece;
            assert_int_equal(write(pipe_ends[1], text + sent, bytes), bytes);
            sent += bytes;
            while (line_reader_next(&reader, pipe_ends[0], &line, &length) == LINE_READ) {
                assert_true(found < 4);
                assert_string_equal(line, expected[found]);
                assert_int_equal(length, strlen(expected[found]));
                found++;
            }
        }
        assert_int_equal(found, 4);
        assert_int_equal(line_reader_next(&reader, pipe_ends[0], &line, &length), LINE_NONE);
        close(pipe_ends[1]);
        assert_int_equal(line_reader_next(&reader, pipe_ends[0], &line, &length), LINE_END);
        close(pipe_ends[0]);
        line_reader_destroy(&reader);
    }
}

static void a_line_beyond_the_limit_is_refused(void **state)
{
    (void)state;
    struct line_reader reader;
    int pipe_ends[2];
    char *line, bytes[100];
    size_t length;
    memset(bytes, 'x', sizeof bytes);
    bytes[63] = '\n'; /* 64 bytes with its newline: just fits */
    line_reader_create(&reader, 64);
    assert_int_equal(pipe(pipe_ends), 0);
    assert_int_equal(fcntl(pipe_ends[0], F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(write(pipe_ends[1], bytes, 64), 64);
    assert_int_equal(line_reader_next(&reader, pipe_ends[0], &line, &length), LINE_READ);
    assert_int_equal(length, 63);
    bytes[63] = 'x';
    assert_int_equal(write(pipe_ends[1], bytes, 65), 65);
    assert_int_equal(line_reader_next(&reader, pipe_ends[0], &line, &length), LINE_TOO_LONG);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    line_reader_destroy(&reader);
}

/* Of its output, as a rank waits for it. */
static void wait_for_end(struct child *child)
{
    struct pollfd news[2] = {{.fd = child->output, .events = POLLIN}};
    char byte;
    do {
        news[1] = (struct pollfd){.fd = child->errors, .events = POLLIN};
        assert_true(poll(news, 2, 10000) > 0);
        child_listen(child);
    } while (read(child->output, &byte, 1) != 0);
}

static void a_child_tells_how_it_ended(void **state)
{
    (void)state;
    static const struct {
        const char *script, *how;
    } cases[] = {{"exit 3", "ended with exit status 3"},
                 {"kill -SEGV $$", "was killed by signal 11 (Segmentation fault)"},
                 {"exec >&-; exec sleep 30", "closed its output without ending"},
                 {"echo 'out of luck' >&2; exit 1",
                  "ended with exit status 1; on its standard error: out of luck"},
                 {"for i in 1 2 3 4 5 6 7; do echo \"line $i\"; done >&2; exit 1",
                  "ended with exit status 1; on its standard error: "
                  "line 3 | line 4 | line 5 | line 6 | line 7"},
                 {"head -c 200000 /dev/zero | tr '\\0' x >&2; printf '\\n\\nthe end\\n\\n' >&2",
                  "ended with exit status 0; on its standard error:  | the end"},
                 {"printf 'a\\377\\033[31mb' >&2",
                  "ended with exit status 0; on its standard error: "
                  "a??[31mb"},
                 {"printf 'na\\303\\257ve' >&2", "ended with exit status 0; on its standard error: "
                                                 "na\303\257ve"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *const arguments[] = {"/bin/sh", "-c", cases[i].script, NULL};
        const char *const environment[] = {NULL};
        struct child child;
        struct error error;
        char how[CHILD_HOW_BYTES];
        int aside = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY);
        dup2(nowhere, STDERR_FILENO); /* where they are passed on to */
        assert_true(
            child_start(&child, &(struct child_plan){arguments, environment, NULL, false}, &error));
        wait_for_end(&child);
        child_reap(&child, how, sizeof how);
        dup2(aside, STDERR_FILENO);
        close(aside);
        close(nowhere);
        assert_string_equal(how, cases[i].how);
        assert_int_equal(child.pid, 0);
    }
}

/* What a child prints that echoes a variable and counts its descriptors. */
static void ask_child(char *text, size_t bytes)
{
    const char *const arguments[] = {"/bin/sh", "-c", "echo $COLOUR; ls /proc/self/fd | wc -l",
                                     NULL};
    const char *const environment[] = {"COLOUR=blue", NULL};
    struct child child;
    struct error error;
    size_t used = 0;
    ssize_t got;
    assert_true(
        child_start(&child, &(struct child_plan){arguments, environment, NULL, false}, &error));
    assert_int_equal(fcntl(child.output, F_SETFL, 0), 0);
    while ((got = read(child.output, text + used, bytes - 1 - used)) > 0)
        used += (size_t)got;
    text[used] = '\0';
    child_finish(&child, 2);
}

static void a_child_gets_its_environment_and_none_of_its_siblings_pipes(void **state)
{
    (void)state;
    const char *const arguments[] = {"/bin/cat", NULL};
    const char *const environment[] = {NULL};
    struct child sibling;
    struct error error;
    char alone[64], beside[64];
    ask_child(alone, sizeof alone);
    assert_true(strncmp(alone, "blue\n", 5) == 0);
    assert_true(
        child_start(&sibling, &(struct child_plan){arguments, environment, NULL, false}, &error));
    ask_child(beside, sizeof beside);
    child_finish(&sibling, 2);
    assert_string_equal(alone, beside);
}

static void a_child_that_closed_its_output_is_not_waited_for_without_end(void **state)
{
    (void)state;
    const char *const arguments[] = {"/bin/sh", "-c", "exec >&-; exec sleep 100", NULL};
    const char *const environment[] = {NULL};
    struct child child;
    struct error error;
    assert_true(
        child_start(&child, &(struct child_plan){arguments, environment, NULL, false}, &error));
    (void)alarm(50); /* half of the time that it sleeps */
    child_finish(&child, 0.2);
    (void)alarm(0);
    assert_int_equal(child.pid, 0);
}

static void what_a_broken_child_started_ends_with_it(void **state)
{
    (void)state;
    const char *const arguments[] = {"/bin/sh", "-c", "sleep 100 >&- & exit 1", NULL};
    const char *const environment[] = {NULL};
    struct child child;
    struct error error;
    char how[CHILD_HOW_BYTES], byte;
    assert_true(
        child_start(&child, &(struct child_plan){arguments, environment, NULL, false}, &error));
    struct pollfd held = {.fd = dup(child.errors), .events = POLLIN}; /* by what it started, too */
    wait_for_end(&child);
    child_reap(&child, how, sizeof how);
    assert_string_equal(how, "ended with exit status 1");
    assert_int_equal(poll(&held, 1, 50000), 1);
    assert_int_equal(read(held.fd, &byte, 1), 0);
    close(held.fd);
}

static void a_program_that_is_not_there_is_an_error(void **state)
{
    (void)state;
    const char *const arguments[] = {"/nowhere/at/all", NULL};
    const char *const environment[] = {NULL};
    struct child child;
    struct error error;
    assert_false(
        child_start(&child, &(struct child_plan){arguments, environment, NULL, false}, &error));
    assert_non_null(strstr(error.text, "/nowhere/at/all"));
    assert_int_equal(child.pid, 0);
    child_kill(&child);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_carries_its_text),
        cmocka_unit_test(a_long_text_is_cut_at_a_whole_character),
        cmocka_unit_test(messages_that_cannot_be_used_are_refused),
        cmocka_unit_test(every_line_of_the_protocol_is_understood),
        cmocka_unit_test(lines_that_are_not_of_the_protocol_are_refused_with_a_reason),
        cmocka_unit_test(long_texts_of_lines_are_cut_at_a_whole_character),
        cmocka_unit_test(lines_come_whole_however_they_are_cut),
        cmocka_unit_test(a_line_beyond_the_limit_is_refused),
        cmocka_unit_test(a_child_tells_how_it_ended),
        cmocka_unit_test(a_child_gets_its_environment_and_none_of_its_siblings_pipes),
        cmocka_unit_test(a_child_that_closed_its_output_is_not_waited_for_without_end),
        cmocka_unit_test(what_a_broken_child_started_ends_with_it),
        cmocka_unit_test(a_program_that_is_not_there_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
