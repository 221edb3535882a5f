/* study_changes.c - in what a study file differs from the study that is to go on with it. */
#include "coordinator/study/study_changes.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES = 256, VALUE_BYTES = 80 };

/* --- what may change ----------------------------------------------------------------------------
 */

static bool always(const json_t *was, const json_t *is)
{
    (void)was;
    (void)is;
    return true;
}

static bool not_fewer(const json_t *was, const json_t *is)
{
    return json_is_integer(was) && json_is_integer(is) &&
           json_integer_value(is) >= json_integer_value(was);
}

/* A limit that is not there is later than any. */
static bool later(const json_t *was, const json_t *is)
{
    return json_is_number(was) && (!is || json_number_value(is) >= json_number_value(was));
}

/* The first that fits; a path that ends in a full stop stands for what is in that group. */
static const struct {
    const char *path;
    bool (*allows)(const json_t *was, const json_t *is);
} rules[] = {
    {"run.retries", not_fewer},
    {"run.", always},
    {"search.wall_time", later},
};

static bool allowed(const char *path, const json_t *was, const json_t *is)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        size_t length = strlen(rules[i].path);
        bool group = rules[i].path[length - 1] == '.';
        if (strncmp(path, rules[i].path, group ? length : length + 1) == 0)
            return rules[i].allows(was, is);
    }
    return false;
}

/* --- what did ------------------------------------------------------------------------------------
 */

static void print_value(FILE *list, const json_t *value)
{
    char *text = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15)) : NULL;
    size_t length = text ? strlen(text) : 0;
    if (!text)
        fputs("not there", list);
    else if (length <= VALUE_BYTES)
        fputs(text, list);
    else
        fprintf(list, "%.*s...", VALUE_BYTES, text);
    free(text);
}

/* Keys of a study from elsewhere may hold anything; values are written as JSON escapes them. */
static void print_path(FILE *list, const char *path)
{
    for (; *path; path++)
        (void)fputc((unsigned char)*path < ' ' || *path == 0x7f ? '?' : *path, list);
}

static void compare(FILE *list, const char *path, const json_t *was, const json_t *is);

static void compare_members(FILE *list, const char *path, const json_t *was, const json_t *is)
{
    const char *key;
    json_t *value;
    char inside[PATH_BYTES];
    const char *dot = path[0] ? "." : "";
    json_object_foreach((json_t *)is, key, value)
    {
        (void)snprintf(inside, sizeof inside, "%s%s%s", path, dot, key);
        compare(list, inside, json_object_get(was, key), value);
    }
    json_object_foreach((json_t *)was, key, value)
    {
        (void)snprintf(inside, sizeof inside, "%s%s%s", path, dot, key);
        if (!json_object_get(is, key))
            compare(list, inside, value, NULL);
    }
}

static void compare(FILE *list, const char *path, const json_t *was, const json_t *is)
{
    char inside[PATH_BYTES];
    if (was && is && json_equal(was, is))
        return;
    if (json_is_object(was) && json_is_object(is)) {
        compare_members(list, path, was, is);
        return;
    }
    size_t count = json_array_size(was);
    if (json_is_array(was) && json_is_array(is) && count == json_array_size(is)) {
        for (size_t i = 0; i < count; i++) {
            (void)snprintf(inside, sizeof inside, "%s[%zu]", path, i);
            compare(list, inside, json_array_get(was, i), json_array_get(is, i));
        }
        return;
    }
    if (allowed(path, was, is))
        return;
    print_path(list, path);
    fputs(": was ", list);
    print_value(list, was);
    fputs(", is ", list);
    print_value(list, is);
    fputc('\n', list);
}

char *study_changes(const json_t *before, const json_t *after)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *list = open_memstream(&text, &bytes);
    if (!list)
        return NULL;
    compare(list, "", before, after);
    if (fclose(list) == 0)
        return text;
    free(text);
    return NULL;
}
