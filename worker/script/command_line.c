/* command_line.c - finds placeholders and fills them. */
#include "worker/script/command_line.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = 100 };

/* The length of the placeholder that starts here, braces included, and its name; 0: none does. */
static size_t placeholder(const char *text, char *name)
{
    size_t length = 1;
    if (text[0] != '{' || !(isalpha((unsigned char)text[1]) || text[1] == '_'))
        return 0;
    while (isalnum((unsigned char)text[length]) || (text[length] && strchr("_.-", text[length])))
        length++;
    if (text[length] != '}' || length >= NAME_BYTES)
        return 0;
    (void)snprintf(name, NAME_BYTES, "%.*s", (int)length - 1, text + 1);
    return length + 1;
}

/* The key of the protocol's "train" that stands behind a name of no parameter; NULL: none. */
static const char *key_of(const char *name)
{
    static const char *const keys[][2] = {{"steps", "to"}, {"seed", "seed"}, {"trial", "trial"}};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strcmp(name, keys[i][0]) == 0)
            return keys[i][1];
    return NULL;
}

/* --- check --- */

/* Whether the space knows the name: as its own, or in one of the alternatives before its dot. */
static bool is_known(const json_t *space, const char *name)
{
    char first[NAME_BYTES];
    size_t length = strcspn(name, ".");
    (void)snprintf(first, sizeof first, "%.*s", (int)length, name);
    const json_t *value = json_object_get(space, first);
    if (!value || name[length] == '\0')
        return value || key_of(name);
    for (size_t i = 0; i < json_array_size(value); i++)
        if (json_object_get(json_array_get(value, i), name + length + 1))
            return true;
    return false;
}

bool command_line_check(const json_t *words, const json_t *study, struct error *error)
{
    const json_t *space = json_object_get(study, "space");
    for (size_t i = 0; i < json_array_size(words); i++) {
        char name[NAME_BYTES];
        for (const char *text = json_string_value(json_array_get(words, i)); *text; text++)
            if (placeholder(text, name) > 0 && !is_known(space, name))
                return error_set(error,
                                 "{%s} is nothing that space searches; allowed too: {steps}, "
                                 "{seed}, {trial}",
                                 name);
    }
    return true;
}

/* --- fill --- */

/* A candidate's value of a name; NULL: it has none. */
static const json_t *value_of(const json_t *train, const char *name)
{
    char first[NAME_BYTES];
    size_t length = strcspn(name, ".");
    (void)snprintf(first, sizeof first, "%.*s", (int)length, name);
    const json_t *value = json_object_get(json_object_get(train, "params"), first);
    if (!value)
        return key_of(name) ? json_object_get(train, key_of(name)) : NULL;
    if (json_is_object(value))
        return json_object_get(value, name[length] ? name + length + 1 : "type");
    return value;
}

/* The shortest text that reads back as the same number. */
static void print_real(FILE *stream, double number)
{
    char text[40];
    for (int digits = 1; digits <= 17; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, number);
        if (strtod(text, NULL) == number)
            break;
    }
    (void)fputs(text, stream);
}

static void print_value(FILE *stream, const json_t *value)
{
    if (json_is_string(value))
        (void)fputs(json_string_value(value), stream);
    else if (json_is_integer(value))
        (void)fprintf(stream, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value))
        print_real(stream, json_real_value(value));
    else if (json_is_boolean(value))
        (void)fputs(json_is_true(value) ? "true" : "false", stream);
}

/* NULL: memory ran out. */
static char *fill_word(const char *text, const json_t *train)
{
    char *word = NULL, name[NAME_BYTES];
    size_t bytes = 0;
    FILE *stream = open_memstream(&word, &bytes);
    if (!stream)
        return NULL;
    while (*text) {
        size_t length = placeholder(text, name);
        if (length > 0)
            print_value(stream, value_of(train, name));
        else
            (void)fputc(*text, stream);
        text += length > 0 ? length : 1;
    }
    if (fclose(stream) == 0)
        return word;
    free(word);
    return NULL;
}

char **command_line_fill(const json_t *words, const json_t *train)
{
    size_t count = json_array_size(words);
    char **arguments = calloc(count + 1, sizeof *arguments);
    for (size_t i = 0; arguments && i < count; i++) {
        arguments[i] = fill_word(json_string_value(json_array_get(words, i)), train);
        if (!arguments[i]) {
            command_line_destroy(arguments);
            return NULL;
        }
    }
    return arguments;
}

void command_line_destroy(char **arguments)
{
    for (size_t i = 0; arguments && arguments[i]; i++)
        free(arguments[i]);
    free(arguments);
}
