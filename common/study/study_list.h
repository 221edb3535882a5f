/* study_list.h - candidates that the user gives in a file: search.candidates_from.
 *
 * A CSV file (csv_reader.h): a row of names, and a row for each candidate. A name is that of a
 * parameter of the space or of any key that can be searched: lr, momentum, batch_size ...; schedule
 * and optimizer hold a type (or the number of an alternative in the space, from 0), schedule.gamma,
 * optimizer.beta1 ... a parameter of the one chosen. A cell is empty where the row's candidate has
 * no such parameter.
 *
 * What a column names and the space does not search is added to it, with the range of the column's
 * values, and taken out of train; schedules and optimizers that the space does not name are those
 * of the file. What a schedule or an optimizer of the space fixes stays fixed. Every other value
 * has to be one that the space can give. The rows become search.points of the resolved study, so
 * that it needs the file no more. */
#ifndef LRSWEEP_COMMON_STUDY_STUDY_LIST_H
#define LRSWEEP_COMMON_STUDY_STUDY_LIST_H

#include "common/catalogue/catalogue.h"
#include "common/study/study_tree.h"

#include <jansson.h>

#define STUDY_LIST_MAX_BYTES ((size_t)256 << 20)
#define STUDY_LIST_MAX_ROWS  1000000

struct study_list {
    char *path;
    struct study_place place; /* of search.candidates_from, with the file's name in it */
    char *text;               /* which the cells point into */
    char **cells;             /* [rows + 1][columns]; row 0: the names */
    size_t columns, rows;
};

/* Reads the file; its problems sort as a place of this order. NULL with a problem. */
struct study_list *study_list_open(const char *path, size_t order, struct study_problems *problems);
void study_list_destroy(struct study_list *list);

/* study_columns.c: reads the list that search.candidates_from names and adds to the tree what the
 * columns ask for. NULL: there is none, or it has problems. The list outlives the tree. */
struct study_list *study_list_read(struct study_node *root, struct study_problems *problems);

const char *study_list_cell(const struct study_list *list, size_t row, size_t column);

/* The value that a cell's text stands for, as JSON; a new reference, NULL when memory ran out. */
json_t *study_list_value(const char *text);

/* Appends "FILE: row R, column C (NAME): text"; rows and columns count from 1, the names are row 1.
 */
void study_list_problem(const struct study_list *list, size_t row, size_t column,
                        struct study_problems *problems, const char *format, ...) PRINTF_LIKE(5, 6);

/* study_points.c: puts search.points and search.candidates into the resolved study, which has no
 * other problems. */
void study_list_place(const struct study_list *list, json_t *document,
                      struct study_problems *problems);

#endif
