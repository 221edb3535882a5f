/* study_points.c - the rows of a list as points of the space. */
#include "common/catalogue/nearest.h"
#include "common/space.h"
#include "common/study/study_checks.h"
#include "common/study/study_list.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct placing {
    const struct study_list *list;
    const struct space *space;
    struct study_problems *problems;
    /* The column of each parameter; list->columns: none. */
    size_t column[SPACE_MAX];
};

/* "schedule[2].gamma" as a column may call it, "schedule.gamma"; "optimizer[0].beta1" as "beta1".
 */
static bool is_called(const char *parameter, const char *column)
{
    if (strcmp(parameter, column) == 0)
        return true;
    const char *bracket = strchr(parameter, '['), *rest = strchr(parameter, ']');
    size_t length = bracket ? (size_t)(bracket - parameter) : 0;
    char key[SPACE_NAME_MAX_BYTES];
    (void)snprintf(key, sizeof key, "%.*s", (int)length, parameter);
    if (!rest || rest[1] != '.' || !space_is_choice_of_groups(key))
        return false;
    return (strncmp(column, key, length) == 0 && strcmp(column + length, rest + 1) == 0) ||
           (strcmp(key, "optimizer") == 0 && strcmp(column, rest + 2) == 0);
}

/* A parameter that every candidate has needs a column. */
static void find_columns(struct placing *placing)
{
    const struct study_list *list = placing->list;
    for (size_t i = 0; i < placing->space->count; i++) {
        const struct parameter *parameter = &placing->space->parameters[i];
        size_t column = 0;
        while (column < list->columns &&
               !is_called(parameter->name, study_list_cell(list, 0, column)))
            column++;
        placing->column[i] = column;
        if (column == list->columns && parameter->parent < 0)
            study_problem(placing->problems, &list->place,
                          "row 1: no column is named %s, which the space searches",
                          parameter->name);
    }
}

/* What the study fixes under a column's name; NULL: nothing. The row's point tells which schedule
 * and optimizer it has. */
static const json_t *constant_of(const struct placing *placing, const char *name,
                                 const json_t *point, const json_t *train)
{
    const json_t *space = placing->space->document;
    static const char *const choices[] = {"schedule", "optimizer"};
    for (size_t i = 0; i < 2; i++) {
        const char *choice = choices[i];
        size_t length = strlen(choice), chosen = 0;
        const json_t *groups = json_object_get(space, choice);
        for (size_t j = 0; j < placing->space->count; j++)
            if (strcmp(placing->space->parameters[j].name, choice) == 0)
                chosen = (size_t)json_number_value(json_array_get(point, j));
        const json_t *group = json_array_get(groups, chosen);
        if (strcmp(name, choice) == 0)
            return json_object_get(group, "type");
        const char *inner = name;
        if (strncmp(name, choice, length) == 0 && name[length] == '.')
            inner = name + length + 1;
        else if (i == 0)
            continue;
        const json_t *value = json_object_get(group, inner);
        if (value || inner != name)
            return value;
    }
    const json_t *value = json_object_get(space, name);
    return value || json_object_get(space, "optimizer") ? value : json_object_get(train, name);
}

static bool same_value(const json_t *a, const json_t *b)
{
    return json_is_number(a) && json_is_number(b) ? json_number_value(a) == json_number_value(b)
                                                  : json_equal(a, b);
}

/* "a number from 1e-05 to 10", ""constant", "step"". */
static void describe(const struct parameter *parameter, char *text, size_t text_bytes)
{
    size_t length = 0;
    if (!parameter->values) {
        (void)snprintf(text, text_bytes, "%s %.10g to %.10g",
                       parameter->distribution == DISTRIBUTION_INT ? "a whole number from"
                                                                   : "a number from",
                       parameter->low, parameter->high);
        return;
    }
    for (size_t i = 0; i < parameter->count && length < text_bytes; i++) {
        const json_t *value = json_array_get(parameter->values, i);
        const json_t *type = json_object_get(value, "type");
        char *words = json_dumps(type ? type : value,
                                 JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(10));
        length += (size_t)snprintf(text + length, text_bytes - length, "%s%s", i ? ", " : "",
                                   words ? words : "");
        free(words);
    }
}

/* The alternative that a cell names by its type or its number; -1: none; -2: several. */
static int alternative(const struct parameter *parameter, const json_t *value)
{
    int found = -1;
    double number = json_number_value(value);
    if (json_is_number(value) && number >= 0 && number < (double)parameter->count &&
        number == floor(number))
        return (int)number;
    for (size_t i = 0; i < parameter->count; i++)
        if (json_equal(json_object_get(json_array_get(parameter->values, i), "type"), value))
            found = found == -1 ? (int)i : -2;
    return found;
}

/* The parameter's value that a cell stands for; NaN: it is none, told of. */
static double value_of(const struct placing *placing, size_t row, size_t index)
{
    const struct parameter *parameter = &placing->space->parameters[index];
    const char *text = study_list_cell(placing->list, row, placing->column[index]);
    json_t *value = study_list_value(text);
    double number = json_number_value(value), found = NAN;
    int chosen = -1;
    if (!parameter->values) {
        bool whole = parameter->distribution != DISTRIBUTION_INT || number == floor(number);
        if (json_is_number(value) && whole && number >= parameter->low && number <= parameter->high)
            found = number;
    } else if (json_is_object(json_array_get(parameter->values, 0))) {
        chosen = alternative(parameter, value);
        found = chosen < 0 ? (double)NAN : chosen;
    } else {
        for (size_t i = parameter->count; i > 0; i--)
            if (same_value(json_array_get(parameter->values, i - 1), value))
                found = (double)(i - 1);
    }
    json_decref(value);
    if (isnan(found)) {
        char quoted[80], allowed[200];
        study_quote(text, quoted, sizeof quoted);
        describe(parameter, allowed, sizeof allowed);
        study_list_problem(placing->list, row, placing->column[index], placing->problems,
                           chosen == -2 ? "found %s, of which the space has several; allowed: the "
                                          "number of one, from 0 (%s)"
                                        : "found %s; the space allows: %s",
                           quoted, allowed);
    }
    return found;
}

static bool is_active(const struct parameter *parameter, const json_t *point)
{
    if (parameter->parent < 0)
        return true;
    const json_t *choice = json_array_get(point, (size_t)parameter->parent);
    return json_is_number(choice) && json_number_value(choice) == (double)parameter->parent_choice;
}

static json_t *number_for(struct placing *placing, size_t row, size_t index)
{
    const struct study_list *list = placing->list;
    const struct parameter *parameter = &placing->space->parameters[index];
    size_t column = placing->column[index];
    if (column == list->columns) {
        if (parameter->parent >= 0)
            study_problem(placing->problems, &list->place,
                          "row %zu: its candidate has %s, for which there is no column", row + 1,
                          parameter->name);
        return json_null();
    }
    if (!*study_list_cell(list, row, column)) {
        study_list_problem(list, row, column, placing->problems, "empty, but this candidate has %s",
                           parameter->name);
        return json_null();
    }
    double value = value_of(placing, row, index);
    return isnan(value) ? json_null() : json_real(value);
}

/* A cell that no parameter of the row's candidate took has to be empty, or what the study has. */
static void check_rest(const struct placing *placing, size_t row, const json_t *point,
                       const json_t *train, const bool *taken)
{
    for (size_t column = 0; column < placing->list->columns; column++) {
        const char *text = study_list_cell(placing->list, row, column);
        const char *name = study_list_cell(placing->list, 0, column);
        if (taken[column] || !*text)
            continue;
        const json_t *constant = constant_of(placing, name, point, train);
        json_t *value = study_list_value(text);
        char quoted[80];
        study_quote(text, quoted, sizeof quoted);
        if (!constant)
            study_list_problem(placing->list, row, column, placing->problems,
                               "found %s, but this candidate has no such parameter; allowed: empty",
                               quoted);
        else if (!same_value(constant, value))
            study_list_problem(placing->list, row, column, placing->problems,
                               "found %s, but the study fixes it at another value and does not "
                               "search it; allowed: empty",
                               quoted);
        json_decref(value);
    }
}

static json_t *point_of(struct placing *placing, size_t row, const json_t *train, bool *taken)
{
    json_t *point = json_array();
    memset(taken, 0, placing->list->columns);
    for (size_t i = 0; i < placing->space->count; i++) {
        bool active = is_active(&placing->space->parameters[i], point);
        json_t *number = active ? number_for(placing, row, i) : json_null();
        if (active && placing->column[i] < placing->list->columns)
            taken[placing->column[i]] = true;
        if (json_array_append_new(point, number) != 0)
            placing->problems->out_of_memory = true;
    }
    check_rest(placing, row, point, train, taken);
    return point;
}

static void offer(struct nearest *nearest, const struct catalogue_entry *entry)
{
    for (size_t i = 0; i < entry->key_count; i++)
        if (entry->keys[i].searchable)
            nearest_offer(nearest, entry->keys[i].name);
}

/* A column that is no parameter's and no key's. */
static void check_columns(const struct placing *placing, const json_t *train)
{
    const struct study_list *list = placing->list;
    for (size_t column = 0; column < list->columns; column++) {
        const char *name = study_list_cell(list, 0, column);
        struct nearest nearest;
        bool known = constant_of(placing, name, NULL, train) != NULL;
        nearest_start(&nearest, name);
        offer(&nearest, catalogue_find(&catalogue_groups, "train"));
        for (size_t i = 0; i < catalogue_optimizers.count(); i++)
            offer(&nearest, catalogue_optimizers.entry(i));
        for (size_t i = 0; i < placing->space->count; i++) {
            known = known || is_called(placing->space->parameters[i].name, name);
            nearest_offer(&nearest, placing->space->parameters[i].name);
        }
        const json_t *groups = json_object_get(placing->space->document, "schedule");
        for (size_t i = 0; i < json_array_size(groups) && strncmp(name, "schedule.", 9) == 0; i++)
            known = known || json_object_get(json_array_get(groups, i), name + 9);
        groups = json_object_get(placing->space->document, "optimizer");
        for (size_t i = 0; i < json_array_size(groups); i++)
            known = known || json_object_get(json_array_get(groups, i), name) ||
                    (strncmp(name, "optimizer.", 10) == 0 &&
                     json_object_get(json_array_get(groups, i), name + 10));
        if (!known)
            study_list_problem(list, 0, column, placing->problems,
                               "no parameter of that name can be searched%s%s%s",
                               nearest.name ? " (did you mean \"" : "",
                               nearest.name ? nearest.name : "", nearest.name ? "\"?)" : "");
    }
}

void study_list_place(const struct study_list *list, json_t *document,
                      struct study_problems *problems)
{
    struct space space;
    struct error error;
    if (!space_create(&space, document, &error))
        return; /* which study_checks.h told */
    struct placing placing = {.list = list, .space = &space, .problems = problems};
    json_t *search = json_object_get(document, "search");
    const json_t *train = json_object_get(document, "train");
    const json_t *wanted = json_object_get(search, "candidates");
    size_t count = wanted ? (size_t)json_number_value(wanted) : list->rows;
    if (count > list->rows)
        study_problem(
            problems, &list->place,
            "has %zu candidates, search.candidates asks for %zu; allowed: at most %zu, or "
            "leave it out",
            list->rows, count, list->rows);
    check_columns(&placing, train);
    find_columns(&placing);
    bool *taken = calloc(list->columns, sizeof *taken);
    json_t *points = json_array();
    size_t last = taken && !study_problems_any(problems) ? list->rows : 0;
    for (size_t row = 1; row <= last; row++) {
        json_t *point = point_of(&placing, row, train, taken);
        if (row > count)
            json_decref(point);
        else if (json_array_append_new(points, point) != 0)
            problems->out_of_memory = true;
    }
    if (!taken)
        problems->out_of_memory = true;
    free(taken);
    study_set_candidates(document, (json_int_t)count, problems);
    search = json_object_get(document, "search");
    if (json_object_set_new(search, "points", points) != 0)
        problems->out_of_memory = true;
}
