/* test_commands.c - the queue of lines that a trainer is sent. */
#include "worker/trainer/commands.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { LIMIT = 64 };

static void say(int pipe_end, const char *text)
{
    assert_int_equal(write(pipe_end, text, strlen(text)), strlen(text));
}

static void next_is(struct commands *commands, const char *expected)
{
    char *line = NULL;
    assert_int_equal(commands_next(commands, &line), COMMAND_LINE);
    assert_string_equal(line, expected);
    free(line);
}

static bool is_stop(void *context, const char *line)
{
    ++*(int *)context;
    return strcmp(line, "stop") == 0;
}

static void lines_come_whole_and_in_order(void **state)
{
    (void)state;
    int ends[2];
    char *line;
    assert_int_equal(pipe(ends), 0);
    struct commands *commands = commands_create(ends[0], LIMIT);
    say(ends[1], "one\n\ntw");
    next_is(commands, "one");
    next_is(commands, "");
    say(ends[1], "o\nlast without a newline");
    close(ends[1]);
    next_is(commands, "two");
    next_is(commands, "last without a newline");
    assert_int_equal(commands_next(commands, &line), COMMAND_END);
    assert_int_equal(commands_next(commands, &line), COMMAND_END);
    commands_destroy(commands);
    close(ends[0]);
}

static void a_look_takes_what_it_wants_and_leaves_the_rest(void **state)
{
    (void)state;
    int ends[2], looked = 0;
    assert_int_equal(pipe(ends), 0);
    struct commands *commands = commands_create(ends[0], LIMIT);
    assert_false(commands_look(commands, is_stop, &looked)); /* does not wait */
    say(ends[1], "train\nsto");
    assert_false(commands_look(commands, is_stop, &looked));
    assert_int_equal(looked, 1);
    say(ends[1], "p\ntest\n");
    assert_true(commands_look(commands, is_stop, &looked));
    assert_int_equal(looked, 2); /* each line once */
    assert_false(commands_look(commands, is_stop, &looked));
    assert_int_equal(looked, 3);
    assert_false(commands_ended(commands));
    close(ends[1]);
    assert_false(commands_look(commands, is_stop, &looked));
    assert_true(commands_ended(commands));
    next_is(commands, "train");
    next_is(commands, "test");
    commands_destroy(commands);
    close(ends[0]);
}

static void the_last_of_the_queue_can_be_taken_and_more_can_follow(void **state)
{
    (void)state;
    int ends[2], looked = 0;
    assert_int_equal(pipe(ends), 0);
    struct commands *commands = commands_create(ends[0], LIMIT);
    say(ends[1], "stop\n");
    assert_true(commands_look(commands, is_stop, &looked));
    say(ends[1], "a\nstop\n");
    assert_true(commands_look(commands, is_stop, &looked));
    say(ends[1], "b\n");
    next_is(commands, "a");
    next_is(commands, "b");
    commands_destroy(commands);
    close(ends[0]);
    close(ends[1]);
}

static void a_line_that_is_too_long_is_skipped_and_told(void **state)
{
    (void)state;
    int ends[2];
    char *line = NULL, text[LIMIT * 3];
    assert_int_equal(pipe(ends), 0);
    struct commands *commands = commands_create(ends[0], LIMIT);
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    say(ends[1], text);
    say(ends[1], text);
    say(ends[1], "\nshort\n");
    text[LIMIT - 1] = '\0'; /* with its newline exactly the limit */
    say(ends[1], text);
    say(ends[1], "\n");
    assert_int_equal(commands_next(commands, &line), COMMAND_TOO_LONG);
    next_is(commands, "short");
    next_is(commands, text);
    commands_destroy(commands);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_whole_and_in_order),
        cmocka_unit_test(a_look_takes_what_it_wants_and_leaves_the_rest),
        cmocka_unit_test(the_last_of_the_queue_can_be_taken_and_more_can_follow),
        cmocka_unit_test(a_line_that_is_too_long_is_skipped_and_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
