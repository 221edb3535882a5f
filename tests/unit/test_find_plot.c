/* test_find_plot.c - the plot of a range test fits every width and every curve. */
#include "coordinator/find/find_plot.h"
#include "coordinator/view/figures.h"

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
    const struct find_plot plot = {
        .lr = lr,
        .loss = loss,
        .count = STEPS,
        .top = 3,
        .marks = {{1e-3, "["}, {1e-1, "^"}, {NAN, "]"}},
        .width = width,
        .blocks = blocks,
    };
    find_plot_print(stream, &plot);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_line_is_wider_than_the_terminal),
        cmocka_unit_test(bars_follow_the_curve_and_marks_stand_below_their_rates),
        cmocka_unit_test(a_curve_without_a_shape_is_not_drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
