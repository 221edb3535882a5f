/* test_progress.c - the moving block on a terminal, plain lines elsewhere. */
#include "coordinator/view/figures.h"
#include "coordinator/view/progress.h"
#include "coordinator/view/text_table.h"

#include <fcntl.h>
#include <locale.h>
#include <math.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define OUTPUT_BYTES 16384

static const struct progress_numbers numbers = {
    .rung = 1,
    .rungs = 3,
    .rung_budget = 3,
    .unit = "epochs",
    .rung_done = 5,
    .rung_total = 10,
    .states = {[TRIAL_WAITING] = 2,
               [TRIAL_RUNNING] = 2,
               [TRIAL_PAUSED] = 5,
               [TRIAL_STOPPED] = 11,
               [TRIAL_DIVERGED] = 6},
    .trainers = 2,
    .busy = 2,
    .has_best = true,
    .best_trial = 17,
    .best_value = 0.3421,
    .best_lr = 0.08312,
    .best_schedule = "cosine",
    .metric = "val_loss",
    .epochs_per_s = 12.43,
    .elapsed_s = 42,
    .remaining_s = 81,
};

/* A pair of a terminal and the end that a terminal emulator would hold. */
struct terminal {
    int emulator;
    FILE *stream;
    struct progress *progress;
    char output[OUTPUT_BYTES];
};

static void resize(struct terminal *terminal, unsigned short columns, unsigned short rows)
{
    const struct winsize size = {.ws_col = columns, .ws_row = rows};
    assert_int_equal(ioctl(terminal->emulator, TIOCSWINSZ, &size), 0);
}

static struct terminal *terminal_open(unsigned short columns, unsigned short rows, const char *term,
                                      const char *no_color, const char *locale)
{
    struct terminal *terminal = calloc(1, sizeof *terminal);
    struct termios settings;
    int slave;
    assert_non_null(terminal);
    assert_int_equal(openpty(&terminal->emulator, &slave, NULL, NULL, NULL), 0);
    /* A newline arrives as it is written. */
    assert_int_equal(tcgetattr(slave, &settings), 0);
    settings.c_oflag &= ~(tcflag_t)OPOST;
    assert_int_equal(tcsetattr(slave, TCSANOW, &settings), 0);
    assert_int_equal(fcntl(terminal->emulator, F_SETFL, O_NONBLOCK), 0);
    resize(terminal, columns, rows);
    terminal->stream = fdopen(slave, "w");
    assert_non_null(terminal->stream);
    assert_int_equal(setenv("TERM", term, 1), 0);
    if (no_color)
        assert_int_equal(setenv("NO_COLOR", no_color, 1), 0);
    else
        assert_int_equal(unsetenv("NO_COLOR"), 0);
    assert_non_null(setlocale(LC_ALL, locale));
    terminal->progress = progress_create(terminal->stream, false);
    assert_non_null(terminal->progress);
    return terminal;
}

/* What was written since the last call. */
static const char *written(struct terminal *terminal)
{
    size_t used = 0;
    ssize_t got;
    (void)fflush(terminal->stream);
    while ((got = read(terminal->emulator, terminal->output + used, OUTPUT_BYTES - 1 - used)) > 0)
        used += (size_t)got;
    terminal->output[used] = '\0';
    return terminal->output;
}

static void terminal_close(struct terminal *terminal)
{
    progress_destroy(terminal->progress);
    (void)fclose(terminal->stream);
    close(terminal->emulator);
    free(terminal);
}

/* --- the block ----------------------------------------------------------------------------------
 */

#define FULL5 "\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88"
#define REST5 "\xe2\x96\x91\xe2\x96\x91\xe2\x96\x91\xe2\x96\x91\xe2\x96\x91"
#define FULL3 "\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88"
#define REST4 "\xe2\x96\x91\xe2\x96\x91\xe2\x96\x91\xe2\x96\x91"

#define BLOCK_80                                                                                   \
    "\033[1mrung 2 of 3\033[0m  3 epochs  \033[32m" FULL5 FULL5 FULL5 REST5 REST5 REST5            \
    "\033[0m  5 of 10\033[2m  2 of 2 trainers\033[0m\033[K\n"                                      \
    "2 running\033[31m  6 diverged\033[0m  11 stopped  5 paused  2 waiting\033[K\n"                \
    "\033[1mbest val_loss 0.3421\033[0m  lr 0.08312  cosine\033[2m  trial 17\033[0m\033[K\n"       \
    "0:42  about 1:21 left  12.4 epochs/s\033[K\n\033[J"

#define BLOCK_40                                                                                   \
    "\033[1mrung 2 of 3\033[0m  3 epochs  \033[32m" FULL3 REST4 "\033[0m  5 of 10\033[K\n"         \
    "2 running\033[31m  6 diverged\033[0m  11 stopped\033[K\n"                                     \
    "\033[1mbest val_loss 0.3421\033[0m  lr 0.08312\033[K\n"                                       \
    "0:42  about 1:21 left  12.4 epochs/s\033[K\n\033[J"

#define BLOCK_ASCII_80                                                                             \
    "rung 2 of 3  3 epochs  ###############---------------  5 of 10  2 of 2 trainers\033[K\n"      \
    "2 running  6 diverged  11 stopped  5 paused  2 waiting\033[K\n"                               \
    "best val_loss 0.3421  lr 0.08312  cosine  trial 17\033[K\n"                                   \
    "0:42  about 1:21 left  12.4 epochs/s\033[K\n\033[J"

static void the_block_is_redrawn_in_place(void **state)
{
    (void)state;
    struct terminal *terminal = terminal_open(80, 24, "xterm", NULL, "C.UTF-8");
    progress_update(terminal->progress, &numbers, 100, false);
    assert_string_equal(written(terminal), "\r" BLOCK_80);
    progress_update(terminal->progress, &numbers, 100.2, false);
    assert_string_equal(written(terminal), "\r\033[4A" BLOCK_80);
    terminal_close(terminal);
}

static void the_block_fits_forty_columns(void **state)
{
    (void)state;
    struct terminal *terminal = terminal_open(40, 24, "xterm", NULL, "C.UTF-8");
    progress_update(terminal->progress, &numbers, 100, false);
    assert_string_equal(written(terminal), "\r" BLOCK_40);
    terminal_close(terminal);
}

static void colour_and_block_characters_can_be_done_without(void **state)
{
    (void)state;
    struct terminal *terminal = terminal_open(80, 24, "xterm", "1", "C");
    progress_update(terminal->progress, &numbers, 100, false);
    assert_string_equal(written(terminal), "\r" BLOCK_ASCII_80);
    terminal_close(terminal);
    terminal = terminal_open(80, 24, "xterm", "", "C.UTF-8"); /* set but empty: colour */
    progress_update(terminal->progress, &numbers, 100, false);
    assert_string_equal(written(terminal), "\r" BLOCK_80);
    terminal_close(terminal);
}

static void it_is_drawn_ten_times_a_second_at_most(void **state)
{
    (void)state;
    struct terminal *terminal = terminal_open(80, 24, "xterm", "1", "C");
    int drawn = 0;
    for (int i = 0; i < 1000; i++) {
        progress_update(terminal->progress, &numbers, 100 + i * 0.001, false);
        drawn += written(terminal)[0] != '\0';
    }
    assert_in_range(drawn, 9, 10);
    progress_update(terminal->progress, &numbers, 101, true);
    assert_string_equal(written(terminal), "\r\033[4A" BLOCK_ASCII_80);
    progress_update(terminal->progress, &numbers, 101.001, true);
    assert_string_equal(written(terminal), "\r\033[4A" BLOCK_ASCII_80);
    terminal_close(terminal);
}

static void a_message_stands_above_the_block(void **state)
{
    (void)state;
    struct terminal *terminal = terminal_open(80, 24, "xterm", "1", "C");
    progress_message(terminal->progress, "before the first block");
    assert_string_equal(written(terminal), "\r\033[Jbefore the first block\n\033[J");
    progress_update(terminal->progress, &numbers, 100, false);
    (void)written(terminal);
    progress_message(terminal->progress, "worker 3 was lost\033[2J: its trials\nare tried again");
    assert_string_equal(written(terminal), "\r\033[4A\033[Jworker 3 was lost [2J: its trials\n"
                                           "are tried again\n" BLOCK_ASCII_80);
    progress_finish(terminal->progress);
    progress_message(terminal->progress, "after it");
    assert_string_equal(written(terminal), "\r\033[Jafter it\n\033[J");
    terminal_close(terminal);
}

static void a_narrower_terminal_has_broken_the_lines(void **state)
{
    (void)state;
    struct terminal *terminal = terminal_open(80, 24, "xterm", NULL, "C.UTF-8");
    progress_update(terminal->progress, &numbers, 100, false);
    (void)written(terminal);
    /* Lines of 79, 54, 50 and 36 columns take 2, 2, 2 and 1 rows of 40. */
    resize(terminal, 40, 24);
    progress_update(terminal->progress, &numbers, 101, false);
    assert_string_equal(written(terminal), "\r\033[7A" BLOCK_40);
    resize(terminal, 80, 24);
    progress_update(terminal->progress, &numbers, 102, false);
    assert_string_equal(written(terminal), "\r\033[4A" BLOCK_80);
    terminal_close(terminal);
}

/* Removes the escape sequences that the block uses. */
static void strip(char *text)
{
    char *to = text;
    for (const char *from = text; *from; from++) {
        if (*from == '\033')
            while (*from && !strchr("mKJA", *from))
                from++;
        else if (*from != '\r')
            *to++ = *from;
    }
    *to = '\0';
}

static void no_line_ever_reaches_the_last_column(void **state)
{
    (void)state;
    struct progress_numbers wide = numbers;
    wide.rung_done = wide.rung_total = 4000000000u;
    wide.best_schedule = "a schedule of quite a long name that somebody\033[31m made up";
    wide.rung_budget = 1234567;
    wide.remaining_s = NAN;
    struct terminal *terminal = terminal_open(80, 24, "xterm", NULL, "C.UTF-8");
    for (unsigned short columns = 1; columns < 200; columns++) {
        resize(terminal, columns, 24);
        progress_update(terminal->progress, &wide, columns, true);
        char *rest = NULL;
        strip((char *)written(terminal));
        for (char *line = strtok_r(terminal->output, "\n", &rest); line;
             line = strtok_r(NULL, "\n", &rest))
            assert_true(figure_columns(line) < columns);
    }
    terminal_close(terminal);
}

static void a_terminal_of_three_rows_keeps_one_for_the_cursor(void **state)
{
    (void)state;
    struct terminal *terminal = terminal_open(80, 3, "xterm", NULL, "C.UTF-8");
    for (int i = 0; i < 2; i++) {
        progress_update(terminal->progress, &numbers, 100 + i, false);
        const char *text = written(terminal);
        size_t lines = 0;
        for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
            lines++;
        assert_int_equal(lines, 2);
        assert_memory_equal(text, i == 0 ? "\r\033[1m" : "\r\033[2A", 5);
    }
    terminal_close(terminal);
}

/* --- elsewhere ----------------------------------------------------------------------------------
 */

#define PLAIN_LINE                                                                                 \
    "[0:42] rung 2 of 3 (3 epochs): 5 of 10 through, 2 running, 6 diverged; best val_loss 0.3421 " \
    "(lr 0.08312, cosine, trial 17); 12.4 epochs/s; about 1:21 left\n"

static void a_dumb_terminal_gets_plain_lines(void **state)
{
    (void)state;
    struct terminal *terminal = terminal_open(80, 24, "dumb", NULL, "C.UTF-8");
    progress_update(terminal->progress, &numbers, 100, false);
    assert_string_equal(written(terminal), PLAIN_LINE);
    terminal_close(terminal);
}

static void colour_is_for_terminals_whose_user_wants_it(void **state)
{
    (void)state;
    static const struct {
        const char *term, *no_color;
        bool colour;
    } cases[] = {{"xterm", NULL, true},
                 {"xterm", "", true},
                 {"xterm", "1", false},
                 {"dumb", NULL, false},
                 {"", NULL, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct terminal *terminal =
            terminal_open(80, 24, cases[i].term, cases[i].no_color, "C.UTF-8");
        assert_int_equal(text_style_colour(terminal->stream), cases[i].colour);
        terminal_close(terminal);
    }
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(setenv("TERM", "xterm", 1), 0);
    assert_false(text_style_colour(file));
    assert_int_equal(fclose(file), 0);
}

static void a_pipe_gets_a_plain_line_every_ten_seconds(void **state)
{
    (void)state;
    char text[OUTPUT_BYTES];
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    FILE *stream = fdopen(ends[1], "w");
    struct progress *progress = progress_create(stream, false);
    struct progress_numbers little = numbers;
    little.has_best = false;
    little.epochs_per_s = little.remaining_s = NAN;
    little.states[TRIAL_FAILED] = 1;
    progress_update(progress, &numbers, 100, false);
    for (int i = 1; i < 10; i++)
        progress_update(progress, &numbers, 100 + i, false);
    progress_update(progress, &little, 110, false);
    progress_update(progress, &numbers, 111, true);
    progress_message(progress, "worker 3 was lost");
    progress_finish(progress);
    progress_destroy(progress);
    (void)fclose(stream);
    ssize_t length = read(ends[0], text, sizeof text - 1);
    assert_true(length > 0);
    text[length] = '\0';
    close(ends[0]);
    assert_string_equal(text,
                        PLAIN_LINE "[0:42] rung 2 of 3 (3 epochs): 5 of 10 through, 2 running, "
                                   "6 diverged, 1 failed\n" PLAIN_LINE "worker 3 was lost\n");
}

static void a_pipe_that_nobody_reads_does_not_stop_the_search(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    FILE *stream = fdopen(ends[1], "w");
    struct progress *progress = progress_create(stream, false);
    /* A blocked write would end this test by its alarm. */
    (void)alarm(20);
    for (int i = 0; i < 10000; i++)
        progress_update(progress, &numbers, i, true);
    (void)alarm(0);
    close(ends[0]);
    /* And one whose reader is gone is no error. */
    void (*handler)(int) = signal(SIGPIPE, SIG_IGN);
    progress_update(progress, &numbers, 20000, true);
    progress_message(progress, "nobody hears this");
    progress_destroy(progress);
    (void)fclose(stream);
    (void)signal(SIGPIPE, handler);
}

static void quiet_is_quiet(void **state)
{
    (void)state;
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    struct progress *progress = progress_create(stream, true);
    progress_update(progress, &numbers, 100, true);
    progress_message(progress, "hello");
    progress_finish(progress);
    progress_destroy(progress);
    (void)fclose(stream);
    assert_int_equal(length, 0);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_block_is_redrawn_in_place),
        cmocka_unit_test(the_block_fits_forty_columns),
        cmocka_unit_test(colour_and_block_characters_can_be_done_without),
        cmocka_unit_test(it_is_drawn_ten_times_a_second_at_most),
        cmocka_unit_test(a_message_stands_above_the_block),
        cmocka_unit_test(a_narrower_terminal_has_broken_the_lines),
        cmocka_unit_test(no_line_ever_reaches_the_last_column),
        cmocka_unit_test(a_terminal_of_three_rows_keeps_one_for_the_cursor),
        cmocka_unit_test(a_dumb_terminal_gets_plain_lines),
        cmocka_unit_test(colour_is_for_terminals_whose_user_wants_it),
        cmocka_unit_test(a_pipe_gets_a_plain_line_every_ten_seconds),
        cmocka_unit_test(a_pipe_that_nobody_reads_does_not_stop_the_search),
        cmocka_unit_test(quiet_is_quiet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
