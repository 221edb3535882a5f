/* settings.c - reads a setting, checks it against the catalogue, or says what is wrong with it. */
#include "worker/trainer/settings.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool refusal_set(struct refusal *refusal, const char *at, const char *format, ...)
{
    (void)snprintf(refusal->at, sizeof refusal->at, "%s", at);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(refusal->error.text, sizeof refusal->error.text, format, arguments);
    va_end(arguments);
    return false;
}

static bool refuse_key(const struct settings *settings, const char *key, const char *what,
                       struct refusal *refusal)
{
    char at[SETTING_BYTES];
    (void)snprintf(at, sizeof at, "%s.%s", settings->at, key);
    return refusal_set(refusal, at, "%s %s", at, what);
}

/* "is X, allowed is ..." */
static bool refuse_value(const struct settings *settings, const struct catalogue_key *key,
                         struct refusal *refusal)
{
    char range[256], what[SETTING_BYTES * 4];
    char *given =
        json_dumps(json_object_get(settings->group, key->name), JSON_ENCODE_ANY | JSON_COMPACT);
    catalogue_key_range(key, range, sizeof range);
    (void)snprintf(what, sizeof what, "is %.100s, allowed is %s", given ? given : "?", range);
    free(given);
    return refuse_key(settings, key->name, what, refusal);
}

/* Finds the key and what the group holds for it; *given is NULL where the default stands in. */
static bool look_up(const struct settings *settings, const char *name,
                    const struct catalogue_key **key, const json_t **given, struct refusal *refusal)
{
    *key = catalogue_key_find(settings->entry, name);
    *given = json_object_get(settings->group, name);
    if (!*key)
        return refuse_key(settings, name, "is not a setting", refusal);
    if (!*given && (!(*key)->fallback || !*(*key)->fallback))
        return refuse_key(settings, name, "is missing", refusal);
    return true;
}

static bool in_range(const struct catalogue_key *key, double value)
{
    return isfinite(value) && (key->low_open ? value > key->low : value >= key->low) &&
           (key->high_open ? value < key->high : value <= key->high);
}

bool settings_number(const struct settings *settings, const char *name, double *value,
                     struct refusal *refusal)
{
    const struct catalogue_key *key;
    const json_t *given;
    if (!look_up(settings, name, &key, &given, refusal))
        return false;
    *value = given ? json_number_value(given) : strtod(key->fallback, NULL);
    if (given && (!json_is_number(given) || !in_range(key, *value)))
        return refuse_value(settings, key, refusal);
    return true;
}

bool settings_count(const struct settings *settings, const char *name, size_t *value,
                    struct refusal *refusal)
{
    double number;
    if (!settings_number(settings, name, &number, refusal))
        return false;
    if (number < 0 || number > CATALOGUE_ANY_COUNT || number != floor(number))
        return refuse_value(settings, catalogue_key_find(settings->entry, name), refusal);
    *value = (size_t)number;
    return true;
}

bool settings_bool(const struct settings *settings, const char *name, bool *value,
                   struct refusal *refusal)
{
    const struct catalogue_key *key;
    const json_t *given;
    if (!look_up(settings, name, &key, &given, refusal))
        return false;
    if (given && !json_is_boolean(given))
        return refuse_value(settings, key, refusal);
    *value = given ? json_is_true(given) : strcmp(key->fallback, "true") == 0;
    return true;
}

/* Whether `word` is one of the words of `list`, which are separated by spaces. */
static bool listed(const char *list, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = list; length && (at = strstr(at, word)); at += length)
        if ((at == list || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

bool settings_text(const struct settings *settings, const char *name, const char **value,
                   struct refusal *refusal)
{
    const struct catalogue_key *key;
    const json_t *given;
    if (!look_up(settings, name, &key, &given, refusal))
        return false;
    *value = given ? json_string_value(given) : key->fallback;
    bool good = *value && (!key->choices || listed(key->choices, *value)) &&
                (!key->names || catalogue_find(key->names, *value));
    return good || refuse_value(settings, key, refusal);
}

bool settings_known(const struct settings *settings, const struct catalogue_entry *also,
                    struct refusal *refusal)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)settings->group, name, value)
    {
        if (!catalogue_key_find(settings->entry, name) && !(also && catalogue_key_find(also, name)))
            return refuse_key(settings, name, "is not a setting here", refusal);
    }
    return true;
}
