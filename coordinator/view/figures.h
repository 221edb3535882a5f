/* figures.h - numbers, times and foreign texts as a person reads them. */
#ifndef LRSWEEP_COORDINATOR_VIEW_FIGURES_H
#define LRSWEEP_COORDINATOR_VIEW_FIGURES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Returned by value, so that it can stand in an argument list: figure_rate(lr).text. */
struct figure {
    char text[40];
};

/* Four significant digits, zeros kept, so that columns line up: "0.3010"; "-" for NaN. */
struct figure figure_metric(double value);

/* Three or four significant digits, no zeros at the end: "0.31", "1.5e-05"; "-" for NaN. */
struct figure figure_rate(double value);

/* The shortest form that reads back as the same number, with a point in its mantissa: "0.9",
 * "10.0", "1.0e-5". `value` is finite. */
struct figure figure_exact(double value);

/* "7,029". */
struct figure figure_count(uint64_t value);

/* "0:42", "1:02:03", "3 d 02:10"; "?" where the time is not known. */
struct figure figure_duration(double seconds);

/* A budget in search.unit: "1 epoch", "9 epochs", "500 steps". */
struct figure figure_budget(double budget, const char *unit);

/* JSON has no NaN: null for what is not known. A new reference. */
json_t *figure_json(double value);

/* A text of the study, null where it is not UTF-8: a study may come from elsewhere. */
json_t *figure_text_json(const char *text);

/* Copies a text that may come from anywhere: control characters, which a terminal would obey, and
 * what is not UTF-8 become spaces; cut at a whole UTF-8 character. Newlines are kept if `lines`. */
void figure_clean(char *text, size_t text_bytes, const char *from, bool lines);

/* The same of a text of any length; null when memory runs out. A new reference. */
json_t *figure_clean_json(const char *text, bool lines);

/* Columns that a UTF-8 text takes (every character counted as one). */
size_t figure_columns(const char *text);

#endif
