/* catalogue.c - look-ups in the catalogues, and ranges in words. */
#include "common/catalogue/catalogue.h"

#include "common/portability.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct catalogue_entry *catalogue_find(const struct catalogue *catalogue, const char *name)
{
    for (size_t i = 0; i < catalogue->count(); i++) {
        const struct catalogue_entry *entry = catalogue->entry(i);
        if (strcmp(entry->name, name) == 0)
            return entry;
    }
    return NULL;
}

const struct catalogue_key *catalogue_key_find(const struct catalogue_entry *entry,
                                               const char *name)
{
    for (size_t i = 0; i < entry->key_count; i++) {
        if (strcmp(entry->keys[i].name, name) == 0)
            return &entry->keys[i];
    }
    return NULL;
}

struct words {
    char *text;
    size_t bytes, length;
};

static void add(struct words *words, const char *format, ...) PRINTF_LIKE(2, 3);

static void add(struct words *words, const char *format, ...)
{
    if (words->length >= words->bytes)
        return;
    va_list arguments;
    va_start(arguments, format);
    int length =
        vsnprintf(words->text + words->length, words->bytes - words->length, format, arguments);
    va_end(arguments);
    if (length > 0)
        words->length += (size_t)length;
}

static void add_range(struct words *words, const struct catalogue_key *key)
{
    bool has_low = key->low > -CATALOGUE_ANY_REAL;
    bool has_high = key->high < CATALOGUE_ANY_REAL && key->high != CATALOGUE_ANY_COUNT;
    if (has_low && has_high && !key->low_open && !key->high_open) {
        add(words, " from %.16g to %.16g", key->low, key->high);
        return;
    }
    if (has_low)
        add(words, key->low_open ? " above %.10g" : " of at least %.10g", key->low);
    if (has_high)
        add(words, "%s %s %.10g", has_low ? " and" : "", key->high_open ? "below" : "at most",
            key->high);
}

static void add_choices(struct words *words, const struct catalogue_key *key)
{
    if (key->names) {
        for (size_t i = 0; i < key->names->count(); i++)
            add(words, "%s%s", i ? ", " : "", key->names->entry(i)->name);
        return;
    }
    for (const char *c = key->choices; *c; c++)
        add(words, "%.*s", *c == ' ' ? 2 : 1, *c == ' ' ? ", " : c);
}

void catalogue_key_range(const struct catalogue_key *key, char *text, size_t text_bytes)
{
    struct words words = {.text = text, .bytes = text_bytes};
    switch (key->type) {
    case KEY_BOOL:
        add(&words, "true or false");
        break;
    case KEY_INTEGER:
        add(&words, "a whole number");
        add_range(&words, key);
        break;
    case KEY_REAL:
        add(&words, "a number");
        add_range(&words, key);
        break;
    case KEY_SHARE:
        add(&words, "a count of at least 1, a fraction below 1, or 0");
        break;
    case KEY_NAME:
        add(&words, "a string of letters, digits, spaces and - _ . +");
        break;
    case KEY_PATH:
        add(&words, "a path");
        break;
    case KEY_TEXT:
        if (key->names || key->choices)
            add_choices(&words, key);
        else
            add(&words, "a string");
        break;
    case KEY_NUMBERS:
        add(&words, "1 to %d numbers [ a, b, ... ]", CATALOGUE_NUMBERS_MAX);
        if (key->low > -CATALOGUE_ANY_REAL || key->high < CATALOGUE_ANY_REAL) {
            add(&words, ", each");
            add_range(&words, key);
        }
        break;
    case KEY_WORDS:
        add(&words, "1 to %d strings [ \"a\", \"b\", ... ]", CATALOGUE_WORDS_MAX);
        break;
    case KEY_ANY:
        add(&words, "anything");
        break;
    case KEY_GROUP:
        add(&words, "a group { ... }");
        break;
    case KEY_LIST:
        add(&words, "a list of groups ( { ... }, ... )");
        break;
    }
}
