/* study_value.c - types, ranges and names of single values. */
#include "common/study/study_value.h"

#include "common/catalogue/nearest.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_MAX_BYTES = 4000, NAME_MAX_BYTES = 100 };

/* Reports what was found and what the key allows; `hint` may be "". Always returns NULL. */
static json_t *refuse(const struct catalogue_key *key, const struct study_node *node,
                      const char *path, const char *hint, struct study_problems *problems)
{
    char found[100], allowed[400];
    study_node_describe(node, found, sizeof found);
    catalogue_key_range(key, allowed, sizeof allowed);
    study_problem(problems, &node->place, "%s: found %s; allowed: %s%s", path, found, allowed,
                  hint);
    return NULL;
}

static bool number_of(const struct study_node *node, double *number)
{
    if (node->type == STUDY_NODE_INTEGER)
        *number = (double)node->value.integer;
    else if (node->type == STUDY_NODE_REAL)
        *number = node->value.real;
    else
        return false;
    return true;
}

static bool in_range(const struct catalogue_key *key, double number)
{
    if (!isfinite(number) || number < key->low || number > key->high)
        return false;
    return !(key->low_open && number == key->low) && !(key->high_open && number == key->high);
}

/* A number of type KEY_INTEGER, KEY_REAL or KEY_SHARE; NULL: not allowed. */
static json_t *number_json(const struct catalogue_key *key, const struct study_node *node)
{
    double number;
    if (!number_of(node, &number) || !in_range(key, number))
        return NULL;
    bool whole = number == floor(number) && fabs(number) < 9007199254740992.0;
    json_int_t integer = 0;
    if (node->type == STUDY_NODE_INTEGER)
        integer = node->value.integer;
    else if (whole)
        integer = (json_int_t)number;
    if (key->type == KEY_REAL)
        return json_real(number);
    if (whole)
        return json_integer(integer);
    return key->type == KEY_SHARE && number < 1 ? json_real(number) : NULL;
}

/* The numbers of a KEY_NUMBERS; NULL: not allowed. */
static json_t *numbers_json(const struct catalogue_key *key, const struct study_node *node)
{
    struct catalogue_key each = *key;
    each.type = KEY_REAL;
    bool alone = node->type == STUDY_NODE_INTEGER || node->type == STUDY_NODE_REAL;
    size_t count = alone ? 1 : node->type == STUDY_NODE_LIST ? study_node_count(node) : 0;
    if (count == 0 || count > CATALOGUE_NUMBERS_MAX)
        return NULL;
    json_t *array = json_array();
    const struct study_node *element = alone ? node : node->first;
    for (size_t i = 0; i < count; i++, element = element->next) {
        json_t *number = number_json(&each, element);
        if (!number || json_array_append_new(array, number) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

/* The strings of a KEY_WORDS; NULL: not allowed. */
static json_t *words_json(const struct study_node *node)
{
    bool alone = node->type == STUDY_NODE_TEXT;
    size_t count = alone ? 1 : node->type == STUDY_NODE_LIST ? study_node_count(node) : 0;
    if (count == 0 || count > CATALOGUE_WORDS_MAX)
        return NULL;
    json_t *array = json_array();
    const struct study_node *element = alone ? node : node->first;
    for (size_t i = 0; i < count; i++, element = element->next) {
        json_t *word = element->type == STUDY_NODE_TEXT ? json_string(element->value.text) : NULL;
        if (!word || json_array_append_new(array, word) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

/* Whatever is written, as JSON; NULL: a text in it is not UTF-8. */
static json_t *any_json(const struct study_node *node)
{
    json_t *inside = NULL;
    switch (node->type) {
    case STUDY_NODE_BOOL:
        return json_boolean(node->value.boolean);
    case STUDY_NODE_INTEGER:
        return json_integer(node->value.integer);
    case STUDY_NODE_REAL:
        return json_real(node->value.real);
    case STUDY_NODE_TEXT:
        return json_string(node->value.text);
    case STUDY_NODE_GROUP:
        inside = json_object();
        break;
    case STUDY_NODE_LIST:
        inside = json_array();
        break;
    }
    for (const struct study_node *child = node->first; child; child = child->next) {
        json_t *value = any_json(child);
        int failed = node->type == STUDY_NODE_GROUP
                         ? json_object_set_new(inside, child->name, value)
                         : json_array_append_new(inside, value);
        if (failed) {
            json_decref(inside);
            return NULL;
        }
    }
    return inside;
}

/* ' (did you mean "sgd"?)', or "". */
static void suggest(const struct catalogue_key *key, const char *wanted, char *text,
                    size_t text_bytes)
{
    struct nearest nearest;
    char names[400];
    *text = '\0';
    nearest_start(&nearest, wanted);
    for (size_t i = 0; key->names && i < key->names->count(); i++)
        nearest_offer(&nearest, key->names->entry(i)->name);
    (void)snprintf(names, sizeof names, "%s", key->choices ? key->choices : "");
    char *rest = NULL;
    for (char *name = strtok_r(names, " ", &rest); name; name = strtok_r(NULL, " ", &rest))
        nearest_offer(&nearest, name);
    if (nearest.name)
        (void)snprintf(text, text_bytes, " (did you mean \"%s\"?)", nearest.name);
}

/* Whether the space-separated `choices` hold `text`. */
static bool among(const char *choices, const char *text)
{
    size_t length = strlen(text);
    for (const char *at = choices; length && (at = strstr(at, text)); at += length) {
        bool starts = at == choices || at[-1] == ' ';
        if (starts && (at[length] == ' ' || at[length] == '\0'))
            return true;
    }
    return false;
}

static bool is_name(const char *text)
{
    for (const char *c = text; *c; c++) {
        bool letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c & 0x80);
        if (!letter && !strchr("0123456789 -_.+", *c))
            return false;
    }
    return *text != '\0' && *text != '.' && *text != ' ' && strlen(text) <= NAME_MAX_BYTES;
}

/* `path` as it is seen from `folder` (`folder_bytes` of it), made absolute. NULL when memory ran
 * out or the current directory cannot be named. */
static char *absolute(const char *folder, size_t folder_bytes, const char *path)
{
    char current[TEXT_MAX_BYTES] = "";
    bool from_current = path[0] != '/' && (folder_bytes == 0 || folder[0] != '/');
    if (path[0] == '/')
        folder_bytes = 0;
    if (from_current && !getcwd(current, sizeof current))
        return NULL;
    while (path[0] == '.' && path[1] == '/') {
        path += 2;
        path += strspn(path, "/");
    }
    while (folder_bytes >= 2 && folder[0] == '.' && folder[1] == '/') {
        folder += 2;
        folder_bytes -= 2;
    }
    size_t bytes = strlen(current) + folder_bytes + strlen(path) + 2;
    char *whole = malloc(bytes);
    if (whole)
        (void)snprintf(whole, bytes, "%s%s%.*s%s", current, from_current ? "/" : "",
                       (int)folder_bytes, folder, path);
    return whole;
}

static json_t *path_json(const struct study_node *node, struct study_problems *problems)
{
    const char *file = node->place.setting ? NULL : node->place.file;
    const char *slash = file ? strrchr(file, '/') : NULL;
    char *whole = absolute(file, slash ? (size_t)(slash - file) + 1 : 0, node->value.text);
    json_t *json = whole ? json_string(whole) : NULL;
    free(whole);
    if (!json)
        study_problem(problems, &node->place, "the current directory cannot be named");
    return json;
}

static json_t *text_check(const struct catalogue_key *key, const struct study_node *node,
                          const char *path, struct study_problems *problems)
{
    const char *text = node->value.text;
    char hint[100] = "";
    if (strlen(text) > TEXT_MAX_BYTES || !study_text_is_utf8(text))
        return refuse(key, node, path, ", of at most 4000 bytes of UTF-8", problems);
    for (const char *c = text; *c; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return refuse(key, node, path, ", without control characters", problems);
    }
    if (key->type == KEY_NAME && !is_name(text))
        return refuse(key, node, path, ", at most 100, not starting with . or a space", problems);
    if (key->type == KEY_PATH)
        return *text ? path_json(node, problems) : refuse(key, node, path, "", problems);
    bool known = key->names     ? catalogue_find(key->names, text) != NULL
                 : key->choices ? among(key->choices, text)
                                : true;
    if (!known) {
        suggest(key, text, hint, sizeof hint);
        return refuse(key, node, path, hint, problems);
    }
    return json_string(text);
}

json_t *study_value_check(const struct catalogue_key *key, const struct study_node *node,
                          const char *path, struct study_problems *problems)
{
    json_t *json = NULL;
    switch (key->type) {
    case KEY_BOOL:
        if (node->type == STUDY_NODE_BOOL)
            json = json_boolean(node->value.boolean);
        break;
    case KEY_INTEGER:
    case KEY_REAL:
    case KEY_SHARE:
        json = number_json(key, node);
        break;
    case KEY_NUMBERS:
        json = numbers_json(key, node);
        break;
    case KEY_WORDS:
        json = words_json(node);
        break;
    case KEY_ANY:
        json = any_json(node);
        break;
    case KEY_NAME:
    case KEY_PATH:
    case KEY_TEXT:
        if (node->type == STUDY_NODE_TEXT)
            return text_check(key, node, path, problems);
        break;
    case KEY_GROUP:
    case KEY_LIST:
        break;
    }
    if (json)
        return json;
    bool could_search = node->type == STUDY_NODE_GROUP && key->searchable;
    bool wants_text = key->type == KEY_NAME || key->type == KEY_PATH || key->type == KEY_TEXT;
    bool is_word = wants_text && node->place.setting;
    return refuse(key, node, path,
                  could_search ? "; to search over it, move it to space"
                  : is_word    ? ", such as '\"text\"' in its quotes"
                               : "",
                  problems);
}

json_t *study_value_default(const struct catalogue_key *key)
{
    const char *text = key->fallback;
    switch (key->type) {
    case KEY_BOOL:
        return json_boolean(strcmp(text, "true") == 0);
    case KEY_INTEGER:
        return json_integer(strtoll(text, NULL, 10));
    case KEY_REAL:
        return json_real(strtod(text, NULL));
    case KEY_SHARE: {
        double number = strtod(text, NULL);
        return number > 0 && number < 1 ? json_real(number) : json_integer((json_int_t)number);
    }
    default:
        return json_string(text);
    }
}
