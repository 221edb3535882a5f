/* test_plot.c - plots fit every width and every curve. */
#include "coordinator/view/figures.h"
#include "coordinator/view/plot.h"
#include "coordinator/view/terminal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { STEPS = 300, ROWS = 8 }; /* six of bars, the marks, the axis */

static double lr[STEPS], loss[STEPS];

/* Prints a curve that falls, rises and is lost; the text is to be freed. */
static char *print_plot(size_t width, bool blocks)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&text, &bytes);
    assert_non_null(stream);
    const struct plot_series bars = {.kind = PLOT_BARS, .x = lr, .y = loss, .count = STEPS};
    const struct plot_mark marks[] = {{1e-3, "["}, {1e-1, "^"}, {NAN, "]"}};
    const struct plot plot = {.series = &bars,
                              .series_count = 1,
                              .x_log = true,
                              .x_low = NAN,
                              .x_high = NAN,
                              .y_low = NAN,
                              .y_high = 3,
                              .marks = marks,
                              .mark_count = 3,
                              .width = width,
                              .rows = 6,
                              .blocks = blocks};
    plot_print(stream, &plot);
    assert_int_equal(fclose(stream), 0);
    return text;
}

static void plant(void)
{
    for (size_t i = 0; i < STEPS; i++) {
        lr[i] = 1e-7 * pow(1e8, (double)i / (STEPS - 1));
        loss[i] = i < 150 ? 2 : i < 200 ? 2 - (double)(i - 150) / 50 : 1;
        if (i > 230)
            loss[i] = 1 + (double)(i - 230);
        if (i > 280)
            loss[i] = NAN;
    }
}

static void no_line_is_wider_than_the_terminal(void **state)
{
    (void)state;
    plant();
    for (size_t width = 0; width < 300; width++) {
        char *text = print_plot(width, width % 2), *rest = NULL;
        size_t lines = 0;
        for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
            assert_true(figure_columns(line) <= width);
            lines++;
        }
        assert_int_equal(lines, width < 34 ? 0 : ROWS);
        free(text);
    }
}

static void bars_follow_the_curve_and_marks_stand_below_their_rates(void **state)
{
    (void)state;
    plant();
    char *text = print_plot(90, false), *rest = NULL;
    char *line[ROWS] = {strtok_r(text, "\n", &rest)};
    for (size_t i = 1; i < ROWS; i++)
        assert_non_null(line[i] = strtok_r(NULL, "\n", &rest));
    const char *marks = line[ROWS - 2], *axis = line[ROWS - 1];
    assert_int_equal(strchr(marks, '[') - marks, strstr(axis, "0.001") - axis);
    assert_int_equal(strchr(marks, '^') - marks, strstr(axis, "0.1") - axis);
    assert_null(strchr(marks, ']'));
    /* At the start two thirds of the height, at the trough only the lowest row, cut off above 3. */
    assert_true(line[3][12] == '|' && line[1][12] == ' ');
    size_t trough = (size_t)(strchr(marks, '^') - marks) - 2;
    assert_true(line[4][trough] == ' ' && line[5][trough] != ' ');
    assert_true(strstr(line[0], "3.000") && strstr(line[0], "|||"));
    assert_true(strcmp(line[5] + strlen(line[5]) - 3, "xxx") == 0);
    free(text);
}

static void a_curve_without_a_shape_is_not_drawn(void **state)
{
    (void)state;
    plant();
    for (size_t i = 0; i < STEPS; i++)
        loss[i] = NAN;
    char *text = print_plot(80, true);
    assert_string_equal(text, "");
    free(text);
    for (size_t i = 0; i < STEPS; i++)
        loss[i] = 2;
    text = print_plot(80, true);
    assert_string_equal(text, "");
    free(text);
}

/* The lines of a plot of one series, without its axis; to be freed with its first. */
static size_t split(char *text, char *lines[], size_t most)
{
    char *rest = NULL;
    size_t count = 0;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        assert_true(count < most);
        lines[count++] = line;
    }
    return count;
}

static char *print_series(const struct plot_series *series, size_t count, double y_high,
                          bool blocks)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&text, &bytes);
    assert_non_null(stream);
    const struct plot plot = {.series = series,
                              .series_count = count,
                              .y_log = true,
                              .x_low = NAN,
                              .x_high = NAN,
                              .y_low = NAN,
                              .y_high = y_high,
                              .width = 50,
                              .rows = 4,
                              .blocks = blocks};
    plot_print(stream, &plot);
    assert_int_equal(fclose(stream), 0);
    return text;
}

static void a_line_goes_from_corner_to_corner_and_has_gaps_where_values_are_not_finite(void **state)
{
    (void)state;
    const double x[] = {0, 10, 20, 30, 40}, y[] = {1000, 100, NAN, 1, 0.1};
    const struct plot_series line = {.kind = PLOT_LINE, .x = x, .y = y, .count = 5};
    char *lines[8], *text = print_series(&line, 1, NAN, false);
    assert_int_equal(split(text, lines, 8), 5);
    assert_true(strstr(lines[0], "1000") && strstr(lines[3], "0.1000"));
    assert_int_equal(lines[0][10], '\'');               /* the upper left corner */
    assert_int_equal(strlen(lines[3]), 50);             /* the lower right one */
    assert_int_equal(strcspn(lines[1] + 10, ".:'"), 9); /* a quarter of the way down at a quarter */
    for (size_t row = 0; row < 4; row++)
        for (size_t column = 20; column < 39 && column < strlen(lines[row]) - 10; column++)
            if (column > 10 && column < 29)
                assert_int_equal(lines[row][10 + column], ' ');
    assert_string_equal(lines[4] + 10, "0         10        20       30");
    free(text);
}

static void braille_has_a_dot_for_each_point_of_a_line(void **state)
{
    (void)state;
    /* Along the top from the left to the right: the uppermost two dots of every cell. */
    const double x[] = {0, 1}, top[] = {10, 10}, low_x[] = {1}, low[] = {1};
    const struct plot_series both[] = {
        {.kind = PLOT_LINE, .x = x, .y = top, .count = 2},
        {.kind = PLOT_POINTS, .x = low_x, .y = low, .count = 1, .sign = "o"}};
    char *lines[8], *text = print_series(both, 2, NAN, true);
    assert_int_equal(split(text, lines, 8), 5);
    assert_int_equal(strlen(lines[0]), 10 + 40 * 3);
    for (size_t column = 0; column < 40; column++)
        assert_memory_equal(lines[0] + 10 + 3 * column, "\xe2\xa0\x89",
                            3); /* U+2809, dots 1 and 4 */
    assert_int_equal(lines[3][49], 'o');
    free(text);
}

static void what_lies_above_the_top_is_drawn_at_it(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3}, y[] = {1, 1e9, 0};
    const struct plot_series points = {
        .kind = PLOT_POINTS, .x = x, .y = y, .count = 3, .sign = "*"};
    char *lines[8], *text = print_series(&points, 1, 10, false);
    assert_int_equal(split(text, lines, 8), 5);
    assert_true(strstr(lines[0], "10.00") && strchr(lines[0], '*') && strchr(lines[3], '*'));
    assert_null(strchr(lines[1], '*'));
    free(text);
}

static void negative_values_are_drawn_below_the_others(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3}, y[] = {3, 0, -3};
    const struct plot_series points = {
        .kind = PLOT_POINTS, .x = x, .y = y, .count = 3, .sign = "*"};
    char *lines[8], *text = print_series(&points, 1, NAN, false);
    assert_int_equal(split(text, lines, 8), 5);
    assert_true(strstr(lines[0], "3.000") && strstr(lines[3], "-3.000"));
    assert_true(strchr(lines[0], '*') && strchr(lines[3], '*'));
    free(text);
}

static void a_line_is_cut_by_its_columns_and_not_by_its_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        size_t columns, bytes;
    } rows[] = {{"abc", 2, 2},
                {"abc", 9, 3},
                {"\xe2\xa0\x89\xe2\xa0\x89x", 2, 6},
                {"\033[1mab\033[0mc", 2, 10},
                {"\033[31mab", 0, 5},
                {"\033[", 5, 2},
                {"", 5, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(terminal_cut(rows[i].line, rows[i].columns), rows[i].bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_line_is_wider_than_the_terminal),
        cmocka_unit_test(bars_follow_the_curve_and_marks_stand_below_their_rates),
        cmocka_unit_test(a_curve_without_a_shape_is_not_drawn),
        cmocka_unit_test(
            a_line_goes_from_corner_to_corner_and_has_gaps_where_values_are_not_finite),
        cmocka_unit_test(braille_has_a_dot_for_each_point_of_a_line),
        cmocka_unit_test(what_lies_above_the_top_is_drawn_at_it),
        cmocka_unit_test(negative_values_are_drawn_below_the_others),
        cmocka_unit_test(a_line_is_cut_by_its_columns_and_not_by_its_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
