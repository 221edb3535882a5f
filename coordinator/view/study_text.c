/* study_text.c - prints a resolved study in libconfig's syntax. */
#include "coordinator/view/study_text.h"

#include "common/catalogue/catalogue.h"
#include "coordinator/view/figures.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void print_inline(FILE *stream, const json_t *value);

/* A string ends on its line: control characters are written as \n and the like, or as \x1b. */
static void print_text(FILE *stream, const char *text)
{
    static const char escaped[] = "\n\r\t\f\"\\", letters[] = "nrtf\"\\";
    (void)fputc('"', stream);
    for (; *text; text++) {
        const char *found = strchr(escaped, *text);
        if (found)
            (void)fprintf(stream, "\\%c", letters[found - escaped]);
        else if (iscntrl((unsigned char)*text))
            (void)fprintf(stream, "\\x%02x", (unsigned)(unsigned char)*text);
        else
            (void)fputc(*text, stream);
    }
    (void)fputc('"', stream);
}

/* Elements that are all of one kind stand in [ ], others in ( ). */
static void print_list(FILE *stream, const json_t *list)
{
    size_t index;
    const json_t *element;
    bool groups = json_is_object(json_array_get(list, 0));
    (void)fputs(groups ? "( " : "[", stream);
    json_array_foreach(list, index, element)
    {
        (void)fputs(index ? ", " : "", stream);
        print_inline(stream, element);
    }
    (void)fputs(groups ? " )" : "]", stream);
}

static void print_inline(FILE *stream, const json_t *value)
{
    const char *key;
    const json_t *member;
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        (void)fputs("{", stream);
        json_object_foreach((json_t *)value, key, member)
        {
            (void)fprintf(stream, " %s = ", key);
            print_inline(stream, member);
            (void)fputs(";", stream);
        }
        (void)fputs(" }", stream);
        break;
    case JSON_ARRAY:
        print_list(stream, value);
        break;
    case JSON_INTEGER: {
        json_int_t integer = json_integer_value(value);
        (void)fprintf(stream, "%" JSON_INTEGER_FORMAT "%s", integer,
                      integer > INT32_MAX || integer < INT32_MIN ? "L" : "");
        break;
    }
    case JSON_REAL:
        (void)fputs(figure_exact(json_real_value(value)).text, stream);
        break;
    case JSON_STRING:
        print_text(stream, json_string_value(value));
        break;
    default:
        (void)fputs(json_is_true(value) ? "true" : "false", stream);
        break;
    }
}

/* A list of groups takes a line for each of them, anything else one line. */
static void print_member(FILE *stream, const char *key, const json_t *value)
{
    size_t index;
    const json_t *element;
    (void)fprintf(stream, "  %s = ", key);
    if (json_is_object(json_array_get(value, 0))) {
        (void)fputs("(\n", stream);
        json_array_foreach(value, index, element)
        {
            (void)fputs("    ", stream);
            print_inline(stream, element);
            (void)fputs(index + 1 < json_array_size(value) ? ",\n" : "\n", stream);
        }
        (void)fputs("  )", stream);
    } else {
        print_inline(stream, value);
    }
    (void)fputs(";\n", stream);
}

/* What a study file may not hold, though the document does: in train what is searched, and where
 * optimizers are searched all of theirs; the candidates of a list, which stand in the file that
 * candidates_from names. */
static bool is_left_out(const json_t *document, const char *group, const char *key)
{
    const json_t *space = json_object_get(document, "space");
    const struct catalogue_entry *train = catalogue_find(&catalogue_groups, "train");
    if (strcmp(group, "search") == 0)
        return strcmp(key, "points") == 0;
    return strcmp(group, "train") == 0 &&
           (json_object_get(space, key) || (json_is_array(json_object_get(space, "optimizer")) &&
                                            !catalogue_key_find(train, key)));
}

/* `document`: the whole that the group is of; NULL: nothing is left out. */
static void print_group(FILE *stream, const char *name, const json_t *group, const json_t *document)
{
    const char *key;
    const json_t *value;
    (void)fprintf(stream, "%s = {\n", name);
    json_object_foreach((json_t *)group, key, value)
    {
        if (!document || !is_left_out(document, name, key))
            print_member(stream, key, value);
    }
    (void)fputs("};\n", stream);
}

void study_text_print_group(FILE *stream, const char *name, const json_t *group)
{
    print_group(stream, name, group, NULL);
}

void study_text_print(FILE *stream, const json_t *document)
{
    const char *name;
    const json_t *group;
    bool first = true;
    json_object_foreach((json_t *)document, name, group)
    {
        (void)fputs(first ? "" : "\n", stream);
        first = false;
        print_group(stream, name, group, document);
    }
}
