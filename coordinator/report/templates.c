/* templates.c - takes the numbers out of sentences. */
#include "coordinator/report/templates.h"

#include "coordinator/view/figures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INDEX "index" /* template to its number, while rows are added */

json_t *templates_create(void)
{
    return json_pack("{s:[], s:[], s:{}}", "templates", "rows", INDEX);
}

static bool digit(char letter)
{
    return letter >= '0' && letter <= '9';
}

/* Length of the number that begins at `text`: "7,029", "1.5e-05"; 0: none does. */
static size_t number_length(const char *text)
{
    size_t length = 0;
    if (!digit(text[0]))
        return 0;
    while (digit(text[length]) ||
           ((text[length] == '.' || text[length] == ',') && digit(text[length + 1])))
        length++;
    if (text[length] == 'e') {
        size_t sign = text[length + 1] == '-' || text[length + 1] == '+';
        size_t digits = 0;
        while (digit(text[length + 1 + sign + digits]))
            digits++;
        length += digits > 0 ? 1 + sign + digits : 0;
    }
    return length;
}

/* Splits a text into its template, written over it, and its numbers, each after a space. */
static void split(char *text, char *numbers)
{
    char *to = text;
    for (const char *from = text; *from;) {
        size_t length = number_length(from);
        if (length == 0) {
            *to++ = *from++;
            continue;
        }
        *numbers++ = ' ';
        memcpy(numbers, from, length);
        numbers += length;
        from += length;
        *to++ = TEMPLATE_HOLE;
    }
    *to = *numbers = '\0';
}

bool templates_add(json_t *templates, const char *text)
{
    size_t bytes = strlen(text) + 1;
    char *form = malloc(bytes), *numbers = malloc(2 * bytes), *row = malloc(2 * bytes + 24);
    bool added = form && numbers && row;
    if (added) {
        json_t *list = json_object_get(templates, "templates");
        json_t *index = json_object_get(templates, INDEX);
        figure_clean(form, bytes, text, false);
        split(form, numbers);
        const json_t *known = json_object_get(index, form);
        long long number = known ? json_integer_value(known) : (long long)json_array_size(list);
        if (!known)
            added = json_array_append_new(list, json_string(form)) == 0 &&
                    json_object_set_new(index, form, json_integer(number)) == 0;
        (void)snprintf(row, 2 * bytes + 24, "%lld%s", number, numbers);
        added = added &&
                json_array_append_new(json_object_get(templates, "rows"), json_string(row)) == 0;
    }
    free(form);
    free(numbers);
    free(row);
    return added;
}

void templates_finish(json_t *templates)
{
    (void)json_object_del(templates, INDEX);
}
